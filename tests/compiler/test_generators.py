"""Random numbers in compiled functions: drawn anew at each call, or refused by the line."""

import functools
import itertools
import os
import random
import secrets
import tempfile
import threading
import time
from random import random as drawn_by_name

import numpy as np
import pytest

import autograd as ag
import optim
from autograd.compiler.generators import _DRAWS

TUPLE = (np.random.default_rng(1),)
SET = {np.random.default_rng(1)}
LEGACY = np.random.RandomState(3)
PYTHONS = random.Random(3)
BITS = np.random.PCG64(3)
LETTERS = iter("ab")
COUNT = itertools.count()
ONES = (x for x in itertools.repeat(1.0))


def ones():
    return ag.tensor([1.0, 1.0])


# --- draws -----------------------------------------------------------------------------------

ARGUMENTS = {
    "beta": (1, 2),
    "binomial": (9, 0.5),
    "bytes": (3,),
    "chisquare": (2,),
    "choice": (50,),
    "dirichlet": ([1, 2],),
    "f": (2, 3),
    "gamma": (2,),
    "geometric": (0.1,),
    "hypergeometric": (50, 60, 30),
    "integers": (1000,),
    "logseries": (0.9,),
    "multinomial": (50, [0.5, 0.5]),
    "multivariate_hypergeometric": ([30, 40], 20),
    "multivariate_normal": ([0, 0], [[1, 0], [0, 1]]),
    "negative_binomial": (30, 0.5),
    "noncentral_chisquare": (2, 1),
    "noncentral_f": (2, 3, 1),
    "pareto": (2,),
    "permutation": (50,),
    "permuted": (np.arange(50),),
    "poisson": (99,),
    "power": (2,),
    "standard_gamma": (2,),
    "standard_t": (3,),
    "triangular": (0, 1, 2),
    "vonmises": (0, 1),
    "wald": (1, 1),
    "weibull": (1,),
    "zipf": (1.1,),
}


@pytest.mark.parametrize("name", [name for name in _DRAWS if name != "bytes"])
def test_every_draw_is_made_anew_in_the_order_of_the_uncompiled_run(name):
    rng = np.random.default_rng(5)

    def run(function):
        rng.bit_generator.state = np.random.default_rng(5).bit_generator.state
        return [function() for _ in range(6)]

    def traced(x):
        return x.data.sum() * getattr(rng, name)(*ARGUMENTS.get(name, ()))

    step = ag.compile(traced)
    wanted, found = run(lambda: traced(ones())), run(lambda: step(ones()))
    for one, other in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(np.any(one != wanted[0]) for one in wanted)
    assert len(step.variants) == 1


@pytest.mark.parametrize(
    ("use", "said"),
    [
        (lambda rng: rng.shuffle(np.arange(3)), r"shuffles in place.*rng\.permutation"),
        (lambda rng: rng.spawn(2), "spawns generators.*outside"),
        (lambda rng: rng.bit_generator.random_raw(), "reaches for .bit_generator.*outside"),
    ],
)
def test_what_cannot_be_written_down_is_refused_by_the_line(use, said):
    rng = np.random.default_rng(5)
    wanted = np.random.default_rng(5).random()

    def step(x):
        rng.random()
        use(rng)  # this very line is not the one that draws
        return x

    with pytest.raises(ag.StateError, match=rf"test_generators\.py, line \d+: .*{said}"):
        ag.compile(step)(ones())
    assert rng.random() == wanted


def _slope(x, n):
    w = x.clone().requires_grad_()
    return ag.grad((w * w * n).sum() * n, [w])[0]


