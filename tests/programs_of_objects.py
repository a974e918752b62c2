"""Programs with containers of a person's own, and objects that are more than their items."""

import types
from collections import OrderedDict, defaultdict
from dataclasses import dataclass

from programs_of_trainings import mlp, normal

import autograd as ag
import optim


class Options(dict):
    """A dict whose items are attributes, too."""

    __getattr__ = dict.__getitem__
    __setattr__ = dict.__setitem__


class Own(dict):
    """A dict that is its own ``__dict__``."""

    def __init__(self, **items):
        super().__init__(items)
        self.__dict__ = self


class Scaled(list):
    """A list with an attribute, a class attribute and a method."""

    times = 2.0

    def __init__(self, items, scale=1.0):
        super().__init__(items)
        self.scale = scale

    def total(self):
        return sum(self[1:], self[0]) * self.scale * self.times


class Missing(dict):
    """A dict that makes what is missing."""

    scale = 3.0

    def __missing__(self, key):
        return self.scale


class Point(tuple):
    """A tuple with attributes."""


@dataclass(slots=True, frozen=True)
class Result:
    """What a step gives, without a ``__dict__``."""

    loss: ag.Tensor
    name: str = "loss"


def kinds_of_dicts(wrap):
    @wrap
    def f(d):
        return type(d).__name__, {name: x * 2 for name, x in d.items()}, isinstance(d, OrderedDict)

    x = normal(2)
    for d in ({"a": x}, OrderedDict(a=x), defaultdict(list, a=x), {"a": x}, Options(a=x)):
        yield f(d)


def what_dicts_make(wrap):
    @wrap
    def f(d, x):
        return x * d["n"]

    for number in (2.0, 3.0, 2.0):
        yield f(defaultdict(lambda number=number: number), normal(2))
    for scale in (1.0, 4.0):
        d = Missing()
        d.scale = scale
        yield f(d, normal(2))


def lists_with_attributes(wrap):
    held = Scaled([normal(2), normal(2, seed=1)])

    @wrap
    def f(xs):
        return xs.total() + held.total()

    try:
        for scale in (1.0, 2.0, 1.0):
            yield f(Scaled([normal(2)], scale))
        held.scale = 5.0
        yield f(Scaled([normal(2)]))
        Scaled.times = 3.0
        yield f(Scaled([normal(2)]))
        held.append(normal(2, seed=2))
        yield f(Scaled([normal(2)]))
    finally:
        Scaled.times = 2.0


def tuples_with_attributes(wrap):
    @wrap
    def f(p):
        return p[0] * p.k

    for k in (1.0, 2.0, normal(2, seed=5), normal(2, seed=6)):
        p = Point([normal(2)])
        p.k = k
        yield f(p)


def options_as_attributes(wrap):
    for kind in (Options, Own):
        options = kind(rate=0.1, w=normal(3), more=kind(k=2.0))

        @wrap
        def f(x, given, options=options):
            return x * given.w * given.rate * options.more.k

        for i in range(5):
            yield f(normal(3), options)
            if i == 1:
                options.w.mul_(2)
            if i == 2:
                options.more.k = 5.0
            if i == 3:
                options.w = normal(3, seed=3)


def objects_that_are_results(wrap):
    @wrap
    def f(x):
        return Result(x * 2), types.SimpleNamespace(x=x * 3, n=1), Own(x=x + 1)

    for i in range(3):
        slots, space, own = f(normal(2, seed=i))
        yield (type(slots).__name__, slots.loss, slots.name, space.x, space.n, own.x, own["x"])


def arguments_as_keys(wrap):
    @wrap
    def f(x, y):
        return {x: y * 2, y: x * 2}

    for i in range(3):
        x, y = normal(2, seed=i), normal(2, seed=i + 1)
        made = f(x, y)
        yield ([key is z for key, z in zip(made, (x, y), strict=True)], made[x], made[y])


def hooks_of_an_optimizer(wrap):
    m, told = mlp(), []
    optimizer = optim.SGD(m.parameters(), lr=0.1)
    before = optimizer.register_step_pre_hook(lambda *_: told.append("before"))
    after = optimizer.register_step_post_hook(lambda *_: told.append(m[0].bias.sum().detach()))

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = m(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(7):
        yield (f(normal(2, 3, seed=i)), list(told))
        if i == 3:
            before.remove()
        if i == 5:
            after.remove()


def parameters_as_keys(wrap):
    p, q = (ag.tensor([1.0 + i, 2.0], requires_grad=True) for i in range(2))
    held = {p: ag.zeros(2), q: ag.zeros(2)}

    @wrap
    def f(x):
        loss = sum((w * x).sum() ** 2 for w in held)
        loss.backward()
        with ag.no_grad():
            for w in held:
                held[w] = held[w] * 0.9 + w.grad
                w.sub_(0.1 * held[w])
                w.grad = None
        return loss

    for i in range(3):
        yield (f(normal(2, seed=i)), p.detach(), q.detach(), held)
    with ag.no_grad():
        p.mul_(0)
    yield (f(normal(2)), p.detach(), q.detach(), held)


def tensors_as_keys_of_arguments(wrap):
    @wrap
    def f(d, x):
        return sum((key * v * x).sum() for key, v in d.items()), [v * 2 for v in d.values()]

    p, q = ag.tensor(1.0), ag.tensor(2.0)
    for keys in ((p,), (q,), (p, q), (q, p), (p,)):
        yield f({key: normal(2) for key in keys}, normal(2))
        p.mul_(2)


class Scale(ag.Tensor):
    """A tensor with attributes."""


def tensors_with_attributes(wrap):
    held = Scale([1.0, 2.0])
    held.k, held.shift = 2.0, ag.zeros(2)

    @wrap
    def f(x):
        return x * x.k + held * held.k + held.shift

    for k in (1.0, 2.0, 1.0):
        x = Scale([3.0, 4.0])
        x.k = k
        yield f(x)
        held.shift.add_(1)
    held.k = 5.0
    yield f(x)
    held.shift = normal(2)
    yield f(x)
