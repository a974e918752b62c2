"""Products of vectors, matrices and tensors, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.ops.affine import addbmm, addmm, addmv, addr, baddbmm
from autograd.ops.chains import inner, multi_dot, tensordot
from autograd.ops.einstein import einsum
from autograd.ops.products import bmm, cross, dot, kron, mm, mv, outer, trace, vdot, vecdot


def normal(*shapes):
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


EQUATIONS = [
    ("ii->", (3, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ij->j", (2, 3)),
    ("ij->", (2, 3)),
    ("ji", (2, 3)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("ij,k->k", (2, 3), (4,)),
    ("ii,jj->ij", (3, 3), (2, 2)),
    ("iij,jk->ik", (2, 2, 3), (3, 2)),
    ("iii->i", (3, 3, 3)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)),
    ("...,...", (2, 3), (3,)),
    ("i...->...", (2, 3, 4)),
    ("...i->...", (2, 3)),
    ("...ii->...i", (2, 3, 3)),
    ("i...j,j...k", (2, 5, 3), (3, 5, 2)),
    ("a,b,c->abc", (2,), (3,), (2,)),
    ("ij,jk,kl,lm->im", (2, 3), (3, 2), (2, 4), (4, 2)),
    ("i,i,i->", (3,), (3,), (3,)),
    ("bi,ii,bj->j", (2, 3), (3, 3), (2, 4)),
    ("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 5, 4)),
    ("ij,ij->ij", (1, 3), (2, 3)),
    ("ij,ij->", (2, 1), (2, 3)),
    ("Ab,bA", (2, 3), (3, 2)),
    ("zA,Ab", (2, 3), (3, 2)),
    ("ij,", (2, 3), ()),
    (",->", (), ()),
    ("->", ()),
    (" i j , j k -> i k ", (2, 3), (3, 2)),
    ("ij,jk->ik", (40, 30), (30, 40)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 2)),
]


@pytest.mark.parametrize(("equation", "shapes"), [(e[0], e[1:]) for e in EQUATIONS])
def test_einstein_sums_are_numpys(equation, shapes):
    operands = normal(*shapes)
    np.testing.assert_allclose(einsum(equation, *operands), np.einsum(equation, *operands))
    tensors = [ag.tensor(x, requires_grad=True) for x in operands]
    if max(x.size for x in operands) < 100:
        assert ag.gradcheck(lambda *xs: einsum(equation, *xs), tensors)
        assert ag.gradgradcheck(lambda *xs: einsum(equation, *xs), tensors)


def test_a_tensor_may_appear_twice():
    (a,) = normal((3, 3))
    x = ag.tensor(a, requires_grad=True)
    einsum("ij,jk->ik", x, x).sum().backward()
    y = ag.tensor(a, requires_grad=True)
    (y @ y).sum().backward()
    np.testing.assert_allclose(x.grad.data, y.grad.data)


def test_operands_come_as_a_list_and_dimensions_as_numbers():
    a, b = normal((2, 3), (3, 4))
    np.testing.assert_allclose(einsum("ij,jk", [a, b]), a @ b)
    np.testing.assert_allclose(einsum(a, [0, 1], b, [1, 2], [2, 0]), (a @ b).T)
    np.testing.assert_allclose(einsum(a, [0, 30], b, [30, 2]), a @ b)
    np.testing.assert_allclose(einsum(a, [..., 1], [...]), a.sum(1))


def test_sums_in_an_einstein_sum_are_accurate():
    x = np.full((1_000_000, 2), 0.1, np.float32)
    np.testing.assert_allclose(einsum("ij->j", x), 1e5, rtol=1e-6)
    np.testing.assert_allclose(einsum("ij,k->k", x, np.ones(2, np.float32)), 2e5, rtol=1e-6)


def test_only_one_node_is_drawn_for_an_einstein_sum():
    x, y = (ag.tensor(a, requires_grad=True) for a in normal((2, 3), (3, 2)))
    node = einsum("ij,jk->ki", x, y).node
    assert node.op.symbol == "einsum"
    assert [operand is t for operand, t in zip(node.operands, (x, y), strict=True)] == [True] * 2


def test_products_by_name():
    m, n, v, w = normal((2, 3), (3, 4), (3,), (2,))
    s, r = normal((2, 2, 3), (2, 3, 4))
    np.testing.assert_allclose(mm(m, n), m @ n)
    np.testing.assert_allclose(bmm(s, r), s @ r)
    np.testing.assert_allclose(mv(m, v), m @ v)
    np.testing.assert_allclose(dot(v, v), v @ v)
    np.testing.assert_allclose(vdot(v, v), v @ v)
    np.testing.assert_allclose(outer(v, w), np.outer(v, w))
    np.testing.assert_allclose(vecdot(m, v), m @ v)
    np.testing.assert_allclose(vecdot(m.T, v[:, None], dim=0), m @ v)
    np.testing.assert_allclose(cross(m, v), np.cross(m, v))
    np.testing.assert_allclose(cross(m.T, n[:, :2], dim=0), np.cross(m.T, n[:, :2], axis=0))
    np.testing.assert_allclose(trace(m), np.trace(m))
    assert trace(ag.tensor(np.arange(4).reshape(2, 2))).dtype == np.int64
    assert ag.tensor(v).ger(ag.tensor(w)).shape == (3, 2)


@pytest.mark.parametrize(
    ("x", "y"), [((2, 3), (4, 2)), ((2,), (3, 2)), ((2, 2, 2), (3, 2)), ((), (2,)), ((2, 2), ())]
)
def test_kronecker_products_are_numpys(x, y):
    a, b = normal(x, y)
    np.testing.assert_allclose(kron(a, b), np.kron(a, b))


@pytest.mark.parametrize(
    ("x", "y"), [((3,), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (3,)), ((), (3,)), ((2,), ())]
)
def test_inner_products_are_numpys(x, y):
    a, b = normal(x, y)
    np.testing.assert_allclose(inner(a, b), np.inner(a, b))


@pytest.mark.parametrize(
    ("x", "y", "dims"),
    [
        ((2, 3, 4), (3, 4, 2), 2),
        ((2, 3), (3, 4), 1),
        ((2,), (3,), 0),
        ((2, 3, 4), (3, 2), ([1, 0], [0, 1])),
        ((2, 3), (4, 2), (0, 1)),
        ((2, 3), (4, 3), ([-1], [-1])),
    ],
)
def test_tensor_products_are_numpys(x, y, dims):
    a, b = normal(x, y)
    np.testing.assert_allclose(tensordot(a, b, dims), np.tensordot(a, b, dims))
    found = np.tensordot(ag.tensor(a, requires_grad=True), b, axes=dims)
    np.testing.assert_allclose(found.data, np.tensordot(a, b, dims))
    assert found.requires_grad


@pytest.mark.parametrize("dims", [3, ([0], [0, 1])])
def test_dimensions_that_cannot_meet_are_refused(dims):
    with pytest.raises(ag.ShapeError, match="cannot meet"):
        tensordot(np.ones((2, 2)), np.ones((2, 2)), dims)


def test_letters_run_out():
    with pytest.raises(ag.ShapeError, match="than letters"):
        einsum("ABCDEFGHIJKLMNOPQRSTUVWXYZ...,abcdefghijklmnopqrstuvwxyz", np.ones((1,) * 27), 1.0)


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3), (3, 4)),
        ((10, 2), (2, 30), (30, 3)),
        ((3,), (3, 4), (4, 2), (2,)),
        ((3,), (3, 4)),
        ((4, 3), (3,)),
        ((2, 3), (3, 4), (4, 5), (5, 1), (1, 3)),
    ],
)
def test_chains_of_products(shapes):
    factors = normal(*shapes)
    expected = factors[0]
    for factor in factors[1:]:
        expected = expected @ factor
    np.testing.assert_allclose(multi_dot(factors), expected)


def test_a_chain_is_multiplied_in_the_cheapest_order():
    x, y, v = (ag.tensor(a, requires_grad=True) for a in normal((20, 20), (20, 20), (20,)))
    left, right = multi_dot([x, y, v]).node.operands
    assert left is x
    assert right.value.shape == (20,)


@pytest.mark.parametrize("options", [{}, {"beta": 0.5, "alpha": 2.0}, {"beta": 0}, {"alpha": 0}])
def test_sums_with_products(options):
    beta, alpha = options.get("beta", 1), options.get("alpha", 1)
    c, m, n, v, w = normal((2, 4), (2, 3), (3, 4), (3,), (2,))
    s, r = normal((5, 2, 3), (5, 3, 4))
    row, column = c[0], c[:, 0]
    np.testing.assert_allclose(addmm(row, m, n, **options), beta * row + alpha * (m @ n))
    np.testing.assert_allclose(baddbmm(c, s, r, **options), beta * c + alpha * (s @ r))
    np.testing.assert_allclose(addbmm(c, s, r, **options), beta * c + alpha * (s @ r).sum(0))
    np.testing.assert_allclose(addmv(column, m, v, **options), beta * column + alpha * (m @ v))
    expected = beta * m + alpha * np.outer(w, v)
    np.testing.assert_allclose(addr(m, w, v, **options), expected)


def test_a_summand_times_zero_does_not_count():
    nothing = np.full((2, 2), np.nan)
    np.testing.assert_array_equal(addmm(nothing, np.eye(2), np.eye(2), beta=0), np.eye(2))


@pytest.mark.parametrize("shape", [(3, 2, 4), (3, 4), (3,)])
def test_a_summand_must_not_stretch_the_product(shape):
    m, n = normal((2, 3), (3, 4))
    with pytest.raises(ag.ShapeError, match="does not broadcast"):
        addmm(np.ones(shape), m, n)


def test_products_take_one_dtype():
    single, double = ag.tensor(np.ones((2, 2), np.float32)), ag.tensor(np.ones((2, 2)))
    for product in (mm, lambda x, y: einsum("ij,jk", x, y), tensordot, lambda x, y: x @ y):
        with pytest.raises(RuntimeError, match="one dtype"):
            product(single, double)
    assert outer(single[0], double[0]).dtype == np.float64


@pytest.mark.parametrize(
    "function",
    [
        lambda x: np.dot(x, x.T),
        lambda x: np.dot(x, x[0]),
        lambda x: np.dot(x, 2.0),
        lambda x: np.vdot(x, x),
        lambda x: np.inner(x, x),
        lambda x: np.outer(x, x[0]),
        lambda x: np.kron(x, x),
        lambda x: np.cross(x, x[0]),
        lambda x: np.trace(x),
        lambda x: np.einsum("ij,kj->ik", x, x, optimize=True),
        lambda x: np.linalg.multi_dot([x, x.T, x]),
        lambda x: np.matmul(x, x.T),
    ],
)
def test_numpys_products_mean_what_they_mean_in_numpy(function):
    (x,) = normal((2, 3))
    found = function(ag.tensor(x, requires_grad=True))
    assert found.requires_grad
    np.testing.assert_allclose(found.data, function(x))


def test_numpys_product_of_stacks_is_explained():
    x = ag.tensor(np.ones((2, 2, 2)))
    with pytest.raises(ag.ShapeError, match="tensordot"):
        np.dot(x, x)


@pytest.mark.parametrize("shape", [(3, 2), (2, 2, 2)])
def test_a_transposed_vector_is_a_vector(shape):
    x, v, g = normal(shape, (2,), shape[:-1])
    tensor = ag.tensor(v, requires_grad=True)
    (ag.tensor(x) @ tensor.transpose(0, 0)).backward(ag.tensor(g))
    np.testing.assert_allclose(tensor.grad.data, np.tensordot(g, x, g.ndim))


def test_a_sum_of_no_products_has_an_empty_gradient():
    v = ag.tensor(np.ones(0), requires_grad=True)
    (ag.ones(2, 3, 0) @ v).sum().backward()
    assert v.grad.shape == (0,)