@pytest.mark.parametrize(
    "use",
    [
        lambda x, n: x * n + (1 + n) / x - (n - x) ** 2,
        lambda x, n: (1 + n) ** x * -n,
        lambda x, n: ag.where(x > n, x, n) + ag.maximum(x, n) + x.clamp(max=1 + n),
        lambda x, n: x.float() * n,
        lambda x, n: x.clone().mul_(n).add_(x, alpha=n),
        lambda x, n: ag.leaky_relu(-x, n) + ag.softmax(x / (0.5 + n), 0),
        _slope,
    ],
)
def test_a_single_number_and_a_tensor_go_together(use):
    rng = np.random.default_rng(5)

    def three(function):
        rng.bit_generator.state = np.random.default_rng(5).bit_generator.state
        x = ag.tensor([0.3, 0.9])
        return [function(x, rng.random()) for _ in range(3)]

    def drawn(x):
        return use(x, rng.random())

    step = ag.compile(drawn)
    wanted = three(use)
    rng.bit_generator.state = np.random.default_rng(5).bit_generator.state
    for one in wanted:
        found = step(ag.tensor([0.3, 0.9]))
        assert found.dtype == one.dtype
        np.testing.assert_allclose(found.data, one.data, rtol=1e-6)
    assert len(step.variants) == 1


def test_an_array_of_a_single_number_is_refused():
    rng = np.random.default_rng(5)
    with pytest.raises(ag.StateError, match=r"another one at each call in .*Draw an array"):
        ag.compile(lambda x: x + ag.tensor(rng.random()))(ones())


def test_an_update_by_hand_follows_the_learning_rate():
    def trained(wrap):
        w = ag.tensor([1.0, 2.0], requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1)
        schedule = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)

        @wrap
        def step(x):
            (w * x).sum().backward()
            with ag.no_grad():
                for group in optimizer.param_groups:
                    for p in group["params"]:
                        p -= group["lr"] * p.grad
                        p.mul_(1 - 0.1 * group["lr"]).add_(p.grad, alpha=-group["lr"])
                        p.grad = None

        for _ in range(4):
            step(ag.tensor([1.0, -1.0]))
            optimizer.step()
            schedule.step()
        return w.tolist(), step

    (wanted, _), (found, step) = trained(lambda f: f), trained(ag.compile)
    assert found == pytest.approx(wanted, rel=1e-12)
    assert len(step.variants) == 1


def test_a_generator_of_a_class_is_one_as_any_other():
    class Noise:
        rng = np.random.default_rng(0)

        def __call__(self, x):
            return x + ag.tensor(self.rng.random(2))

    noise, plain = Noise(), np.random.default_rng(0)
    step = ag.compile(lambda x: noise(x))
    for _ in range(3):
        np.testing.assert_array_equal(step(ones()).data, 1.0 + plain.random(2))


# --- generators that are made inside -----------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.random.default_rng().random(),
        lambda: np.random.default_rng(None).random(),
        lambda: np.random.Generator(np.random.PCG64()).random(),
        lambda: np.random.RandomState().rand(),
        lambda: random.Random().random(),
        lambda: random.SystemRandom().random(),
        lambda: secrets.randbelow(9),
    ],
)
def test_numbers_without_a_seed_are_refused_by_the_line(make):
    def noisy(x):
        return x * make()

    with pytest.raises(
        ag.StateError,
        match=r"without a seed in .*test_generators\.py, line \d+: lambda: .*outside, as in rng =",
    ):
        ag.compile(noisy)(ones())
    assert vars(random)["_urandom"] is os.urandom
    assert random.Random.seed.__module__ == "random"


def test_a_generator_with_a_seed_gives_the_same_numbers_as_in_the_uncompiled_run():
    def noisy(x):
        return x * np.random.default_rng(3).random() * random.Random(4).random()

    step = ag.compile(noisy)
    assert [step(ones()).tolist() for _ in range(2)] == [noisy(ones()).tolist()] * 2


def test_the_standard_library_may_draw_for_itself():
    def named(x):
        with tempfile.TemporaryDirectory():
            return x * 2

    before, tempfile._name_sequence = tempfile._name_sequence, None
    try:
        assert ag.compile(named)(ones()).tolist() == [2.0, 2.0]
    finally:
        tempfile._name_sequence = before


def test_another_thread_may_draw_meanwhile():
    begun, done = threading.Event(), threading.Event()
    made = []

    def other():
        begun.wait(10)
        made.append((np.random.default_rng().random(), random.Random().random()))
        done.set()

    def doubled(x):
        begun.set()
        assert done.wait(10)
        return x * 2

    thread = threading.Thread(target=other)
    thread.start()
    assert ag.compile(doubled)(ones()).tolist() == [2.0, 2.0]
    thread.join()
    assert len(made) == 1


