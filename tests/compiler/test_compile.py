"""What a compiled function promises: its cache, its errors, and what it may be given."""

from __future__ import annotations

import copy
import pickle
import threading

import numpy as np
import pytest

import autograd as ag

SCALE = ag.tensor(2.0)


def leaf(*numbers):
    return ag.tensor(list(numbers), requires_grad=True)


def test_as_a_decorator_it_keeps_name_and_docstring():
    @ag.compile
    def double(x):
        """Twice x."""
        return x + x

    assert (double.__name__, double.__doc__) == ("double", "Twice x.")
    np.testing.assert_array_equal(double(leaf(1.0, 2.0)).data, [2.0, 4.0])


def test_a_decorator_with_a_limit_warns_by_name_when_kinds_are_too_many():
    @ag.compile(limit=2)
    def total(x):
        return x.sum()

    for size in (1, 2):
        total(ag.tensor(np.ones(size)))
    with pytest.warns(RuntimeWarning, match=r"total was compiled for more than 2 kinds of calls"):
        total(ag.tensor(np.ones(3)))
    assert len(total.variants) == 2


def test_further_kinds_of_calls_are_compiled_ever_more_seldom():
    f = ag.compile(lambda x: x * 2, limit=2)
    f.__name__ = "f"
    f(ag.ones(1)), f(ag.ones(2))
    with pytest.warns(RuntimeWarning, match="f was compiled for more than 2 kinds of calls"):
        f(ag.ones(3))
    for size in range(4, 20):
        assert f(ag.ones(size)).tolist() == [2.0] * size
    assert len(f.variants) == 2
    assert (f._beyond, f.fallbacks) == (17, 0)
    for _ in range(40):  # another phase of the program: this kind is compiled in the end
        f(ag.tensor(np.ones(50)))
    assert f._beyond == 32


@pytest.mark.parametrize("limit", [0, -1, 1.5, None, "8"])
def test_a_limit_is_a_number_from_one_on(limit):
    with pytest.raises(ag.RangeError, match="limit=1 or more kinds of calls"):
        ag.compile(lambda x: x, limit=limit)


def test_what_is_no_function_is_refused():
    with pytest.raises(ag.ArgumentError, match="takes a function"):
        ag.compile(3)


def test_the_source_exists_after_the_first_call():
    f = ag.compile(lambda x: x * x)
    with pytest.raises(ag.StateError, match="has not been called"):
        f.source  # noqa: B018
    f(leaf(1.0, 2.0))
    assert "x * x" in f.source


def _if(x):
    if x.sum() > 1:
        return x
    return -x


READERS = {
    "if": _if,
    "float": lambda x: float(x.sum()),
    "item": lambda x: x.sum().item(),
    "list": lambda x: x.tolist(),
    "int": lambda x: x[int(x.sum())],
    "array": lambda x: np.asarray(x.detach()) + 1,
    "array of its own": lambda x: np.array(x.detach()),
    "str": lambda x: f"{x}",
    "pickle": lambda x: pickle.dumps(x),
    "bytes": lambda x: x.data.tobytes(),
    "and": lambda x: (x > 0).all() and x,
}


@pytest.mark.parametrize("reader", READERS)
def test_reading_a_value_names_the_line_and_a_way_out(reader):
    function = READERS[reader]
    with pytest.raises(ag.StateError) as error:
        ag.compile(function)(leaf(1.0, 2.0))
    said = str(error.value)
    line = function.__code__.co_firstlineno + (reader == "if")
    assert f"test_compile.py, line {line}" in said
    assert "ag.where" in said


def test_an_error_while_tracing_leaves_everything_as_it_was():
    w = leaf(1.0, 2.0)
    data = w.data

    def step(x):
        with ag.no_grad():
            w.copy_(w * 3)
        ag.rand(3)
        return float((w * x).sum())

    ag.manual_seed(0)
    expected = np.random.default_rng(0).random()
    with pytest.raises(ag.StateError):
        ag.compile(step)(leaf(1.0, 1.0))
    assert w.data is data
    np.testing.assert_array_equal(w.data, [1.0, 2.0])
    assert ag.generator().random() == expected


