"""A notebook cell's output: the stepper in a sandboxed frame, or the picture without scripts."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

PAGE = "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>cell</title>"


@pytest.fixture
def cell(circuit):
    return circuit.step_through(height=500)._repr_html_()


def save(folder, body):
    path = folder / "cell.html"
    path.write_text(PAGE + body, encoding="utf-8")
    return path


def test_the_stepper_works_inside_a_sandboxed_frame(visit, cell, tmp_path, scheme):
    page = visit(save(tmp_path, f"{cell}\n{cell}"), color_scheme=scheme)
    frames = page.locator("iframe")
    assert frames.count() == 2, "each output has its own"
    assert frames.first.get_attribute("sandbox") == "allow-scripts"
    assert frames.first.bounding_box()["height"] == 500
    assert page.locator("img").count() == 0
    inside = page.frame_locator("iframe >> nth=0")
    inside.locator("#next").click()
    page.keyboard.press("End")
    assert "step 8 of 8" in inside.locator("#phase").inner_text()
    assert inside.locator("#now").inner_text() == "-4.0"
    assert "step 1 of 8" in page.frame_locator("iframe >> nth=1").locator("#phase").inner_text()


def test_a_script_that_a_notebook_runs_later_finds_its_place(visit, cell, tmp_path):
    """Notebooks put the markup first and make its scripts run afterwards."""
    inert = re.sub("<script>", "<script type='text/plain'>", cell)
    page = visit(save(tmp_path, inert))
    page.evaluate(
        """() => {
            const old = document.querySelector("script");
            const fresh = document.createElement("script");
            fresh.textContent = old.textContent;
            old.replaceWith(fresh);
        }"""
    )
    assert "step 1 of 8" in page.frame_locator("iframe").locator("#phase").inner_text()


def test_without_scripts_the_picture_is_there(visit, cell, tmp_path, scheme):
    bare = re.sub(r"<script>.*</script>", "", cell, flags=re.S)
    page = visit(save(tmp_path, bare), color_scheme=scheme)
    image = page.locator("img")
    assert page.evaluate("document.querySelector('img').naturalWidth") > 300
    assert image.bounding_box()["height"] > 100
    assert "f = -12.0000" in image.get_attribute("alt")
