"""Every key and every control of the stepper's page does what it says: none is left out."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

pytestmark = pytest.mark.browser

STATE = """() => {
    const get = id => document.getElementById(id);
    const svg = document.querySelector("#graph > svg");
    return {
        at: +get("scrub").value,
        playing: get("play").ariaLabel === "Pause",
        helping: get("help").open,
        predicting: get("predict").ariaPressed === "true",
        asking: !get("quiz").hidden,
        scale: new DOMMatrix(getComputedStyle(svg).transform).a,
    };
}"""

# For each key: the step to start from, and what has changed afterwards.
KEYS = {
    "Home": (5, {"at": 1}),
    "End": (2, {"at": 8}),
    "ArrowLeft": (5, {"at": 4}),
    "ArrowRight": (5, {"at": 6}),
    " ": (2, {"playing": True}),
    "ArrowUp": (7, {"at": 2}),
    "ArrowDown": (2, {"at": 3}),
    "b": (1, {"at": 4}),
    "+": (2, {"scale": 1.25}),
    "=": (2, {"scale": 1.25}),
    "-": (2, {"scale": 0.8}),
    "0": (2, {}),
    "p": (5, {"predicting": True, "asking": True}),
    "?": (2, {"helping": True}),
}
ELSEWHERE = {"u"}
"""Keys for pages of another kind, which have tests of their own below."""

CONTROLS = {
    "#first": (5, {"at": 1}),
    "#back": (5, {"at": 4}),
    "#play": (2, {"playing": True}),
    "#next": (5, {"at": 6}),
    "#last": (2, {"at": 8}),
    "#in": (2, {"scale": 1.25}),
    "#out": (2, {"scale": 0.8}),
    "#fit": (2, {}),
    "#predict": (5, {"predicting": True, "asking": True}),
    "#ask": (2, {"helping": True}),
    "#phases .forward": (5, {"at": 1}),
    "#phases .backward": (1, {"at": 4}),
}
OTHERS = {"#scrub", "#speed", "#guess", "#check", "#show", "#close"}
"""Controls that a click alone does not explain; each has a test of its own below."""


def state(page):
    return page.evaluate(STATE)


def check(before, after, change):
    """Everything is as it was but for `change`; a scale is a factor."""
    scale = before["scale"] * change.get("scale", 1)
    assert after["scale"] == pytest.approx(scale, rel=1e-3)
    assert after | {"scale": 0} == before | change | {"scale": 0}


def wait(page, holds):
    """Until it holds, at most five seconds."""
    for _ in range(100):
        if holds(state(page)):
            return
        page.wait_for_timeout(50)
    raise AssertionError(state(page))


@pytest.mark.parametrize("key", KEYS)
def test_each_key(visit, circuit_page, key):
    start, change = KEYS[key]
    page = visit(circuit_page, start)
    before = state(page)
    page.keyboard.press("Space" if key == " " else key)
    check(before, state(page), change)


@pytest.mark.parametrize("control", CONTROLS)
def test_each_control(visit, circuit_page, control):
    start, change = CONTROLS[control]
    page = visit(circuit_page, start)
    before = state(page)
    page.click(control)
    check(before, state(page), change)


def test_no_key_and_no_control_is_left_out(visit, circuit_page):
    script = files("autograd.stepper").joinpath("static", "start.js").read_text(encoding="utf-8")
    listed = re.search(r"const keys = \{(.*?)\n\};", script, re.S)[1]
    keys = re.findall(r'^  "?([^":]+)"?:', listed, re.M)
    assert set(keys) == {*KEYS, *ELSEWHERE}
    page = visit(circuit_page)
    ids = page.evaluate(
        "[...document.querySelectorAll(':is(button, input, select)[id]')].map(e => e.id)"
    )
    named = {control for control in CONTROLS if " " not in control}
    assert {f"#{name}" for name in ids} == named | OTHERS
    assert page.locator("#phases button").count() == 2


def test_the_help_names_every_key(visit, training_page):
    page = visit(training_page)
    page.keyboard.press("?")
    said = set(" ".join(page.locator("#help dt").all_inner_texts()).split())
    names = {"ArrowLeft": "←", "ArrowRight": "→", "ArrowUp": "↑", "ArrowDown": "↓", " ": "Space"}
    names |= {"-": "−"}
    for key in {*KEYS, *ELSEWHERE} - {"="}:
        assert names.get(key, key.upper() if len(key) == 1 else key) in said, key


def test_u_goes_to_the_update(visit, training_page):
    page = visit(training_page)
    starts = [
        int(part)
        for part in page.locator("#phases .update").evaluate_all("a => a.map(b => b.value)")
    ]
    for key in "uU":
        page.keyboard.press(key)
        assert state(page)["at"] == starts.pop(0)
    assert page.get_attribute("body", "data-phase") == "update"


def test_fit_shows_the_whole_picture_again(visit, circuit_page):
    page = visit(circuit_page)
    before = state(page)
    for press in ("+", "+", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(press)
    assert state(page)["scale"] > 1.5 * before["scale"]
    page.keyboard.press("0")
    check(before, state(page), {})
    page.click("#in")
    page.click("#fit")
    check(before, state(page), {})


def test_the_wheel_zooms_with_control_only(visit, circuit_page):
    page = visit(circuit_page)
    before = state(page)
    page.mouse.move(640, 300)
    page.mouse.wheel(0, -150)
    page.wait_for_timeout(200)
    check(before, state(page), {})
    page.keyboard.down("Control")
    page.mouse.wheel(0, -150)
    page.keyboard.up("Control")
    wait(page, lambda now: now["scale"] > 1.3 * before["scale"])


def test_the_speed_holds_at_once_and_while_it_plays(visit, circuit_page):
    page = visit(circuit_page)
    page.select_option("#speed", "0.5")
    page.click("#play")
    page.wait_for_timeout(1500)
    assert state(page)["at"] == 1, "a step takes 2.8 seconds"
    page.select_option("#speed", "4")
    wait(page, lambda now: now["at"] >= 3)
    assert state(page)["playing"]


def test_what_plays_stops_where_a_person_takes_over(visit, circuit_page):
    page = visit(circuit_page)
    for act in (
        lambda: page.keyboard.press("ArrowRight"),
        lambda: page.click("#last"),
        lambda: page.click("#steps tbody tr >> nth=2"),
        lambda: page.locator("#scrub").fill("2"),
    ):
        page.click("#play")
        assert state(page)["playing"]
        act()
        assert not state(page)["playing"]


def test_at_the_end_play_begins_again(visit, circuit_page):
    page = visit(circuit_page, 8)
    page.keyboard.press("Space")
    assert state(page) | {"scale": 0} == state(page) | {"at": 1, "playing": True, "scale": 0}


def test_space_on_a_button_presses_that_button_only(visit, circuit_page):
    page = visit(circuit_page, 2)
    page.locator("#next").focus()
    page.keyboard.press("Space")
    assert state(page)["at"] == 3
    assert not state(page)["playing"]
    page.keyboard.press("Enter")
    assert state(page)["at"] == 4


def test_a_line_of_code_takes_space_too(visit, circuit_page):
    page = visit(circuit_page)
    page.locator(".line.step").last.focus()
    page.keyboard.press("Space")
    assert state(page)["at"] == 3
    assert not state(page)["playing"]


def test_the_keys_of_a_list_and_of_a_field_are_their_own(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.locator("#speed").focus()
    page.keyboard.press("End")
    assert state(page)["at"] == 5
    assert page.input_value("#speed") == "4"
    page.keyboard.press("Escape")
    page.locator("#speed").blur()
    page.keyboard.press("p")
    page.locator("#guess").focus()
    page.keyboard.type("b0p-=?+")
    assert page.input_value("#guess") == "b0p-=?+"
    page.keyboard.press("ArrowLeft")
    assert state(page)["asking"]
    page.fill("#guess", "")
    page.keyboard.press("ArrowRight")
    assert state(page)["at"] == 6, "an empty field needs no arrow keys"


def test_check_and_show(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.click("#predict")
    page.fill("#guess", "7")
    page.click("#check")
    assert "Not yet" in page.text_content("#verdict")
    page.click("#show")
    assert not state(page)["asking"]
    assert page.inner_text("#now") == "-4.0"


def test_while_the_keys_are_explained_only_their_key_works(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.keyboard.press("?")
    for key in (*KEYS.keys() - {"?", " "}, "u"):
        page.keyboard.press(key)
    assert state(page)["at"] == 5
    page.keyboard.press("?")
    assert not state(page)["helping"]
    page.click("#ask")
    page.click("#close")
    assert not state(page)["helping"]


def test_every_control_is_reached_with_tab_and_left_again(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.keyboard.press("p")
    page.evaluate("document.activeElement.blur()")
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.className")
        if name in reached[:1]:
            break
        reached.append(name)
    wanted = {control[1:] for control in {*CONTROLS, *OTHERS} if " " not in control}
    assert wanted - {"close"} <= set(reached), wanted - set(reached)
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


def test_paper_shows_the_end_and_leaves_the_reader_where_she_was(visit, circuit_page):
    page = visit(circuit_page, 3)
    page.evaluate(
        """addEventListener("beforeprint", () => {
            window.printed = document.getElementById("scrub").value;
        })"""
    )
    paper = page.pdf()
    assert paper.startswith(b"%PDF")
    assert page.evaluate("window.printed") == "8"
    assert state(page)["at"] == 3


def test_a_link_to_no_step_is_ignored(visit, circuit_page):
    assert state(visit(circuit_page, "0"))["at"] == 1
    assert state(visit(circuit_page, "99"))["at"] == 1
    assert state(visit(circuit_page, "8"))["at"] == 8