def test_nested_arguments_and_results():
    @ag.compile
    def f(batch, scale, *, names):
        parts = {name: batch[name] * scale for name in names}
        return parts, [parts["a"].sum(), (scale, None)]

    batch = {"a": leaf(1.0, 2.0), "b": ag.tensor([3.0])}
    parts, (total, (scale, nothing)) = f(batch, 2.0, names=("a", "b"))
    np.testing.assert_array_equal(parts["b"].data, [6.0])
    assert (total.item(), scale, nothing) == (6.0, 2.0, None)
    parts, _ = f(batch, 3.0, names=("a",))
    assert list(parts) == ["a"]
    np.testing.assert_array_equal(parts["a"].data, [3.0, 6.0])


def test_containers_of_arguments_are_changed_and_returned_as_those_of_the_call():
    def f(batch, *, log):
        batch["y"] = batch["x"] * 2
        batch.pop("mask")
        log.append(batch["y"].sum())
        return batch, log

    compiled = ag.compile(f)
    for value in (1.0, 5.0):
        batch, log = {"x": leaf(value), "mask": None}, []
        found = compiled(batch, log=log)
        assert found[0] is batch
        assert found[1] is log
        assert list(batch) == ["x", "y"]
        assert [batch["y"].item(), log[0].item()] == [2 * value, 2 * value]
    assert len(compiled.variants) == 1


def test_a_result_that_depends_on_nothing_is_made_anew():
    f = ag.compile(lambda x: (np.arange(3), ag.zeros(2)))
    for _ in range(2):
        counts, zeros = f(leaf(1.0))
        assert (counts.tolist(), zeros.tolist()) == ([0, 1, 2], [0.0, 0.0])
        counts[0], zeros.data[0] = 7, 7.0


class Affine:
    def __init__(self):
        self.w = leaf(2.0, 3.0)

    @ag.compile
    def __call__(self, x):
        return x * self.w


def test_a_method_may_be_compiled():
    one, two = Affine(), Affine()
    two.w.data[...] = 5.0
    for _ in range(2):
        assert one(leaf(1.0, 1.0)).tolist() == [2.0, 3.0]
        assert two(leaf(1.0, 1.0)).tolist() == [5.0, 5.0]


@ag.compile
def _double(x):
    return x * 2.0


def test_a_compiled_function_is_copied_and_pickled_as_a_function_is():
    _double(leaf(1.0))
    assert copy.deepcopy(_double) is _double
    assert pickle.loads(pickle.dumps(_double)) is _double
    other = ag.compile(_double.function)
    other(leaf(1.0))
    twin = copy.deepcopy(other)
    assert twin is not other
    assert twin(leaf(4.0)).item() == 8.0


def test_plain_arrays_go_in_and_come_out():
    f = ag.compile(lambda a, b: np.tanh(a) @ b)
    a, b = np.ones((2, 3)), np.arange(3.0)
    for _ in range(2):
        np.testing.assert_array_equal(f(a, b), np.tanh(a) @ b)
        a = a + 1


BESIDE = {
    "times": lambda a, x: a * x,
    "matmul": lambda a, x: np.outer(a, a) @ x,
    "concatenate": lambda a, x: np.concatenate([a, x]),
    "stack": lambda a, x: np.stack([x, a]),
    "where": lambda a, x: np.where(a > 1, x, a),
}


@pytest.mark.parametrize("how", BESIDE)
def test_an_array_to_the_left_of_a_tensor(how):
    x, y, a = leaf(1.0, 2.0, 3.0), leaf(1.0, 2.0, 3.0), np.array([0.5, 1.5, 2.5])
    found = ag.compile(lambda a, x: BESIDE[how](a, x).sum().backward())
    for _ in range(2):
        found(a, x)
        BESIDE[how](a, y).sum().backward()
        np.testing.assert_array_equal(x.grad.data, y.grad.data)
        a = a[::-1].copy()


