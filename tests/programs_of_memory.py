"""Programs in which what a call is given lies in memory that the function holds itself."""

import numpy as np
from programs_of_trainings import mlp, normal, parameters

import autograd as ag
import nn
import optim


def weight_as_input(wrap):
    m = nn.Linear(8, 8, rng=0)
    optimizer = optim.Adam(m.parameters(), lr=0.1)

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = ((m(x) - x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss, x * 1, x.sum()

    yield f(normal(8, 8))
    yield f(normal(8, 8, seed=1))
    for x in (m.weight.detach(), ag.from_numpy(m.weight.data), m.weight.detach().T, normal(8, 8)):
        yield (f(x), parameters(m))


def parameter_changed_between_rows(wrap):
    p = ag.tensor(np.arange(12.0).reshape(4, 3), requires_grad=True)

    @wrap
    def f(x):
        rows = []
        for i in range(4):
            rows.append(x[i] * 2 + 1)
            with ag.no_grad():
                p.add_(1)
        return rows

    for x in (normal(4, 3), p.detach(), normal(4, 3), ag.from_numpy(p.data[::-1])):
        yield (f(x), p.detach())


def parameters_that_become_one(wrap):
    p, q = (nn.Parameter(np.arange(3.0) + i) for i in range(2))

    @wrap
    def f(x):
        rows = []
        for i in range(3):
            rows.append(x * q[i])
            with ag.no_grad():
                p.mul_(2)
        return rows

    yield f(normal(3))
    q.data = p.data
    yield (f(normal(3)), p.detach(), q.detach())
    q.data = np.ones(3)
    yield (f(normal(3)), p.detach(), q.detach())


def arrays_that_become_one(wrap):
    held = {"a": np.arange(12.0).reshape(4, 3), "b": np.ones((4, 3))}
    p = ag.tensor(np.ones((4, 3)), requires_grad=True)

    @wrap
    def f():
        rows = []
        for i in range(4):
            rows.append(held["a"][i] * 2 + 1)
            held["b"] += 1
            with ag.no_grad():
                p.add_(1)
        return rows

    yield f()
    for name, array in (("b", held["a"]), ("b", np.ones((4, 3))), ("a", p.data)):
        held[name] = array
        yield (f(), held, p.detach())


def state_as_input(wrap):
    state = {"h": ag.zeros(4)}

    @wrap
    def f(x):
        y = x * 2
        with ag.no_grad():
            state["h"].add_(x)
        return y + state["h"], x.sum()

    for _ in range(2):
        yield (f(normal(4)), state["h"])
        yield (f(state["h"]), state["h"])
        yield (f(ag.from_numpy(state["h"].data[::-1])), state["h"])


def gradient_as_input(wrap):
    p = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    @wrap
    def f(x):
        (p * x).sum().backward()
        return x * 1

    yield f(normal(3))
    yield f(normal(3, seed=1))
    for x in (p.grad.detach(), p.grad, ag.from_numpy(p.grad.data), normal(3)):
        yield (f(x), p.grad)


def input_becomes_the_gradient(wrap):
    p = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    @wrap
    def f(x):
        loss = (p * x).sum()
        loss.backward()
        return loss

    x = normal(3)
    p.grad = x
    for given in (x, x, p.grad, normal(3)):
        yield (f(given), x, p.grad)
    p.grad = p.detach()
    yield (f(normal(3)), p.detach(), p.grad)


def gradients_that_are_one(wrap):
    p, q = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))

    @wrap
    def f(x):
        loss = (p * x * q).sum()
        loss.backward()
        return loss

    for change in (False, False, True, False):
        yield (f(normal(2)), p.grad, q.grad)
        if change:
            p.grad = q.grad
    q.grad = None
    yield (f(normal(2)), p.grad, q.grad)
    p.grad = q.grad.clone()
    yield (f(normal(2)), p.grad, q.grad)


def one_result_twice(wrap):
    m = mlp()

    @wrap
    def f(x):
        y = m(x).detach()
        pair = [y]
        return y, y, pair, {"pair": pair, "data": (y.data, y.data)}

    for i in range(3):
        first, second, pair, more = f(normal(5, 3, seed=i))
        yield (first is second, first is pair[0], pair is more["pair"])
        yield more["data"][0] is more["data"][1]
        first.mul_(2)
        yield (first, second, pair, more)


def gradient_as_result(wrap):
    p = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)

    @wrap
    def f(x):
        p.grad = None
        (p * p * x).sum().backward()
        return p.grad

    kept = []
    for i in range(4):
        kept.append(f(normal(3, seed=i)))
        yield (kept[-1] is p.grad, kept)
