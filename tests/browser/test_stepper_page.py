"""The stepper's page in a real browser: every number, control and key."""

from __future__ import annotations

import re

import pytest

import autograd as ag

pytestmark = pytest.mark.browser

NAMES = ["x", "y", "q", "z", "f"]
DASH = "—"

# For each step: the values and the gradients that the boxes show, in the order of NAMES,
# and what the ledger says is there afterwards.
RUN = [
    (["-2.0000", "+5.0000", "", "-4.0000", ""], [DASH] * 5, None),
    (["-2.0000", "+5.0000", "+3.0000", "-4.0000", ""], [DASH] * 5, None),
    (["-2.0000", "+5.0000", "+3.0000", "-4.0000", "-12.0000"], [DASH] * 5, None),
    (None, [DASH, DASH, DASH, DASH, "+1.0000"], "1.0"),
    (None, [DASH, DASH, "-4.0000", DASH, "+1.0000"], "-4.0"),
    (None, [DASH, DASH, "-4.0000", "+3.0000", "+1.0000"], "3.0"),
    (None, ["-4.0000", DASH, "-4.0000", "+3.0000", "+1.0000"], "-4.0"),
    (None, ["-4.0000", "-4.0000", "-4.0000", "+3.0000", "+1.0000"], "-4.0"),
]
VALUES = RUN[2][0]


def line(page, kind):
    """What the boxes show on one of their lines, empty where it is hidden."""
    return page.evaluate(
        """kind => [...document.querySelectorAll("#graph .value")]
            .sort((a, b) => a.dataset.value - b.dataset.value)
            .map(box => box.querySelector("." + kind))
            .map(text => getComputedStyle(text).visibility === "hidden"
                ? "" : text.textContent.replace(kind, "").trim())""",
        kind,
    )


def at(page):
    """The number of the step that the page shows."""
    return int(re.search(r"step (\d+) of", page.inner_text("#phase"))[1])


