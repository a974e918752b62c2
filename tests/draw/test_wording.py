"""Numbers and names as they stand in a picture."""

import math

import numpy as np
import pytest

import autograd as ag
from autograd.core.primitive import REGISTRY
from autograd.draw import wording
from autograd.draw.trace import Numbers, numbers


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.7071067, "+0.7071"),
        (-12.0, "-12.0000"),
        (0.0, "+0.0000"),
        (9999.99, "+9999.9900"),
        (10000.0, "+1.00e+04"),
        (0.001, "+0.0010"),
        (0.00099, "+9.90e-04"),
        (-1e-300, "-1.00e-300"),
        (math.nan, "nan"),
        (math.inf, "+inf"),
        (-math.inf, "-inf"),
        (3, "+3"),
        (10**12, "+1.00e+12"),
        (True, "True"),
    ],
)
def test_numbers(value, written):
    assert wording.number(value) == written


def test_one_element_is_a_number_whatever_its_shape():
    assert wording.value(numbers(np.array([[2.5]]))) == "+2.5000"


def test_many_elements_are_mean_and_spread():
    assert wording.value(numbers(np.array([1.0, 3.0]))) == "+2.0000 ±1.0000"
    assert wording.gradient(numbers(np.array([3.0, 4.0]))) == "‖5.0000‖"


def test_what_is_not_there_is_said():
    assert wording.value(Numbers((400,))) == "not kept"
    assert wording.value(numbers(np.zeros((0, 3)))) == "empty"
    assert wording.gradient(None) == "—"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\nb\tc", "a b c"),
        ("a\ud800b", "ab"),
        ("a\u202eb", "ab"),
        ("a\ufffeb\U0001ffffc", "abc"),
        ("\x1b[31mred", "[31mred"),
        ("שלום", "שלום"),
    ],
)
def test_only_what_can_be_drawn_is_kept(text, kept):
    assert wording.clean(text) == kept


def test_long_labels_are_cut():
    assert wording.clean("x" * 20_000) == "x" * 199 + "…"


def test_fitting_cuts_with_an_ellipsis_and_never_exceeds_the_room():
    for room in range(20, 200, 10):
        fitted = wording.fit("a_rather_long_name_of_a_value", room, 12, bold=True)
        assert wording.width(fitted, 12, bold=True) <= room
    assert wording.fit("x", 100, 12) == "x"


def test_each_of_several_results_has_its_own_formula():
    x = ag.tensor([[1.0, 2.0, 4.0]], requires_grad=True, name="x")
    normal, level, variance = REGISTRY["standardize"].function(x, 1)
    picture = (normal * level * variance).sum().graph(ops="names")
    formulas = ["(x − mean(x)) / sqrt(var(x) + 1e-05)", "mean(x)", "var(x)"]
    assert [value.written for value in picture.trace.values if value.op == 0] == formulas
    names = [box.name for box in picture.view.boxes][1:4]
    assert names == ["(x − mean(x)) / sqrt(v…", "mean(x)", "var(x)"]
    assert "mean(x): f64[1,1]" in picture.to_text()
    assert picture.to_text().count("sqrt(var(x)") == 1


def test_results_without_formulas_of_their_own_are_numbered():
    a, b = ag.unbind(ag.tensor([1.0, 2.0], requires_grad=True, name="x"))
    picture = (a * b).graph(ops="names")
    assert [box.name for box in picture.view.boxes][1:3] == ["unbind(x)[0]", "unbind(x)[1]"]
