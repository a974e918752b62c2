"""The notes that heat maps are drawn from: which tensor, its numbers, and what the caption says."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import pytest

import autograd as ag
import optim
from autograd.stepper import assets

NOTE = re.compile(r'<tr data-phase="(\w+)".*?data-heat="([^"]*)">([^<]*)</small>')


def notes(stepper):
    """Phase, numbers and caption of each step that has a heat map."""
    page = stepper.html()
    rows = [row for row in page.split("\n") if row.startswith("<tr") and " data-heat=" in row]
    found = [NOTE.search(row).groups() for row in rows]
    return [(phase, numbers, unescape(said)) for phase, numbers, said in found]


def leaf(value, name="x"):
    return ag.tensor(value, requires_grad=True, name=name)


def named(made, name):
    made.name = name
    return made


def test_the_value_made_then_the_gradient_by_now():
    x = leaf([1.0, -2.0, 3.0])
    y = named(x * x, "y")
    assert notes(y.sum().step_through()) == [
        ("forward", "1 3 1 4 9", "y, 3 elements, from 1.0 to 9.0"),
        ("backward", "1 3 1 1 1", "gradient of y, 3 elements, all 1.0"),
        ("backward", "1 3 1 -2 3", "gradient of x, 3 elements, from −2.0 to 3.0"),
        ("backward", "1 3 2 -4 6", "gradient of x, 3 elements, from −4.0 to 6.0"),
    ]


def test_the_new_value_of_an_update():
    w = leaf([[1.0, -2.0], [0.5, 0.123456]], "w")
    optimizer = optim.SGD([w], lr=0.5)
    with ag.record() as tape:
        w.sum().backward()
        optimizer.step()
    last = notes(tape.step_through())[-1]
    assert last == ("update", "2 2 0.5 -2.5 0 -0.377", "w, 2×2, from −2.5 to 0.5")


@pytest.mark.parametrize(("size", "count"), [(1, 0), (2, 1), (256, 1), (257, 0)])
def test_only_what_can_be_seen(size, count):
    made = leaf(np.linspace(-1, 1, size)).tanh()
    assert len([n for n in notes(made.step_through(backward=False)) if n[0] == "forward"]) == count


def test_scalars_have_none_and_their_page_has_no_script_for_it(circuit):
    page = circuit.step_through().html()
    assert "heat" not in page
    assert assets.deflated(assets.page_script()) in page


def test_of_more_than_two_dimensions_each_slice_is_a_grid():
    said = notes(leaf(np.arange(24.0).reshape(2, 1, 3, 4)).exp().step_through(backward=False))
    _, numbers, caption = said[0]
    assert numbers.split()[:4] == ["3", "4", "1", "2.72"]
    assert len(numbers.split()) == 2 + 24
    assert "2×1×3×4 as 2 grids of 3×4, from 1.0 to 9.74e+09" in caption


def test_what_is_not_finite_is_said():
    x = leaf([0.0, -np.inf, np.nan, 2.0])
    (_, numbers, said), *_ = notes(named(x * 2, "y").step_through(backward=False))
    assert numbers == "1 4 0 -inf nan 4"
    assert said == "y, 4 elements, from 0.0 to 4.0, 2 not finite"
    x = leaf([np.inf, np.nan])
    assert notes(named(x * 2, "y").step_through(backward=False))[0][2] == (
        "y, 2 elements, 2 not finite"
    )


def test_whole_numbers_count_as_numbers():
    x = leaf([3.0, 1.0, 2.0])
    order = notes(ag.sort(x)[0].sum().step_through())
    assert order[0][:2] == ("forward", "1 3 1 2 3")


def test_a_hostile_name_stays_text():
    name = '"><script>alert(1)</script>'
    made = named(leaf([1.0, 2.0]) * 2, name)
    page = made.step_through(backward=False).html()
    assert "<script>alert" not in page
    assert notes(made.step_through(backward=False))[0][2].startswith(name)


def test_the_same_bytes_every_time():
    made = leaf([1.0, -2.0]).tanh()
    assert made.step_through().html() == made.step_through().html()
