"""What `step_through` returns: text, files, and a notebook cell's output."""

from __future__ import annotations

import base64
import json
import re

import pytest

import autograd as ag
from autograd.draw import picture as drawing


def test_it_goes_through_its_steps(circuit):
    stepper = circuit.step_through()
    assert isinstance(stepper, ag.Stepper)
    assert len(stepper) == 8
    assert [step.number for step in stepper] == list(range(1, 9))
    assert str(stepper).count("\n\n") == 7
    assert repr(stepper) == str(stepper)


def test_a_long_run_is_cut_where_it_shows_itself():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(60):
        x = x * 1.5
    stepper = x.step_through()
    assert repr(stepper).endswith("more lines; print(…) shows them all")
    assert len(str(stepper)) > len(repr(stepper))


def test_it_saves_a_page_or_text(circuit, tmp_path):
    stepper = circuit.step_through()
    assert stepper.save(tmp_path / "f.html").read_text(encoding="utf-8") == stepper.html()
    assert stepper.save(str(tmp_path / "f.TXT")).read_text(encoding="utf-8") == f"{stepper}\n"
    with pytest.raises(ag.RangeError, match=r"\.html.*\.txt.*graph\(\)\.save"):
        stepper.save(tmp_path / "f.svg")
    with pytest.raises(ag.RangeError, match="no folder"):
        stepper.save(tmp_path / "missing" / "f.html")


def test_a_cell_is_an_image_and_a_script_that_replaces_it(circuit):
    stepper = circuit.step_through(title="A <title>")
    bundle = stepper._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    cell = bundle["text/html"]
    image = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', cell)[1]
    assert base64.b64decode(image).decode().startswith("<svg")
    assert 'setAttribute("sandbox","allow-scripts")' in cell
    page = re.search(r"frame\.srcdoc=(\".*?[^\\]\");box", cell, re.S)[1]
    assert json.loads(page) == stepper.html()


def test_a_cell_has_one_script_that_no_text_can_end():
    x = ag.tensor(1.0, requires_grad=True, name="</script><b>")
    cell = (x * x).step_through(title="</script>\u2028")._repr_html_()
    assert cell.lower().count("<script") == cell.lower().count("</script") == 1
    assert cell.endswith("</script></div>")
    assert "\u2028" not in cell


def test_without_a_layout_engine_the_text_remains(circuit, monkeypatch):
    def none(view):
        raise ag.MissingPackageError("Install pygraphviz or Graphviz <here>.")

    monkeypatch.setattr(drawing, "lay_out", none)
    stepper = circuit.step_through()
    with pytest.raises(ag.MissingPackageError, match="pygraphviz"):
        stepper.html()
    shown = stepper._repr_html_()
    assert "&lt;here&gt;" in shown
    assert "∂f/∂x += 1 × ∂f/∂q" in shown
    assert "Gradient of x" in str(stepper)


@pytest.mark.parametrize("height", [0, 10_000, "640", 640.0, True])
def test_the_height_is_a_number_of_pixels(circuit, height):
    with pytest.raises(ag.RangeError, match="200 to 5000"):
        circuit.step_through(height=height)


def test_a_new_operation_can_be_stepped_through():
    @ag.primitive(
        symbol="⋈",
        formula="bow(x)",
        d=("2 * x",),
        lesson="A bow hands on the gradient times twice its operand.",
        samples=lambda draw: [ag.call(draw())],
    )
    def bow(x):
        """x²."""
        return x * x

    try:
        x = ag.tensor(3.0, requires_grad=True, name="x")
        f = bow(x)
        last = f.step_through().steps[-1]
        assert last.title == "Gradient of x, through ⋈"
        assert last.equation.text == "∂f/∂x += 2 · x × ∂f/∂f = 6.0 × 1.0 = 6.0"
        assert last.lesson.startswith("A bow")
        assert "⋈" in f.step_through().html()
    finally:
        ag.unregister("bow")