def wait(page, expression):
    """Wait until an expression holds; the page's policy forbids Playwright's own way."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came: {expression}")


def press(page, target):
    """Click the middle of an element, whatever lies on top of it there."""
    page.locator(target).first.scroll_into_view_if_needed()
    box = page.locator(target).first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def check(page, number):
    values, gradients, now = RUN[number - 1]
    assert at(page) == number
    assert line(page, "val") == (values or VALUES)
    assert line(page, "grad") == gradients
    assert page.is_visible("#ledger") == (now is not None)
    if now is not None:
        assert page.inner_text("#now") == now
    assert page.locator("[aria-current=step]").count() == 1
    assert page.input_value("#scrub") == str(number)


def test_every_step_forward_and_back_with_buttons_and_keys(visit, circuit_page, scheme):
    page = visit(circuit_page, color_scheme=scheme)
    for number in range(1, 9):
        check(page, number)
        page.click("#next") if number % 2 else page.keyboard.press("ArrowRight")
    assert at(page) == 8, "there is nothing after the last step"
    for number in range(8, 0, -1):
        check(page, number)
        page.click("#back") if number > 1 and number % 2 else page.keyboard.press("ArrowLeft")
    assert at(page) == 1


def test_the_equation_the_sentence_and_the_ledger(visit, circuit_page):
    page = visit(circuit_page, 7)
    assert page.inner_text("#plain") == "∂f/∂x += 1 × ∂f/∂q = 1.0 × -4.0 = -4.0"
    assert page.inner_text("h1") == "Gradient of x, through +"
    assert "along this path the gradient is -4.0" in page.inner_text("#say")
    assert [page.inner_text(f"#{name}") for name in ("before", "path", "now")] == [
        "0",
        "-4.0",
        "-4.0",
    ]
    assert page.locator("#equation munder.upstream mtext").text_content() == "upstream"


def test_the_current_line_and_its_columns_are_marked(visit, circuit_page):
    page = visit(circuit_page, 2)
    assert page.inner_text(".line.now code") == "q = x + y"
    assert page.inner_text("mark") == "x + y"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("mark") == "q * z"
    page.keyboard.press("Home")
    assert page.locator("mark").count() == 0
    assert page.inner_text(".line >> nth=5") == "6\nq = x + y"


def test_home_end_and_b(visit, circuit_page):
    page = visit(circuit_page)
    for key, number in [("End", 8), ("b", 4), ("Home", 1), ("B", 4)]:
        page.keyboard.press(key)
        check(page, number)
    for button, number in [("#last", 8), ("#first", 1)]:
        page.click(button)
        check(page, number)


def test_space_plays_and_pauses(visit, circuit_page):
    page = visit(circuit_page)
    page.select_option("#speed", "4")
    page.locator("#speed").blur()
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    wait(page, "document.querySelector('#scrub').value > 2")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-label") == "Play"
    paused = at(page)
    page.wait_for_timeout(600)
    assert at(page) == paused
    page.click("#play")
    wait(page, "document.querySelector('#scrub').value === '8'")
    wait(page, "document.querySelector('#play').ariaPressed === 'false'")


def test_the_scrubber_and_its_phases(visit, circuit_page):
    page = visit(circuit_page)
    page.locator("#scrub").fill("6")
    check(page, 6)
    page.click("#phases >> text=forward")
    check(page, 1)
    page.click("#phases >> text=backward")
    check(page, 4)
    widths = [box.bounding_box()["width"] for box in page.locator("#phases button").all()]
    assert widths[1] / widths[0] == pytest.approx(5 / 3, rel=0.1)


def test_keys_work_on_the_scrubber_too(visit, circuit_page):
    page = visit(circuit_page)
    page.locator("#scrub").focus()
    page.keyboard.press("ArrowRight")
    check(page, 2)
    page.keyboard.press("End")
    check(page, 8)


def test_a_key_with_a_modifier_is_the_browsers(visit, circuit_page):
    page = visit(circuit_page, 3)
    page.keyboard.press("Control+End")
    assert at(page) == 3


@pytest.mark.parametrize(
    ("start", "target", "number"),
    [
        (1, ".line[data-line='0:6']", 2),
        (4, ".line[data-line='0:6']", 7),
        (7, ".line[data-line='0:6']", 8),
        (8, ".line[data-line='0:6']", 7),
        (1, "#graph [data-value='2'] .frame", 2),
        (4, "#graph [data-value='2'] .frame", 5),
        (4, "#graph [data-value='3'] .frame", 6),
        (1, "#graph .op[data-op='1'] .frame", 3),
        (5, "#graph .op[data-op='0'] .frame", 7),
        (1, "#steps tr >> nth=5", 5),
    ],
)
def test_a_click_goes_to_the_step(visit, circuit_page, start, target, number):
    page = visit(circuit_page, start)
    press(page, target)
    check(page, number)


@pytest.mark.parametrize(
    ("arrow", "number"),
    [(".forward[data-op='0'][data-slot='out'] .path", 2), ("[data-event='2'] .contribution", 7)],
)
def test_a_click_on_an_arrow_goes_to_its_step(visit, circuit_page, arrow, number):
    page = visit(circuit_page, 8)
    press(page, f"#graph {arrow}")
    check(page, number)


def test_a_line_is_a_button_for_the_keyboard(visit, circuit_page):
    page = visit(circuit_page)
    page.locator(".line[data-line='0:7']").focus()
    page.keyboard.press("Enter")
    check(page, 3)


def test_a_link_leads_to_a_step_and_follows_along(visit, circuit_page):
    page = visit(circuit_page, 7)
    check(page, 7)
    page.keyboard.press("ArrowRight")
    wait(page, "location.hash === '#8'")
    page.evaluate("location.hash = '#3'")
    wait(page, "document.querySelector('#scrub').value === '3'")
    page.evaluate("location.hash = '#99'")
    page.evaluate("location.hash = '#</script>'")
    assert at(page) == 3


def test_the_keys_are_explained(visit, circuit_page):
    page = visit(circuit_page)
    page.keyboard.press("?")
    assert page.is_visible("#help >> text=other uses of the same variable")
    page.keyboard.press("ArrowRight")
    assert at(page) == 1, "the page waits while the keys are explained"
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")
    page.click("#ask")
    page.click("#help button")
    assert not page.is_visible("#help")


@pytest.mark.parametrize("size", [(1280, 800), (900, 640), (420, 800)])
def test_everything_is_there_at_every_size(visit, circuit_page, scheme, size):
    width, height = size
    page = visit(circuit_page, 7, color_scheme=scheme, viewport={"width": width, "height": height})
    for part in ("#graph", "#code", "#explain", "#equation math", "nav"):
        box = page.locator(part).bounding_box()
        assert box["width"] > 40
        assert box["height"] > 40
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    for button in page.locator("nav .keys button, #ask, .zoom button").all():
        box = button.bounding_box()
        assert (box["width"], box["height"]) == (44, 44)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    pane, current = (page.locator(s).bounding_box() for s in ("#graph", ".value.now .frame"))
    assert pane["x"] <= current["x"]
    assert current["x"] + current["width"] <= pane["x"] + pane["width"]


def test_the_graph_zooms_pans_and_fits(visit, circuit_page):
    page = visit(circuit_page)
    frame = page.locator("#graph [data-value='0'] .frame")
    start = frame.bounding_box()
    page.keyboard.press("+")
    assert frame.bounding_box()["width"] == pytest.approx(start["width"] * 1.25, rel=0.02)
    page.keyboard.press("-")
    page.mouse.move(640, 300)
    page.mouse.down()
    page.mouse.move(700, 320, steps=4)
    page.mouse.up()
    assert frame.bounding_box()["x"] == pytest.approx(start["x"] + 60, abs=2)
    assert at(page) == 1, "a drag is no click"
    page.click("#fit")
    assert frame.bounding_box() == pytest.approx(start, abs=1)


def test_the_current_box_stays_in_sight(visit, circuit_page):
    page = visit(circuit_page, 3, viewport={"width": 420, "height": 800})

    def seen():
        box = page.locator("#graph [data-value='4'] .frame").bounding_box()
        return box["x"] >= 0 and box["x"] + box["width"] <= page.viewport_size["width"]

    assert seen()
    page.set_viewport_size({"width": 400, "height": 700})
    wait(page, "innerWidth === 400")
    assert seen()


def test_colours_follow_the_scheme(visit, circuit_page):
    def grounds(scheme):
        page = visit(circuit_page, color_scheme=scheme)
        read = "s => getComputedStyle(document.querySelector(s))"
        return [
            page.evaluate(f"({read})('body').backgroundColor"),
            page.evaluate(f"({read})('#graph .backdrop').fill"),
        ]

    assert grounds("light") == ["rgb(255, 255, 255)"] * 2
    assert grounds("dark") == ["rgb(17, 20, 24)"] * 2


def test_paper_gets_every_step_and_no_controls(visit, circuit_page):
    page = visit(circuit_page, 2)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert not page.is_visible("nav")
    assert page.locator("#steps tbody tr:visible").count() == 8
    assert line(page, "grad") == RUN[7][1]
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    check(page, 2)


def test_a_screen_reader_hears_each_step(visit, circuit_page):
    page = visit(circuit_page)
    assert page.get_attribute("#say", "aria-live") == "polite"
    page.keyboard.press("End")
    assert "8: Gradient of y" in page.get_attribute("#scrub", "aria-valuetext")
    names = [button.get_attribute("title") for button in page.locator("nav .keys button").all()]
    assert all(names)
    assert page.get_by_role("img", name="Computational graph").count() == 1


@pytest.fixture
def square_page(tmp_path):
    x = ag.tensor(3.0, requires_grad=True, name="x")
    f = x * x
    return f.step_through().save(tmp_path / "square.html")


def test_a_sum_over_paths_is_a_list_of_rows(visit, square_page):
    page = visit(square_page, 5)
    rows = page.locator("#paths button")
    assert rows.all_inner_texts() == [
        "path 1, through ×\n+ 3.0 = 3.0",
        "path 2, through ×\n+ 3.0 = 6.0",
    ]
    assert page.inner_text("#before") == "3.0"
    assert line(page, "grad")[0] == "+6.0000"
    rows.first.click()
    assert at(page) == 4
    assert line(page, "grad")[0] == "+3.0000"


def test_up_and_down_visit_the_uses_of_a_variable(visit, square_page):
    page = visit(square_page, 4)
    visited = []
    for _ in range(4):
        page.keyboard.press("ArrowDown")
        visited.append(at(page))
    assert visited == [5, 1, 2, 4]
    page.keyboard.press("ArrowUp")
    assert at(page) == 2


def test_no_step_is_slow(visit, tmp_path):
    x = ag.tensor(0.5, requires_grad=True, name="x")
    h = x
    for _ in range(40):
        h = ag.tanh(h * x)
    page = visit(h.step_through().save(tmp_path / "chain.html"))
    times = page.evaluate(
        """() => Array.from({length: 150}, () => {
            const start = performance.now();
            document.querySelector("#next").click();
            return performance.now() - start;
        })"""
    )
    assert sorted(times)[75] < 20


def test_hostile_text_stays_text(visit, tmp_path):
    x = ag.tensor(2.0, requires_grad=True, name="</script><script>alert(1)</script>\0<img src=x>")
    page = visit((x * x).step_through().save(tmp_path / "hostile.html"))
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert at(page) == 5
    assert page.locator("img").count() == 0
