"""The page of a training in a real browser: three phases, and a graph for each backward pass."""

from __future__ import annotations

import re
import runpy

import pytest

import autograd as ag
import optim

pytestmark = pytest.mark.browser

PROGRAM = """\
import autograd as ag
import optim

w = ag.tensor(0.5, requires_grad=True, name="w")
optimizer = optim.SGD([w], lr=0.1)
with ag.record() as tape:
    for _ in range(2):
        loss = w * w * 2
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
"""

# For each step: the graph in sight, and what the box of w shows.
HALF, THIRD = "+0.5000", "+0.3000"
RUN = [
    *[(0, HALF, "—")] * 5,
    (0, HALF, "+1.0000"),
    (0, HALF, "+2.0000"),
    (0, THIRD, "+2.0000"),
    (0, THIRD, "—"),
    *[(1, THIRD, "—")] * 5,
    (1, THIRD, "+0.6000"),
    (1, THIRD, "+1.2000"),
    (1, "+0.1800", "+1.2000"),
    (1, "+0.1800", "—"),
]


def seen(page):
    """The graph in sight, and both lines of the box of w in it."""
    return tuple(
        page.evaluate(
            """() => {
                const svgs = [...document.querySelectorAll("#graph>svg")];
                const shown = svgs.filter((svg) => getComputedStyle(svg).visibility === "visible");
                if (shown.length !== 1) return ["not one", shown.length];
                const boxes = [...shown[0].querySelectorAll(".value")];
                const w = boxes.find((box) => box.querySelector(".name").textContent === "w");
                const line = (kind) => w.querySelector("." + kind).textContent.split(/ +/)[1];
                return [svgs.indexOf(shown[0]), line("val"), line("grad")];
            }"""
        )
    )


def at(page):
    return int(re.search(r"step (\d+) of", page.inner_text("#phase"))[1])


def run(folder, source=PROGRAM):
    path = folder / "training.py"
    path.write_text(source, encoding="utf-8")
    return runpy.run_path(str(path))["tape"]


@pytest.fixture(scope="module")
def training_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    return run(folder).step_through().save(folder / "training.html")


def test_every_step_forward_and_back(visit, training_page, scheme):
    page = visit(training_page, color_scheme=scheme)
    for number in range(1, 19):
        assert (at(page), seen(page)) == (number, RUN[number - 1])
        page.keyboard.press("ArrowRight")
    for number in range(18, 0, -1):
        assert (at(page), seen(page)) == (number, RUN[number - 1])
        page.keyboard.press("ArrowLeft")


@pytest.mark.parametrize("start", [1, 9, 18])
def test_a_jump_shows_the_same_as_a_walk(visit, training_page, start):
    page = visit(training_page, start)
    for number in (12, 3, 17, 8, 16, 6, 18, 1, 9):
        page.locator("#scrub").fill(str(number))
        assert (at(page), seen(page)) == (number, RUN[number - 1])


def test_an_update_is_explained(visit, training_page):
    page = visit(training_page, 8)
    assert page.inner_text("#plain") == "w ← w − lr · ∂loss/∂w = 0.5 − 0.1 × 2.0 = 0.3"
    assert page.inner_text("h1") == "Update of w by SGD"
    assert page.inner_text("#ledger dl").split("\n") == [
        *("before", "0.5", "+", "change", "-0.2", "=", "now", "0.3")
    ]
    assert page.inner_text("#phase") == "Weight update · step 8 of 18"
    assert page.inner_text(".line.now code").strip() == "optimizer.step()"
    page.keyboard.press("ArrowLeft")
    assert "this path" in page.inner_text("#ledger dl")


def test_the_scrubber_has_three_segments_for_each_iteration(visit, training_page):
    page = visit(training_page)
    parts = page.locator("#phases button")
    names = ["forward", "error backward", "weight update"]
    assert parts.all_inner_texts() == names * 2
    for place, number in enumerate([1, 4, 8, 10, 13, 17]):
        parts.nth(place).click()
        assert at(page) == number
    assert (
        page.evaluate(
            "getComputedStyle(document.querySelector('#scrub')).getPropertyValue('--ramp')"
        ).count("calc")
        == 10
    )


def test_names_of_phases_go_where_they_have_no_room(visit, tmp_path):
    tape = run(tmp_path, PROGRAM.replace("range(2)", "range(5)"))
    page = visit(tape.step_through().save(tmp_path / "many.html"), len(tape))
    parts = page.locator("#phases button")
    assert parts.count() == 15
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#phases button')).fontSize")
        == "0px"
    )
    assert page.inner_text("#phase").startswith("Weight update ·")
    parts.nth(3).click()
    assert page.inner_text("h1") == "Iteration 2: the inputs"


def test_keys_lead_to_the_next_phase(visit, training_page):
    page = visit(training_page)
    for key, number in [("b", 4), ("u", 8), ("b", 13), ("u", 17), ("u", 8), ("b", 13), ("b", 4)]:
        page.keyboard.press(key)
        assert at(page) == number
    page.keyboard.press("?")
    assert page.is_visible("#help >> text=to the start of the weight update")


def test_a_page_without_update_has_no_key_for_it(visit, circuit_page):
    page = visit(circuit_page, 2)
    page.keyboard.press("u")
    assert at(page) == 2
    page.keyboard.press("?")
    assert page.locator("#help >> text=weight update").count() == 0


