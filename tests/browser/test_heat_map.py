"""The heat map of a tensor beside the explanation: cells, colours by sign, and a caption."""

from __future__ import annotations

import runpy

import numpy as np
import pytest

import autograd as ag
from autograd.draw.theme import THEMES

pytestmark = pytest.mark.browser

PROGRAM = """\
import autograd as ag
import optim

w = ag.tensor([[0.5, -1.0], [0.0, 0.25], [1.0, -0.5]], requires_grad=True, name="w")
optimizer = optim.SGD([w], lr=0.5)
with ag.record() as tape:
    y = w * -2
    loss = y.sum()
    loss.backward()
    optimizer.step()
"""
CELLS = """() => [...document.querySelectorAll("#heat rect")].map((cell) => {
    const {fill, fillOpacity, strokeDasharray} = getComputedStyle(cell);
    return [fill, +fillOpacity, strokeDasharray !== "none"];
})"""


def rgb(colour):
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.fixture(scope="module")
def stepper(tmp_path_factory):
    path = tmp_path_factory.mktemp("heat") / "program.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return runpy.run_path(str(path))["tape"].step_through()


@pytest.fixture(scope="module")
def saved(stepper, tmp_path_factory):
    return stepper.save(tmp_path_factory.mktemp("page") / "heat.html")


def place(stepper, start):
    """The number of the step whose title begins so."""
    return next(step.number for step in stepper if step.title.startswith(start))


def test_cells_by_sign_and_size(visit, stepper, saved, scheme, audit):
    page = visit(saved, place(stepper, "y = "), color_scheme=scheme)
    plus, minus = (rgb(THEMES[scheme][token]) for token in ("fwd", "bwd"))
    assert page.evaluate(CELLS) == [
        [minus, 0.5, True],
        [plus, 1, False],
        ["none", 0, False],
        [minus, 0.25, True],
        [minus, 1, True],
        [plus, 0.5, False],
    ]
    assert page.inner_text("#heat figcaption") == "y, 3×2, from −2.0 to 2.0"
    assert page.get_attribute("#heat div", "aria-hidden") == "true"
    audit(page)


def test_it_follows_the_steps_and_back(visit, stepper, saved):
    page = visit(saved)
    said = []
    for _ in range(len(stepper)):
        said.append(page.inner_text("#heat") if page.is_visible("#heat") else "")
        page.keyboard.press("ArrowRight")
    assert [text for text in said if text] == [
        "y, 3×2, from −2.0 to 2.0",
        "gradient of y, 3×2, all 1.0",
        "gradient of w, 3×2, all −2.0",
        "w, 3×2, from 0.0 to 2.0",
    ]
    assert page.evaluate(CELLS)[4][1] == 1
    page.click("#first")
    assert page.is_hidden("#heat")
    assert page.locator("#heat rect").count() == 0


def test_scalars_have_none(visit, circuit_page):
    page = visit(circuit_page, 2)
    assert page.locator("#heat").count() == 0


def test_slices_lie_side_by_side_and_odd_numbers_are_crossed(visit, tmp_path):
    data = np.arange(-12.0, 12.0).reshape(2, 3, 4)
    data[0, 0, 0], data[1, 2, 3] = np.nan, np.inf
    made = ag.tensor(data, name="x", requires_grad=True) * 2
    page = visit(made.step_through().save(tmp_path / "odd.html"), 2)
    grids = page.locator("#heat svg")
    assert [grids.nth(i).locator("rect").count() for i in (0, 1)] == [12, 12]
    assert [grids.nth(i).locator("path").count() for i in (0, 1)] == [1, 1]
    assert "2×3×4 as 2 grids of 3×4" in page.inner_text("#heat")
    assert "from −22.0 to 20.0, 2 not finite" in page.inner_text("#heat")


@pytest.mark.parametrize("shape", [(256,), (256, 1), (64, 2, 2), (16, 16)], ids=str)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_largest_stay_inside(visit, tmp_path, shape, width):
    made = ag.tensor(np.linspace(-1, 1, 256).reshape(shape), name="x", requires_grad=True) * 2
    saved = made.step_through().save(tmp_path / "large.html")
    page = visit(saved, 2, viewport={"width": width, "height": 800})
    assert page.locator("#heat rect").count() == 256
    assert page.evaluate("""() => {
        const box = document.getElementById("explain");
        return box.scrollWidth <= box.clientWidth;
    }""")
