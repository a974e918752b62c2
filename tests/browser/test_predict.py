"""Predict: the next gradient is hidden until it has been said."""

from __future__ import annotations

import pytest

import autograd as ag

pytestmark = pytest.mark.browser


@pytest.fixture
def sums(tmp_path):
    """Three paths to x: 2 · 3, then twice 3 · 1."""
    x = ag.tensor(3.0, requires_grad=True, name="x")
    a = 2 * x
    f = a * -4 + x
    return f.step_through(predict=True).save(tmp_path / "sums.html")


def shown(page):
    """What the box of x says of its gradient."""
    return page.text_content("#graph [data-value='1'] .grad, #graph .input .grad")


def answer(page, text):
    page.fill("#guess", text)
    page.press("#guess", "Enter")
    return page.text_content("#verdict")


def test_a_gradient_is_asked_for_and_hidden(visit, circuit_page, scheme):
    page = visit(circuit_page, 4, color_scheme=scheme)
    page.keyboard.press("p")
    assert page.is_hidden("#quiz"), "the gradient to start from is no question"
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#quiz")
    assert page.inner_text("#asked") == "∂f/∂q"
    assert page.locator("#ledger, #plain").evaluate_all("all => all.map(e => e.offsetHeight)") == [
        0,
        0,
    ]
    assert "-4" not in page.inner_text("#explain")
    assert page.text_content("#graph [data-value='2'] .grad") == "grad ?"
    assert page.evaluate("getComputedStyle(document.querySelector('#all')).visibility") == "hidden"


def test_what_is_wrong_with_an_answer_is_said(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.click("#predict")
    assert "Type a number" in answer(page, "")
    assert "Type a number" in answer(page, "four")
    assert "Wrong sign" in answer(page, "4")
    assert "Forgot the local" in answer(page, "1.0")
    assert "Not yet" in answer(page, "17")
    answer(page, "−4,0")
    assert page.inner_text("#say").startswith("Right: -4 × 1 = -4. When q moves")
    assert page.is_visible("#ledger")
    assert page.text_content("#graph [data-value='2'] .grad") == "grad -4.0000"
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#asked") == "∂f/∂z"
    answer(page, "9/3")
    assert page.inner_text("#say").startswith("Right")


def test_what_was_there_before_is_added(visit, sums):
    page = visit(sums, 1)
    assert page.get_attribute("#predict", "aria-pressed") == "true"
    while "path 2" not in page.inner_text("h1"):
        page.keyboard.press("ArrowRight")
    assert "Forgot to add" in answer(page, "-8")
    assert "1 was there before" in page.text_content("#verdict")
    answer(page, "-7")
    assert page.inner_text("#say").startswith("Right: 1 + 2 × -4 = -7.")


def test_leaving_shows_and_the_key_turns_it_off(visit, circuit_page):
    page = visit(circuit_page, 5)
    page.keyboard.press("P")
    page.click("#show")
    assert page.inner_text("#now") == "-4.0"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#asked") == "∂f/∂x"
    assert page.text_content("#graph [data-value='3'] .grad") == "grad +3.0000"
    page.click("#predict")
    assert page.is_hidden("#quiz")
    assert page.inner_text("#now") == "-4.0"
    page.keyboard.press("ArrowRight")
    assert page.is_hidden("#quiz")


def test_play_waits_for_an_answer(visit, circuit_page):
    page = visit(circuit_page, 4)
    page.click("#predict")
    page.select_option("#speed", "4")
    page.click("#play")
    page.wait_for_timeout(1500)
    assert page.inner_text("#asked") == "∂f/∂q"
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_a_proof_stands_beside_the_gradient(visit, circuit_page):
    page = visit(circuit_page, 6)
    assert page.inner_text("#proof").startswith("Proof: z ± h")
    page.keyboard.press("Home")
    assert page.text_content("#proof") == ""
