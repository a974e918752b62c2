"""What a compiled function cannot do is refused with the person's line, and what to write."""

from __future__ import annotations

import matplotlib
import numpy as np
import pytest

import autograd as ag
import nn

matplotlib.use("agg")
from matplotlib import pyplot as plt


def given():
    return ag.tensor([3.0, 1.0, 2.0])


def refused(f, *words):
    """The message, which names the line that says ``# here``."""
    with pytest.raises(ag.StateError) as caught:
        ag.compile(f)(given())
    text = str(caught.value)
    assert "# here" in text or "# here" in text.replace("\n", " ")
    assert "test_refusals.py, line" in text
    for word in words:
        assert word in text
    return text


def element(v):
    z = np.zeros(3)
    z[0] = v.data[1]  # here
    return z


def element_of_tensor(v):
    z = np.zeros(3)
    z[0] = v[1]  # here
    return z


def whole(v):
    z = np.zeros(3)
    z[:] = v.data  # here
    return z


def added(v):
    z = np.zeros(3)
    z += v.data  # here
    return z


def out(v):
    z = np.empty(3)
    np.multiply(v.data, 2, out=z)  # here
    return z


def copied_to(v):
    z = np.empty(3)
    np.copyto(z, v.data)  # here
    return z


@pytest.mark.parametrize("f", [element, element_of_tensor, whole, added, out, copied_to])
def test_writing_into_a_plain_array(f):
    refused(f, "writes into a plain array", "z = ag.zeros(3)", "np.zeros_like(x.data)", "ag.stack")


def test_what_the_advice_says_works():
    def tensor(v):
        z = ag.zeros(3)
        z[0] = v[1]
        return z

    def like_one(v):
        z = np.zeros_like(v.data)
        z[0] = v.data[1]
        return ag.tensor(z)

    for f in (tensor, like_one):
        np.testing.assert_array_equal(ag.compile(f)(given()).data, [1.0, 0.0, 0.0])


def test_joining_by_numpy():
    text = refused(lambda v: np.array([v.data[0], 1.0]), "np.stack")  # here
    assert "as a NumPy array" in text


@pytest.mark.parametrize(
    "f",
    [
        lambda v: ag.derive(lambda: (v * v).sum()),  # here
        lambda v: ag.derive(lambda u: (u * u).sum(), v),  # here
        lambda v: ag.compile(lambda u: u * u).trace(v),  # here
        lambda v: ag.compile(lambda u: u * u).source,  # here
        lambda v: ag.compile(lambda u: u * u).graph(),  # here
    ],
)
def test_asking_for_a_source_inside(f):
    refused(f, "asks for what another one was written as", "Ask outside")


def test_compiled_functions_inside_run():
    def f(v):
        return ag.compile(lambda u: ag.exp(u).sum())(v) * 2

    np.testing.assert_array_equal(ag.compile(f)(given()).data, f(given()).data)


def _gradcheck(v):
    u = v.detach().clone().requires_grad_()
    return ag.gradcheck(lambda u: (u * u).sum(), (u,))  # here


@pytest.mark.parametrize(
    ("f", "what"),
    [
        (_gradcheck, "gradcheck"),
        (lambda v: (v * 2).sum().graph(), "graph"),  # here
        (lambda v: (v * 2).sum().step_through(), "step_through"),  # here
        (lambda v: ag.steps((v * 2).sum()), "steps"),  # here
        (lambda v: plt.plot(v.numpy()), "plot"),  # here
        (lambda v: plt.imshow(v.numpy().reshape(1, 3)), "imshow"),  # here
        (lambda v: ag.full((2,), v.sum()), "full"),  # here
        (lambda v: ag.arange(v.sum()), "arange"),  # here
    ],
)
def test_a_library_that_reads_is_named(f, what):
    refused(f, f"({what} does it)", f"Call {what} outside")
    plt.close("all")


def _printed(v):
    print(v)  # here


@pytest.mark.parametrize(
    "f",
    [
        _printed,
        lambda v: f"{v}",  # here
        lambda v: f"{v.data}",  # here
        lambda v: f"{v.data.sum():.2f}",  # here
        lambda v: str(v.data),  # here
        lambda v: [repr(v.data)],  # here
    ],
)
def test_making_a_text(f):
    refused(f, "by print(), str() or repr()", "read it outside")


@pytest.mark.parametrize(
    "f",
    [
        lambda v: f"{v.sum():.2f}",  # here
        lambda v: v.tolist(),  # here
        lambda v: np.asarray(v),  # here
        lambda v: [float(t) for t in v],  # here
        lambda v: max(v),  # here
        lambda v: 2.0 in v,  # here
        lambda v: bytes(v.data),  # here
        lambda v: v.data.real,  # here
        lambda v: v if v.sum() else 1,  # here
    ],
)
def test_reading(f):
    refused(f, "reads a value", "read it outside")


def test_lengths_and_iteration_work():
    def f(v):
        assert len(v) == len(v.data) == 3
        return sum((t * i for i, t in enumerate(v)), ag.tensor(0.0))

    assert ag.compile(f)(given()).item() == 5.0


def test_a_tensor_as_a_key_is_refused():
    with pytest.raises(ag.StateError, match="a dict with a tensor of its own as a key"):
        ag.compile(lambda v: {v.sum(): 1})(given())


def test_an_array_is_one_to_those_who_ask():
    def f(v, x):
        assert isinstance(x, np.ndarray)
        assert isinstance(v.data.sum(), float)
        return ag.tensor(x) if isinstance(x, np.ndarray) else v

    np.testing.assert_array_equal(ag.compile(f)(given(), np.ones(2)).data, np.ones(2))


def test_rows_are_not_shuffled_by_a_generator_that_knows_no_traced_arrays():
    def f(v):
        rows = ag.stack([v, v * 2, v * 3])
        np.random.default_rng(0).shuffle(rows.data)  # here
        return rows

    with pytest.warns(UserWarning, match="shuffling a"):
        refused(f, "shuffles in place", "rng.permutation")


def test_swapping_rows_as_python_does_it_works():
    def f(v):
        rows = ag.stack([v, v * 2, v * 3]).data
        rows[[0, 1]] = rows[[1, 0]]
        rows[2] = rows[0]
        return ag.tensor(rows)

    np.testing.assert_array_equal(ag.compile(f)(given()).data, f(given()).data)


def test_not_a_number_is_replaced_in_place():
    def f(v, copy):
        found = np.nan_to_num(v.data, copy=copy)
        np.nan_to_num(v.data, copy)
        return ag.tensor(found), v * 1

    compiled = ag.compile(f)
    for copy in (False, True):
        for numbers in ([np.nan, 1.0], [2.0, np.nan]):
            one, two = ag.tensor(numbers), ag.tensor(numbers)
            for ours, theirs in zip(compiled(one, copy), f(two, copy), strict=True):
                np.testing.assert_array_equal(ours.data, theirs.data)
            np.testing.assert_array_equal(one.data, two.data)


def test_rounding():
    def f(v):
        return round(v.data.sum(), 1)

    assert ag.compile(f)(given() / 7) == f(given() / 7)
    refused(lambda v: round(v.data.sum()), "by round()")  # here


def test_attributes_of_what_was_compiled():
    step = ag.compile(nn.Linear(3, 2))
    with pytest.raises(AttributeError, match=r"step\.function\.parameters"):
        step.parameters()
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'\.$"):
        _ = step.nonsense
    assert len(list(step.function.parameters())) == 2
