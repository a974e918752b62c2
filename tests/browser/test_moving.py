"""Pictures that move: both sweeps in order, no script, still for those who ask for less."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

SEEK = """seconds => document.getAnimations().forEach(one => {
    one.pause();
    one.currentTime = 1000 * seconds;
})"""
SHOWN = """() => Object.fromEntries([...document.querySelectorAll('g.beat')].map(g =>
    [g.id || g.dataset.event || `${g.dataset.op}.${g.dataset.slot}`, getComputedStyle(g).opacity]
))"""


@pytest.fixture
def moving(circuit, tmp_path):
    return circuit.graph(gradients=True).save(tmp_path / "circuit.svg", animated=True)


def there(page, seconds):
    """What has appeared after so many seconds; the rest is faint."""
    page.evaluate(SEEK, seconds)
    shown = page.evaluate(SHOWN)
    assert set(shown.values()) <= {"1", "0.1"}
    return {name for name, opacity in shown.items() if opacity == "1"}


def test_operations_appear_and_then_their_gradients(visit, moving):
    page = visit(moving)
    first = {"op-0", "value-2", "0.0", "0.1", "0.out"}
    both = first | {"op-1", "value-4", "1.0", "1.1", "1.out"}
    assert there(page, 0) == set()
    assert there(page, 0.6 + 0.35) == first
    assert there(page, 0.6 + 0.7 + 0.35) == both
    assert there(page, 8) == both | {"0", "1", "2", "3"}


def test_who_asks_for_less_motion_sees_the_whole_picture(visit, moving):
    page = visit(moving, reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
    assert set(page.evaluate(SHOWN).values()) == {"1"}


def test_the_image_of_a_notebook_that_is_not_trusted_moves(visit, circuit, tmp_path):
    bare = re.sub(r"<script>.*</script>", "", circuit.step_through()._repr_html_(), flags=re.S)
    path = tmp_path / "cell.html"
    path.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{bare}", encoding="utf-8")
    page = visit(path)
    image = page.locator("img")
    before = image.screenshot()
    page.wait_for_timeout(3000)
    assert image.screenshot() != before
