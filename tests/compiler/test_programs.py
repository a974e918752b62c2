"""Programs as people write them give the same numbers compiled, call by call, state included."""

import copy
import inspect
import random
import threading
import warnings

import numpy as np
import programs_of_all_kinds
import programs_of_memory
import programs_of_more_kinds
import programs_of_objects
import programs_of_places
import programs_of_states
import programs_of_trainings
import pytest

import autograd as ag

MODULES = (
    programs_of_trainings,
    programs_of_all_kinds,
    programs_of_more_kinds,
    programs_of_states,
    programs_of_memory,
    programs_of_objects,
    programs_of_places,
)
PROGRAMS = [
    function
    for module in MODULES
    for name, function in vars(module).items()
    if inspect.isgeneratorfunction(function)
]


def flat(item):
    """The arrays and plain values in a structure."""
    if isinstance(item, ag.Tensor):
        return [item.detach().numpy().copy()]
    if isinstance(item, (list, tuple, set)):
        return [leaf for part in item for leaf in flat(part)]
    if isinstance(item, dict):
        return [leaf for part in item.values() for leaf in flat(part)]
    if hasattr(item, "__dict__") and not callable(item):
        return flat(vars(item))
    return [np.array(item) if isinstance(item, (np.ndarray, np.generic)) else item]


def told(program, wrap):
    """What a program yields, copied on the way."""
    ag.manual_seed(3)
    return [copy.deepcopy(flat(item)) for item in program(wrap)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_compiled_it_gives_the_same(program):
    made = []

    def compiled(function):
        made.append(ag.compile(function))
        return made[-1]

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "step was compiled for more|f was compiled for more")
        ours = told(program, compiled)
    assert made
    assert all(function.variants for function in made), "it ran uncompiled only"
    fails = program.__name__ == "errstate_raise"  # as it should: once
    assert sum(function.fallbacks for function in made) == fails
    for mine, plain in zip(ours, told(program, lambda function: function), strict=True):
        assert len(mine) == len(plain)
        for x, y in zip(mine, plain, strict=True):
            if isinstance(y, np.ndarray):
                assert (np.shape(x), x.dtype) == (y.shape, y.dtype)
                np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-11)
            elif isinstance(y, float):
                assert x == pytest.approx(y, rel=1e-9, nan_ok=True)
            else:
                assert x == y


# --- what is refused --------------------------------------------------------------------


def _numpy(x):
    return x * ag.tensor(np.random.rand(2))


def _module(x):
    return x if random.random() < 0.5 else -x


@pytest.mark.parametrize("draw", [_numpy, _module])
def test_numbers_from_a_generator_that_everybody_shares_are_refused(draw):
    with pytest.raises(ag.StateError, match=r"everybody shares.*says .*rand.*ag\.rand"):
        ag.compile(draw)(ag.tensor([1.0, 2.0]))


def test_what_another_thread_draws_is_none_of_its_business():
    begun, done = threading.Event(), threading.Event()

    def other():
        begun.wait(10)
        np.random.rand(3)
        done.set()

    def doubled(x):
        begun.set()
        assert done.wait(10)
        return x * 2

    thread = threading.Thread(target=other)
    thread.start()
    assert ag.compile(doubled)(ag.tensor([1.0, 2.0])).tolist() == [2.0, 4.0]
    thread.join()


def test_seeding_inside_is_refused_and_leaves_the_generator_as_it_was():
    def seeded(x):
        ag.manual_seed(4)
        return x + ag.randn(2)

    ag.manual_seed(1)
    wanted = ag.rand(3).tolist()
    ag.manual_seed(1)
    with pytest.raises(ag.StateError, match="seeds or replaces the generator rng"):
        ag.compile(seeded)(ag.tensor([1.0, 2.0]))
    assert ag.rand(3).tolist() == wanted


class Failure(Exception):
    """An error with a tensor."""


def _failure(x):
    failure = Failure()
    failure.x = x
    return failure


@pytest.mark.parametrize(
    "give",
    [
        lambda x: (x * k for k in (1.0, 2.0)),
        lambda x: lambda: x * 2,
        lambda x: map(abs, x),
        lambda x: {"x": x}.values(),
        lambda x: {"x": x}.items(),
        _failure,
    ],
)
def test_what_cannot_be_made_anew_is_not_given_away(give):
    with pytest.raises(ag.StateError, match=r"gives away a .* Return tensors"):
        ag.compile(lambda x: give(x * 2))(ag.tensor([1.0, 2.0]))


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
def test_a_coroutine_is_not_given_away():
    async def later(x):
        return x * 2

    with pytest.raises(ag.StateError, match="gives away a coroutine"):
        ag.compile(later)(ag.tensor([1.0, 2.0]))


def test_what_holds_itself_is_not_given_away():
    def f(x):
        node = {"x": x * 2}
        node["self"] = [node]
        return node

    with pytest.raises(ag.StateError, match="a dict that holds itself"):
        ag.compile(f)(ag.tensor([1.0, 2.0]))


def test_too_many_kinds_of_numbers_are_warned_of():
    double = ag.compile(lambda x: x * 2, limit=2)
    given = ag.tensor([1.0]), np.ones((2, 2)), np.ones(4), np.float64(2.0), np.float64(3.0)
    with pytest.warns(RuntimeWarning, match="more than 2 kinds"):
        made = [double(x) for x in given]
    assert [np.sum(x).item() for x in made] == [2, 8, 8, 4, 6]


def test_a_set_that_is_changed_inside_is_refused_and_stays():
    seen = {1.0}

    def add(x):
        seen.add(2.0)
        return x * sum(seen)

    with pytest.raises(ag.StateError, match="changes the set seen"):
        ag.compile(add)(ag.tensor([1.0, 2.0]))
    assert seen == {1.0}


def test_an_exception_in_the_trace_leaves_everything_as_it_was():
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    def failing(x):
        (w * x).sum().backward()
        with ag.no_grad():
            w.sub_(1.0)
        raise KeyError("in the middle")

    with pytest.raises(KeyError, match="in the middle"):
        ag.compile(failing)(ag.tensor([1.0, 2.0]))
    assert (w.tolist(), w.grad) == ([1.0, 2.0], None)