def test_inputs_that_were_changed_between_calls_are_read_anew():
    x, table = leaf(1.0, 2.0), {"w": np.array([1.0, 1.0])}
    f = ag.compile(lambda: (x * table["w"] * SCALE).sum())
    assert f().item() == 6.0
    x.data[...] = [5.0, 5.0]
    assert f().item() == 20.0
    table["w"] = np.array([0.0, 1.0])
    assert f().item() == 10.0
    assert len(f.variants) == 1


def test_a_plain_option_that_changes_is_noticed():
    class Model:
        def __init__(self):
            self.power = 2

        def __call__(self, x):
            return x**self.power

    model = Model()
    f = ag.compile(lambda x: model(x))
    assert f(ag.tensor(3.0)).item() == 9.0
    model.power = 3
    assert f(ag.tensor(3.0)).item() == 27.0


def test_state_that_a_function_keeps_is_carried_over():
    class Cell:
        def __init__(self):
            self.h = ag.tensor([0.0, 0.0])
            self.w = leaf(0.5, 0.25)

        def __call__(self, x):
            self.h = ag.tanh(self.w * self.h + x).detach()
            return self.h

    one, two = Cell(), Cell()
    step = ag.compile(lambda x: two(x))
    for value in (1.0, 2.0, -1.0, 0.5):
        x = ag.tensor([value, value])
        np.testing.assert_allclose(step(x).data, one(x).data, rtol=1e-15)
        np.testing.assert_allclose(two.h.data, one.h.data, rtol=1e-15)


def test_views_and_changes_in_place():
    def f(x):
        y = x * 1.0
        head = y[:2]
        head += 10.0
        y[2:] *= 3.0
        loss = (y * y).sum()
        loss.backward()
        return y

    x, z = leaf(1.0, 2.0, 3.0), leaf(1.0, 2.0, 3.0)
    np.testing.assert_array_equal(ag.compile(f)(x).data, f(z).data)
    np.testing.assert_array_equal(x.grad.data, z.grad.data)


def test_the_same_tensor_twice_and_inputs_that_share_memory():
    f = ag.compile(lambda a, b: (a * b).sum().backward())
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    f(x, x)
    np.testing.assert_array_equal(x.grad.data, [2.0, 4.0])
    x.grad = None
    f(x, y)
    np.testing.assert_array_equal(x.grad.data, [3.0, 4.0])
    np.testing.assert_array_equal(y.grad.data, [1.0, 2.0])


def test_an_argument_that_the_function_holds_itself():
    w = leaf(1.0, 2.0)
    f = ag.compile(lambda a: (a * w).sum().backward())
    f(leaf(3.0, 4.0))
    np.testing.assert_array_equal(w.grad.data, [3.0, 4.0])
    w.grad = None
    f(w)
    np.testing.assert_array_equal(w.grad.data, [2.0, 4.0])
    w.grad = None
    f(leaf(5.0, 6.0))
    np.testing.assert_array_equal(w.grad.data, [5.0, 6.0])


TABLE = leaf(2.0, 3.0)


class Scaled:
    def __call__(self, x):
        return (x * TABLE).sum()


def test_what_the_methods_of_an_object_use_is_found():
    f = ag.compile(Scaled())
    TABLE.data[...] = [2.0, 3.0]
    assert f(ag.tensor([1.0, 1.0])).item() == 5.0
    TABLE.data[...] = [4.0, 4.0]
    assert f(ag.tensor([1.0, 1.0])).item() == 8.0
    assert f.__name__ == "Scaled"


def test_arrays_that_are_reached_in_no_other_way_are_given():
    pair = (np.array([1.0, 2.0]), np.zeros(5000))
    f = ag.compile(lambda x: x * pair[0] + pair[1][:2])
    np.testing.assert_array_equal(f(leaf(1.0, 1.0)).data, [1.0, 2.0])
    pair[0][...] = 5.0
    np.testing.assert_array_equal(f(leaf(1.0, 1.0)).data, [5.0, 5.0])
    assert len(f.source) < 2000