def test_a_trace_that_is_refused_within_another_leaves_that_as_it_was():
    def noisy(x):
        with pytest.raises(ag.StateError, match="Ask outside"):
            ag.derive(lambda: x * 2)
        assert vars(random)["_urandom"] is not os.urandom
        return x * random.Random().random()

    with pytest.raises(ag.StateError, match="without a seed"):
        ag.compile(noisy)(ones())
    assert vars(random)["_urandom"] is os.urandom


def test_threads_trace_one_after_the_other():
    def slow(x):
        time.sleep(0.01)
        return x + ag.rand(2)

    ag.manual_seed(0)
    generator, wanted = ag.generator(), np.random.default_rng(0).random()
    threads = [threading.Thread(target=ag.compile(slow).trace, args=(ones(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ag.generator() is generator
    assert generator.random() == wanted


# --- generators that are held, and cannot be followed -------------------------------------------


def _default(x, rng=TUPLE[0]):
    return x * rng.random()


HELD = {
    "LEGACY, a RandomState": (LEGACY, lambda x: x * LEGACY.rand()),
    "PYTHONS, a Random": (PYTHONS, lambda x: x * PYTHONS.random()),
    "BITS, a PCG64": (BITS, lambda x: x * np.random.Generator(BITS).random()),
    "TUPLE.0, a Generator": (TUPLE[0], lambda x: x * TUPLE[0].random()),
    "SET.0, a Generator": (next(iter(SET)), lambda x: x * next(iter(SET)).random()),
    "rng, a Generator": (TUPLE[0], _default),
    "0, a Generator": (TUPLE[0], functools.partial(lambda rng, x: x * rng.random(), *TUPLE)),
}


def state_of(rng):
    if isinstance(rng, random.Random):
        return rng.getstate()
    return repr(
        rng.get_state() if hasattr(rng, "get_state") else getattr(rng, "bit_generator", rng).state
    )


@pytest.mark.parametrize("said", HELD)
def test_draws_that_cannot_be_followed_are_refused_and_taken_back(said):
    rng, draw = HELD[said]
    before = state_of(rng)
    with pytest.raises(ag.StateError, match=rf"draws from {said} that cannot.*default_rng"):
        ag.compile(draw)(ones())
    assert state_of(rng) == before


def test_generators_that_are_not_drawn_from_do_not_matter():
    step = ag.compile(lambda x: x if (LEGACY, PYTHONS, BITS, TUPLE) is None else x * 2)
    assert step(ones()).tolist() == [2.0, 2.0]


def test_a_generator_in_two_places_is_followed_where_it_can_be():
    rng = np.random.default_rng(0)
    both = (rng,)
    plain = np.random.default_rng(0)
    step = ag.compile(lambda x: x * ag.tensor(rng.random(2)) * len(both))
    for _ in range(2):
        assert step(ones()).tolist() == plain.random(2).tolist()


def test_the_shared_generator_is_known_by_another_name():
    with pytest.raises(ag.StateError, match=r"everybody shares.*says random\)"):
        ag.compile(lambda x: x * drawn_by_name())(ones())


# --- iterators -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "take"),
    [
        ("LETTERS", lambda x: x * len(next(LETTERS))),
        ("COUNT", lambda x: x * next(COUNT)),
        ("ONES", lambda x: x * next(ONES)),
        ("ONES", lambda x: sum((x * one for one in ONES), x)),
    ],
)
def test_nothing_is_taken_from_an_iterator(path, take):
    with pytest.raises(
        ag.StateError, match=rf"takes from {path} in .*test_generators\.py, line \d+.*next\(batches"
    ):
        ag.compile(take)(ones())
    assert COUNT.__reduce__() == (itertools.count, (0,))
    assert LETTERS.__length_hint__() == 2


def test_an_iterator_is_held_and_taken_from_outside():
    batches = iter([1.0, 2.0, 3.0])
    step = ag.compile(lambda x: x * 2 if batches is not None else x)
    assert [step(x * ones()).tolist()[0] for x in batches] == [2.0, 4.0, 6.0]
    assert len(step.variants) == 1
