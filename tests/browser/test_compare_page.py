"""The page of `ag.compare` in a real browser: pictures, list, every control and key."""

from __future__ import annotations

import runpy

import pytest

import autograd as ag

pytestmark = pytest.mark.browser

PROGRAM = """\
import autograd as ag


def run(product, passes):
    x = ag.tensor(-2.0, requires_grad=True, name="x")
    y = ag.tensor(5.0, requires_grad=True, name="y")
    z = ag.tensor(-4.0, requires_grad=True, name="z")
    q = x * y if product else x + y
    f = q * z
    for _ in range(passes):
        f.backward()
    return f


def loop(detach):
    W, U = (ag.tensor(v, requires_grad=True, name=n) for v, n in ((0.5, "W"), (0.3, "U")))
    h = ag.tensor(0.1, name="h0")
    for t in range(4):
        if t == detach:
            h = h.detach()
        h = ag.tanh(W * h + U * (t + 1.0))
    return (h - 1) ** 2
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    path = tmp_path_factory.mktemp("compare") / "runs.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return runpy.run_path(str(path))


@pytest.fixture(scope="module")
def comparison(program):
    """Two differences and four things that follow."""
    return ag.compare(program["run"](False, 1), program["run"](True, 2))


@pytest.fixture(scope="module")
def saved(comparison, tmp_path_factory):
    return comparison.save(tmp_path_factory.mktemp("page") / "compare.html")


@pytest.fixture(scope="module")
def wide(program, tmp_path_factory):
    """Pictures that are too wide to stand side by side."""
    found = ag.compare(program["loop"](None), program["loop"](2), names=("whole", "cut"))
    return found.save(tmp_path_factory.mktemp("page") / "wide.html")


def current(page):
    """The number of the item that is shown, from 1."""
    return page.evaluate(
        """[...document.querySelectorAll(".item")].findIndex(i => i.ariaCurrent) + 1"""
    )


def lit(page, side):
    """What stands out in one picture: the numbers of marks, and boxes by their ids."""
    return page.evaluate(
        """side => [...document.querySelectorAll(`#${side} .now`)]
            .map(g => g.dataset.mark || g.id)""",
        side,
    )


def test_keys_and_buttons_go_through_everything(visit, saved, scheme):
    page = visit(saved, color_scheme=scheme)
    said = [item.inner_text() for item in page.locator(".item b").all()]
    assert len(said) == 6
    for number in range(1, 7):
        assert current(page) == number
        assert page.inner_text("#say") == said[number - 1]
        page.click("#next") if number in (1, 3) else page.keyboard.press("ArrowDown")
    assert current(page) == 6, "there is nothing after the last one"
    assert page.is_disabled("#next")
    for number in range(6, 0, -1):
        assert current(page) == number
        page.click("#back") if number in (2, 4) else page.keyboard.press("ArrowUp")
    assert page.is_disabled("#back")
    for key, number in [("End", 6), ("Home", 1), ("ArrowRight", 2), ("ArrowLeft", 1)]:
        page.keyboard.press(key)
        assert current(page) == number


def test_each_item_is_linked_to_both_pictures(visit, saved):
    page = visit(saved)
    assert lit(page, "a") == lit(page, "b") == ["1"]
    page.keyboard.press("ArrowDown")
    assert lit(page, "b") == ["2"]
    assert lit(page, "a") == ["a-value-0", "a-value-1", "a-value-3"], "what they are in A"
    page.click(".item >> nth=2")
    assert lit(page, "a") == ["a-value-4"]
    assert lit(page, "b") == ["b-value-4"]


def test_a_click_in_a_picture(visit, saved):
    page = visit(saved)
    page.keyboard.press("End")
    page.locator("#a .flag[data-mark='1'] .word").first.click()
    assert current(page) == 1
    page.locator("#b .flag[data-mark='2'] .word").first.click()
    assert current(page) == 2
    page.locator("#b-value-4 .name").click()
    assert lit(page, "b") == ["b-value-4"]
    assert lit(page, "a") == ["a-value-4"]


def test_an_operation_shows_its_partner(visit, saved):
    page = visit(saved)
    page.locator("#a-op-1 .symbol").click()
    assert lit(page, "b") == ["b-op-1"]


def test_marks_are_rings_and_words_in_both_pictures(visit, saved):
    page = visit(saved)
    for side, words in (
        ("a", ["1 other operation"]),
        ("b", ["1 other operation", "2 zero_grad?"]),
    ):
        found = page.locator(f"#{side} .word").all_text_contents()
        assert [word for word in found if word != "≠"] == words
        assert page.locator(f"#{side} .flag .ring").count() == (2 if side == "a" else 5)
        fill, stroke = page.evaluate(
            """side => { const style = getComputedStyle(document.querySelector(`#${side} .ring`));
                return [style.fill, style.stroke] }""",
            side,
        )
        assert fill == "none"
        assert stroke == page.evaluate("getComputedStyle(document.body).color"), "no third hue"


def test_zoom_moves_both_pictures(visit, saved):
    page = visit(saved)

    def scales():
        return page.evaluate(
            """[...document.querySelectorAll(".view > svg")]
                .map(svg => +svg.style.transform.match(/scale\\(([^)]*)\\)/)[1])"""
        )

    first = scales()
    page.keyboard.press("+")
    assert [round(b / a, 3) for a, b in zip(first, scales(), strict=True)] == [1.25, 1.25]
    page.click("#out")
    page.click("#in")
    page.keyboard.press("-")
    assert scales() == pytest.approx(first)
    page.click("#in")
    page.keyboard.press("0")
    assert scales() == pytest.approx(first)


def test_the_help_opens_and_closes(visit, saved):
    page = visit(saved)
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("ArrowDown")
    assert current(page) == 1, "keys wait while the help is open"
    page.keyboard.press("Escape")
    page.click("#ask")
    page.click("#close")
    assert page.is_hidden("#help")


def test_a_deep_link(visit, saved):
    page = visit(saved, 2)
    assert current(page) == 2
    page.keyboard.press("ArrowDown")
    assert page.evaluate("location.hash") == "#3"  # page.url hears of it later
    page.evaluate("location.hash = '#1'")
    page.wait_for_function("location.hash === '#1'")
    page.wait_for_timeout(50)
    assert current(page) == 1


def test_side_by_side_where_there_is_room(visit, saved, wide):
    def tops(path, width):
        page = visit(path, viewport={"width": width, "height": 800})
        sides = [side.bounding_box() for side in page.locator(".side").all()]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        return [side["y"] for side in sides]

    first, second = tops(saved, 1280)
    assert first == second
    for path, width in ((saved, 420), (wide, 1280)):
        first, second = tops(path, width)
        assert first < second, "below each other"


def test_what_differs_is_brought_into_sight(visit, wide):
    page = visit(wide)
    for side in "ab":
        seen = page.evaluate(
            """side => { const pane = document.querySelector(`#${side}`).getBoundingClientRect();
                const ring = document.querySelector(`#${side} .flag.now .word`)
                    .getBoundingClientRect();
                return ring.left < pane.right && ring.right > pane.left
                    && ring.top < pane.bottom && ring.bottom > pane.top }""",
            side,
        )
        assert seen, side


def test_two_runs_that_agree(visit, program, tmp_path, scheme):
    found = ag.compare(program["run"](False, 1), program["run"](False, 1))
    page = visit(found.save(tmp_path / "same.html"), color_scheme=scheme)
    assert "A and B agree: the same 2 operations" in page.inner_text("header")
    assert page.locator(".item").count() == page.locator(".flag .ring").count() == 0
    assert page.is_disabled("#next")
    page.keyboard.press("ArrowDown")
    page.locator("#a-value-4").click()
    assert lit(page, "b") == ["b-value-4"]


def test_axe_finds_nothing(visit, audit, saved, wide, scheme):
    for path in (saved, wide):
        page = visit(path, color_scheme=scheme)
        audit(page)
        page.keyboard.press("End")
        audit(page)
        page.keyboard.press("?")
        audit(page)


def test_on_paper(visit, saved):
    page = visit(saved)
    page.emulate_media(media="print")
    assert page.is_hidden("nav")
    assert page.locator(".view > svg").first.bounding_box()["height"] > 100
    assert page.locator(".item").last.is_visible()


def test_in_a_notebook_and_without_scripts(visit, comparison, tmp_path):
    path = tmp_path / "cell.html"
    head = "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>cell</title>"
    path.write_text(head + comparison._repr_html_(), encoding="utf-8")
    page = visit(path)
    inside = page.frame_locator("iframe")
    inside.locator("#next").click()
    assert "zero_grad() forgotten" in inside.locator("#say").inner_text()
    bare = path.read_text(encoding="utf-8").split("<script>")[0] + "</div>"
    path.write_text(bare, encoding="utf-8")
    page = visit(path)
    assert page.evaluate("document.querySelector('img').naturalWidth") > 600