def test_a_compiled_function_inside_another_is_traced_with_it():
    inner = ag.compile(lambda x: ag.tanh(x) * 2.0)
    outer = ag.compile(lambda x: inner(x) + 1.0)
    np.testing.assert_allclose(outer(leaf(0.5, 1.0)).data, np.tanh([0.5, 1.0]) * 2 + 1)
    assert "np.tanh" in outer.source


def test_second_derivatives_and_grad():
    def f(x):
        (first,) = ag.grad((x**3).sum(), x, create_graph=True)
        (second,) = ag.grad(first.sum(), x)
        return first.detach(), second

    first, second = ag.compile(f)(leaf(1.0, 2.0))
    np.testing.assert_allclose(first.data, [3.0, 12.0])
    np.testing.assert_allclose(second.data, [6.0, 12.0])


def test_where_an_assumption_fails_another_variant_is_right():
    """relu's rule multiplies by the mask; of an infinite gradient that would be NaN."""

    def f(x):
        ag.log(ag.relu(x) * 1e300).sum().backward()

    compiled, x, y = ag.compile(f), leaf(1.0, 2.0), leaf(1.0, 0.0)
    compiled(x)
    assert compiled.fallbacks == 0
    with np.errstate(divide="ignore"):
        compiled(y)
        other = leaf(1.0, 0.0)
        f(other)
    assert (compiled.fallbacks, len(compiled.variants)) == (0, 2)
    np.testing.assert_array_equal(y.grad.data, other.grad.data)


def test_random_numbers_are_drawn_anew_and_in_order():
    f = ag.compile(lambda x: x * ag.rand(2) + ag.randn(2))
    ag.manual_seed(5)
    x = leaf(1.0, 1.0)
    expected = [(x * ag.rand(2) + ag.randn(2)).data for _ in range(3)]
    ag.manual_seed(5)
    for wanted in expected:
        np.testing.assert_array_equal(f(x).data, wanted)


def test_no_grad_and_grad_are_different_variants():
    w = leaf(1.0, 2.0)
    f = ag.compile(lambda: ag.is_grad_enabled() and (w * w).sum().backward())
    f()
    with ag.no_grad():
        assert f() is False
    np.testing.assert_array_equal(w.grad.data, [2.0, 4.0])


def test_a_result_with_a_history_from_before_is_refused():
    x = leaf(1.0)
    y = x * 2
    with pytest.raises(ag.StateError, match=r"history.*[Dd]etach"):
        ag.compile(lambda: (y * y).sum())()


def test_threads_share_a_compiled_function():
    f = ag.compile(lambda x: (ag.exp(x) * x).sum())
    found, expected = {}, {}
    for i in range(8):
        expected[i] = float((np.exp(np.full(600, i / 8)) * (i / 8)).sum())

    def work(i):
        for _ in range(20):
            found[i] = f(ag.tensor(np.full(600, i / 8))).item()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == pytest.approx(expected, rel=1e-12)


def test_an_argument_that_is_returned_is_that_of_the_call():
    w = ag.tensor([7.0])
    f = ag.compile(lambda x, y: {"parts": [y, x * 2.0, w], "first": x})
    for value in (1.0, 5.0):
        x, y = ag.tensor([value]), ag.tensor([value + 1])
        found = f(x, y)
        assert found["first"] is x
        assert found["parts"][0] is y
        assert found["parts"][2] is w
        assert found["parts"][1].tolist() == [2 * value]


def test_results_are_written_into_new_tensors():
    weight = ag.tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)

    def filled(x):
        out = ag.zeros(4, 3)
        for t in range(4):
            out[t] = x[t] * weight[t]
        return out, *ag.grad((out * out).sum(), [weight])

    compiled = ag.compile(filled)
    for factor in (1.0, 2.0):
        x = ag.ones(4, 3) * factor
        for ours, plain in zip(compiled(x), filled(x), strict=True):
            np.testing.assert_array_equal(ours.data, plain.data)