def press(page, target):
    box = page.locator(target).first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_click_stays_in_its_graph(visit, training_page):
    page = visit(training_page, 12)
    press(page, "#graph>svg:nth-of-type(2) .op .frame")
    assert seen(page)[0] == 1
    page.locator("#scrub").fill("3")
    press(page, "#graph>svg:nth-of-type(1) .op .frame")
    assert (at(page), seen(page)[0]) == (2, 0)


def test_a_click_on_a_line_goes_round(visit, training_page):
    page = visit(training_page, 8)
    line = page.locator(".line[data-line='0:10']")
    line.click()
    assert at(page) == 17
    line.click()
    assert at(page) == 8


def test_both_graphs_zoom_together(visit, training_page):
    page = visit(training_page)

    def width(svg):
        return page.locator(f"#graph>svg:nth-of-type({svg}) .value .frame").first.bounding_box()[
            "width"
        ]

    before = width(1), width(2)
    page.keyboard.press("+")
    assert (width(1), width(2)) == pytest.approx([1.25 * w for w in before], rel=0.02)


def test_paper_shows_every_graph_as_it_ends(visit, training_page):
    page = visit(training_page, 2)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    shown = page.evaluate(
        """[...document.querySelectorAll("#graph>svg")]
            .map((svg) => getComputedStyle(svg).visibility)"""
    )
    assert shown == ["visible", "visible"]
    boxes = [box.bounding_box() for box in page.locator("#graph>svg").all()]
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"] + 1
    assert page.locator("#steps tbody tr:visible").count() == 18
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert at(page) == 2


LATE = PROGRAM.replace("        optimizer.zero_grad()\n", "").replace(
    "loss.backward()", "optimizer.zero_grad()\n        loss.backward()"
)


def test_an_old_gradient_stays_until_it_is_forgotten(visit, tmp_path):
    tape = run(tmp_path, LATE)
    steps = tape.steps()
    page = visit(tape.step_through().save(tmp_path / "late.html"))
    zero = [s.number for s in steps if s.title == "The gradients are set to zero"][1]
    begin = next(s.number for s in steps if s.title.startswith("Iteration 2"))
    for number in (begin, zero - 1, zero, zero - 1, begin - 1, begin, zero):
        page.locator("#scrub").fill(str(number))
        assert seen(page)[2] == ("—" if number >= zero else "+2.0000")


def test_what_is_left_is_there_before_the_next_pass(visit, tmp_path):
    tape = run(tmp_path, PROGRAM.replace("        optimizer.zero_grad()\n", ""))
    last = [s.number for s in tape.steps() if s.event is not None][-2:]
    page = visit(tape.step_through().save(tmp_path / "left.html"), last[0] - 1)
    assert seen(page)[1:] == (THIRD, "+2.0000")
    page.keyboard.press("ArrowRight")
    assert seen(page)[2] == "+2.6000"
    assert [page.inner_text(f"#{name}") for name in ("before", "path", "now")] == [
        "2.0",
        "0.6",
        "2.6",
    ]


def test_a_second_backward_begins_with_a_whole_graph(visit, tmp_path):
    x = ag.tensor(3.0, requires_grad=True, name="w")
    with ag.record() as tape:
        f = x * x
        f.backward()
        f.backward()
    page = visit(tape.step_through().save(tmp_path / "twice.html"), 6)
    assert page.inner_text("h1") == "The backward pass runs again"
    assert seen(page) == (1, "+3.0000", "+6.0000")
    todo = page.locator("#graph>svg:nth-of-type(2) .todo")
    assert set(todo.evaluate_all("all => all.map((g) => g.classList[1])")) == {"gradient"}


def test_predict_counts_what_is_left(visit, tmp_path):
    x = ag.tensor(3.0, requires_grad=True, name="w")
    with ag.record() as tape:
        for _ in range(2):
            (x * 2.0).backward()
    last = len(tape)
    page = visit(tape.step_through(predict=True).save(tmp_path / "p.html"), last)
    page.fill("#guess", "2")
    page.keyboard.press("Enter")
    assert "Forgot to add" in page.inner_text("#verdict")
    page.fill("#guess", "4")
    page.keyboard.press("Enter")
    assert page.inner_text("#say").startswith("Right: 2 + 2 × 1 = 4.")


@pytest.mark.parametrize("size", [(1280, 800), (900, 640), (420, 800)])
def test_everything_fits_at_every_size(visit, training_page, scheme, size):
    width, height = size
    page = visit(training_page, 8, color_scheme=scheme, viewport={"width": width, "height": height})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in ("#graph", "#code", "#explain", "#equation math", "#ledger", "nav"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_hostile_names_stay_text(visit, tmp_path):
    name = "</script><script>alert(1)</script>\0<img src=x>\"'"
    w = ag.tensor(2.0, requires_grad=True, name=name)
    optimizer = optim.SGD([w], lr=0.1)
    with ag.record() as tape:
        for _ in range(2):
            (w * w).backward()
            optimizer.step()
            optimizer.zero_grad()
    page = visit(tape.step_through(title=name).save(tmp_path / "hostile.html"))
    page.keyboard.press("End")
    assert at(page) == len(tape)
    assert page.locator("img").count() == 0


def test_a_cell_is_the_stepper(visit, tmp_path):
    cell = run(tmp_path)._repr_mimebundle_()["text/html"]
    start = "<!DOCTYPE html><meta charset=utf-8><title>cell</title>"
    (tmp_path / "cell.html").write_text(start + cell, encoding="utf-8")
    frame = visit(tmp_path / "cell.html").frame_locator("iframe")
    frame.locator("#last").click()
    assert "step 18 of 18" in frame.locator("#phase").inner_text()
