"""Formulas as text, LaTeX and MathML."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from autograd import notation


@pytest.mark.parametrize(
    ("formula", "names", "text", "latex"),
    [
        ("x * y", {"x": "q", "y": "z"}, "q · z", r"q \cdot z"),
        ("(x + y) * z", {}, "(x + y) · z", r"\left(x + y\right) \cdot z"),
        ("x - (y - z)", {}, "x − (y − z)", r"x - \left(y - z\right)"),
        ("1 - out**2", {"out": "h"}, "1 − h²", "1 - h^{2}"),
        ("x / (y * z)", {}, "x / (y · z)", r"\frac{x}{y \cdot z}"),
        ("-x**2", {}, "−x²", "-x^{2}"),
        ("(-x)**2", {}, "(−x)²", r"\left(-x\right)^{2}"),
        ("x**(y + 1)", {}, "x^(y + 1)", "x^{y + 1}"),
        ("log(x)", {}, "ln(x)", r"\ln\left(x\right)"),
        ("abs(x) + sqrt(y)", {}, "|x| + sqrt(y)", r"\left|x\right| + \sqrt{y}"),
        ("transpose(x) @ g", {}, "xᵀ @ g", r"x^{\mathsf{T}} \mathbin{@} g"),
        ("out > 0", {}, "[out > 0]", r"\left[\mathrm{out} > 0\right]"),
        ("x * y", {"x": "a + b"}, "(a + b) · y", None),
        ("x[index]", {"index": "0"}, "x[0]", None),
        ("-x", {"x": -3.0}, "−(−3)", None),
    ],
)
def test_forms(formula, names, text, latex):
    assert notation.text(formula, names) == text
    if latex is not None:
        assert notation.latex(formula, names) == latex
    ET.fromstring(notation.mathml(formula, names))


def test_known_numbers_are_filled_in_and_folded():
    power = "y * pow(x, where(y == 0, 0, y - 1))"
    assert notation.text(power, {"y": 3}) == "3 · x²"
    assert notation.text(power, {"y": 2, "x": "w"}) == "2 · w"
    assert notation.text(power, {"y": 1}) == "x⁰"
    assert notation.text(power, {"y": 0}) == "0 · x⁰"
    assert notation.text(power, {"y": 0.5}) == "0.5 · x^(−0.5)"
    assert notation.text("x * y", {"y": float("nan")}) == "x · nan"


def test_words_are_escaped():
    assert notation.words_mathml("a < b") == "<mrow><mtext>a &lt; b</mtext></mrow>"
    assert notation.words_latex("50 % of {x}") == r"\text{50 \% of \{x\}}"


@given(st.text(max_size=30))
def test_any_name_leaves_mathml_well_formed(name):
    ET.fromstring(notation.mathml("x * tanh(x)**2", {"x": notation.clean(name)}))


@given(st.text(max_size=30))
def test_any_text_can_be_a_formula(text):
    assert isinstance(notation.text(text), str)
    notation.latex(text)
    ET.fromstring(notation.mathml(notation.clean(text)))
