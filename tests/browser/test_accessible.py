"""axe-core finds nothing wrong with any page, in either scheme, at any kind of step."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.browser

KINDS = """() => [...document.querySelectorAll("#steps tbody tr")].map(row => [
    row.dataset.phase, row.className, "op" in row.dataset, "event" in row.dataset,
    "ask" in row.dataset, "line" in row.dataset, !!row.querySelector(".proof"),
    / path \\d/.test(row.querySelector(".title").textContent),
].join(" "))"""
"""What sets steps apart: phase, operation, event, question, line, proof, one of several paths."""


def to(page, number):
    page.evaluate("to => { location.hash = to }", f"#{number}")
    page.wait_for_timeout(50)
    assert page.input_value("#scrub") == str(number)


def kinds(page):
    """The first step of each kind."""
    found = {}
    for number, kind in enumerate(page.evaluate(KINDS), 1):
        found.setdefault(kind, number)
    return list(found.values())


def two_layers():
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x, t = ag.tensor([[0.5, -1.0]], name="x"), ag.tensor([[1.0]], name="t")
    with ag.record():
        y = model(x)
        return ((y - t) ** 2).sum()


def lstm():
    ag.manual_seed(0)
    cell = nn.LSTMCell(2, 3, bias=False)
    h, c = ag.tensor(np.zeros(3), name="h0"), ag.tensor(np.zeros(3), name="c0")
    for t in range(1, 3):
        with ag.scope("t", step=t):
            x = ag.tensor([0.5 * t, -1.0], name=f"x{t}")
            h, c = cell(x, (h, c))
    return h.sum()


def sums():
    """Two paths to x, one number each."""
    x = ag.tensor(3.0, requires_grad=True, name="x")
    a = 2 * x
    return a * -4 + x


@pytest.fixture(scope="module", params=[two_layers, sums], ids=lambda f: f.__name__)
def page_of(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    return request.param().step_through().save(folder / "page.html")


def test_the_circuit_at_every_step(visit, audit, circuit_page, scheme):
    page = visit(circuit_page, color_scheme=scheme)
    for number in range(1, 9):
        to(page, number)
        audit(page)


def test_every_kind_of_step(visit, audit, page_of, scheme):
    page = visit(page_of, color_scheme=scheme)
    for number in kinds(page):
        to(page, number)
        audit(page)


def test_a_training(visit, audit, training_page, scheme):
    page = visit(training_page, color_scheme=scheme)
    phases = set()
    for number in kinds(page):
        to(page, number)
        phases.add(page.get_attribute("body", "data-phase"))
        audit(page)
    assert phases == {"forward", "backward", "update"}


def test_a_question_its_answers_and_the_help(visit, audit, circuit_page, scheme):
    page = visit(circuit_page, 5, color_scheme=scheme)
    page.keyboard.press("p")
    audit(page)
    page.fill("#guess", "4")
    page.press("#guess", "Enter")
    assert "Wrong sign" in page.text_content("#verdict")
    audit(page)
    page.fill("#guess", "-4")
    page.press("#guess", "Enter")
    audit(page)
    page.click("#ask")
    audit(page)


def test_columns_of_time(visit, audit, tmp_path, scheme):
    page = visit(lstm().step_through().save(tmp_path / "lstm.html"), color_scheme=scheme)
    to(page, len(page.evaluate(KINDS)))
    audit(page)


def test_a_narrow_screen(visit, audit, page_of):
    page = visit(page_of, viewport={"width": 420, "height": 800})
    to(page, len(page.evaluate(KINDS)))
    audit(page)


def test_a_notebook_cell_and_its_frame(visit, audit, circuit, tmp_path, scheme):
    cell = circuit.step_through()._repr_html_()
    start = "<!DOCTYPE html><html lang='en'><title>cell</title><main><h1>A notebook</h1>"
    (tmp_path / "cell.html").write_text(start + cell, encoding="utf-8")
    page = visit(tmp_path / "cell.html", color_scheme=scheme)
    assert len(page.frames) == 2
    audit(page)
