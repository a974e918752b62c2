"""Adding an operation is one record in one place: it then appears everywhere by itself."""

from __future__ import annotations

import numpy as np
import pytest
from support import function_of, leaves

import autograd as ag
from autograd import notation
from autograd.core.primitive import Draw


@pytest.fixture
def cube():
    @ag.primitive(
        symbol="³",
        formula="x**3",
        d=("3 * x**2",),
        lesson="The cube hands on the gradient times three times the square.",
        samples=lambda draw: [ag.call(draw(2, 3)), ag.call(draw())],
        methods=("cube",),
        aliases=("third_power",),
    )
    def cube(x):
        """x³. ∂/∂x = 3x²."""
        return x * x * x

    yield cube
    ag.unregister("cube")


def test_it_is_in_the_api_and_a_method(cube):
    x = ag.tensor(2.0, requires_grad=True, name="x")
    assert ag.cube(x).item() == ag.third_power(x).item() == x.cube().item() == 8
    np.testing.assert_array_equal(ag.cube(np.array([2.0])), [8.0])
    assert "³" in ag.cube.__doc__


def test_it_is_differentiable_to_any_order(cube):
    x = ag.tensor(2.0, requires_grad=True)
    (first,) = ag.grad(x.cube(), x, create_graph=True)
    (second,) = ag.grad(first, x)
    assert (first.item(), second.item()) == (12, 12)


def test_it_is_among_the_generated_tests(cube):
    op = next(op for op in ag.operations() if op.name == "cube")
    for call in op.samples(Draw()):
        assert ag.gradcheck(function_of(op, call), leaves(call))
        assert ag.gradgradcheck(function_of(op, call), leaves(call))


def test_it_is_in_pictures_the_stepper_and_formulas(cube):
    x = ag.tensor(2.0, requires_grad=True, name="x")
    y = x.cube()
    assert "³" in y.graph().to_svg()
    assert "x³" in y.graph().to_text()
    assert "3 · x²" in str(y.step_through())
    assert notation.latex(cube.primitive.formula) == "x^{3}"


def test_a_name_that_is_taken_is_refused(cube):
    for taken in ("cube", "tanh", "concatenate"):
        with pytest.raises(ag.NameTakenError, match="already"):
            ag.primitive(
                name=taken, symbol="?", formula="x", d=("1",), lesson="No.", samples=lambda d: []
            )(lambda x: x)


def test_one_derivative_for_each_operand():
    with pytest.raises(ag.ArgumentError, match=r"2 operand\(s\).*1 derivative"):
        ag.primitive(symbol="?", formula="x", d=("1",), lesson="No.", samples=lambda d: [])(
            lambda x, y: x + y
        )
    assert "<lambda>" not in {op.name for op in ag.operations()}


def test_it_is_gone_after_unregistering():
    assert not hasattr(ag, "cube")
    assert not hasattr(ag.Tensor, "cube")
    with pytest.raises(ag.ArgumentError, match="no operation"):
        ag.unregister("cube")
