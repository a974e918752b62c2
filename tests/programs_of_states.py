"""Programs as people write them that keep something from call to call, and some more."""

from collections import defaultdict, deque

import numpy as np
from programs_of_trainings import mlp, normal, parameters

import autograd as ag
import nn
import optim


def replay(wrap):
    buf = deque(maxlen=3)
    m = mlp()

    @wrap
    def f(x):
        buf.append(x.detach() * 1)
        return sum(m(b).sum() for b in buf)

    for i in range(6):
        yield (f(normal(5, 3, seed=i)), list(buf))


def history_dict(wrap):
    hist = defaultdict(list)
    m = mlp()

    @wrap
    def f(x):
        loss = m(x).sum()
        hist["loss"].append(loss.detach())
        return loss

    for i in range(5):
        yield (f(normal(5, 3, seed=i)), dict(hist))


def two_models_one_fn(wrap):
    a, b = (mlp(0), mlp(1))
    oa, ob = (optim.SGD(a.parameters(), lr=0.1), optim.Adam(b.parameters(), lr=0.1))

    @wrap
    def f(m, optimizer, x):
        optimizer.zero_grad()
        loss = (m(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        yield (
            f(a, oa, normal(5, 3, seed=i)),
            f(b, ob, normal(5, 3, seed=i)),
            parameters(a),
            parameters(b),
        )


def model_list(wrap):
    ms = [mlp(i) for i in range(3)]

    @wrap
    def f(x):
        return sum(m(x) for m in ms) / len(ms)

    yield f(normal(5, 3))
    ms.append(mlp(9))
    yield f(normal(5, 3))
    ms.pop(0)
    yield f(normal(5, 3))


def slots_arg(wrap):

    class B:
        __slots__ = ("k", "x")

        def __init__(self, x, k):
            self.x = x
            self.k = k

    @wrap
    def f(b):
        return b.x * b.k

    for i in range(4):
        yield f(B(normal(2, seed=i), float(i)))


def plain_obj_arg(wrap):

    class B:
        def __init__(self, x):
            self.x = x

    @wrap
    def f(b):
        b.y = b.x * 2
        return b.y

    for i in range(4):
        b = B(normal(2, seed=i))
        yield (f(b), b.y)
    b = B(normal(2, seed=9))
    yield f(b)
    b.x = normal(2, seed=3)
    yield f(b)
    b.x.data[0] = 4.0
    yield f(b)


def shared_storage_params(wrap):
    base = np.arange(6.0)
    a = ag.tensor(base[:3])
    f = wrap(lambda x: (a * x).sum())
    yield f(normal(3))
    a.data[0] = 9
    yield f(normal(3))


def np_view_into_param(wrap):
    m = mlp()
    w = m[0].weight.data
    f = wrap(lambda x: m(x))
    yield f(normal(5, 3))
    w[0] = 3.0
    yield f(normal(5, 3))


def inplace_slices_state(wrap):
    st = ag.zeros(4, 2)

    @wrap
    def f(x):
        st[1:] = st[:-1].clone() if hasattr(st, "clone") else st[:-1] * 1
        st[0] = x
        return st.sum(dim=0)

    for i in range(6):
        yield (f(normal(2, seed=i)), st)


def roll_state(wrap):
    st = ag.zeros(4)

    @wrap
    def f(x):
        nonlocal st
        st = ag.cat([st[1:], x.reshape(1)])
        return st.mean()

    for i in range(6):
        yield (f(ag.tensor(float(i))), st)


def scan_carry(wrap):

    @wrap
    def step(carry, x):
        h, n = carry
        h = ag.tanh(h + x)
        return ((h, n + 1), h)

    k = (ag.zeros(2), ag.tensor(0))
    for i in range(5):
        k, y = step(k, normal(2, seed=i))
        yield (k, y)


def scan_carry_pyint(wrap):

    @wrap
    def step(carry, x):
        h, n = carry
        h = ag.tanh(h + x)
        return ((h, n + 1), h)

    k = (ag.zeros(2), 0)
    for i in range(12):
        k, y = step(k, normal(2, seed=i))
        yield (k, y)


def temperature_anneal(wrap):
    tau = 1.0
    m = mlp()

    @wrap
    def f(x, tau):
        return ag.softmax(m(x) / tau, dim=1)

    for i in range(12):
        yield f(normal(5, 3, seed=i), tau)
        tau *= 0.9


def temperature_tensor(wrap):
    tau = ag.tensor(1.0)
    m = mlp()

    @wrap
    def f(x):
        return ag.softmax(m(x) / tau, dim=1)

    for i in range(6):
        yield f(normal(5, 3, seed=i))
        tau.data[...] *= 0.9


def int_counter_tensor(wrap):
    n = ag.tensor(0)

    @wrap
    def f(x):
        n.add_(1)
        return x / n

    for i in range(5):
        yield (f(normal(2, seed=i)), n)


def float32_all(wrap):
    ag.manual_seed(0)
    m = nn.Linear(3, 2, dtype=np.float32)
    optimizer = optim.Adam(m.parameters(), lr=0.01)

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = (m(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        yield (f(normal(5, 3, seed=i).float()), parameters(m))


def bn_momentum_none(wrap):
    m = nn.BatchNorm1d(3, momentum=None)
    f = wrap(lambda x: m(x))
    for i in range(4):
        yield (f(normal(5, 3, seed=i)), m.running_mean)


def spectral(wrap):
    W = normal(4, 3)
    u = normal(4, seed=3)

    @wrap
    def f(x):
        nonlocal u
        v = W.t() @ u
        v = v / v.norm()
        u = W @ v
        u = (u / u.norm()).detach()
        s = u @ (W @ v)
        return x @ (W / s).t()

    for i in range(4):
        yield (f(normal(2, 3, seed=i)), u)


def teacher_forcing(wrap):
    m = nn.GRUCell(2, 3)
    ag.manual_seed(0)

    @wrap
    def f(xs, tf):
        h = ag.zeros(1, 3)
        out = []
        for t, x in enumerate(xs):
            h = m(x if tf[t] else h[:, :2], h)
            out.append(h)
        return ag.cat(out)

    yield f([normal(1, 2, seed=i) for i in range(3)], (True, False, True))
    yield f([normal(1, 2, seed=i) for i in range(3)], (False, False, True))


def early_return(wrap):

    @wrap
    def f(x, train):
        y = x * 2
        if not train:
            return y
        return (y, y.sum())

    yield f(normal(2), False)
    yield f(normal(2), True)
    yield f(normal(2), False)


def ending_in_finally(wrap):
    log = []

    @wrap
    def f(x):
        try:
            return x * 2
        finally:
            log.append(1)

    for _i in range(3):
        yield (f(normal(2)), len(log))


def dict_order(wrap):

    @wrap
    def f(d):
        return next(iter(d.values())) * 1

    yield f({"a": normal(2, seed=1), "b": normal(2, seed=2)})
    yield f({"b": normal(2, seed=2), "a": normal(2, seed=1)})


def key_types(wrap):

    @wrap
    def f(d):
        return {k: v * 2 for k, v in d.items()}

    yield f({1: normal(2), "x": normal(2, seed=1), (1, 2): normal(2, seed=3)})


def nested_none(wrap):
    f = wrap(lambda t: [None if p is None else p * 2 for p in t])
    yield f([normal(2), None])
    yield f([None, normal(2)])


def same_tensor_many(wrap):
    f = wrap(lambda xs: xs[0].add_(1) + xs[1])
    x = normal(2)
    yield f([x, x])
    yield f([x, normal(2, seed=1)])
    yield x


def readonly_input(wrap):
    a = np.ones(3)
    a.flags.writeable = False
    x = ag.tensor(a)
    f = wrap(lambda x: x * 2)
    yield f(x)
    k = np.broadcast_to(np.array(2.0), (3,))
    g = wrap(lambda x: x * k)
    yield g(normal(3))


def fortran(wrap):
    f = wrap(lambda x: x @ x.t())
    yield f(ag.tensor(np.asfortranarray(np.random.default_rng(0).normal(size=(3, 4)))))
    yield f(normal(3, 4))


def huge_unroll(wrap):

    @wrap
    def f(x):
        for _ in range(300):
            x = ag.sin(x) + 0.1
        return x

    for i in range(2):
        yield f(normal(2, seed=i))


def grad_penalty(wrap):
    D = mlp()

    @wrap
    def f(x):
        for p in D.parameters():
            p.grad = None
        x = x.detach().requires_grad_()
        y = D(x).sum()
        (g,) = ag.grad(y, [x], create_graph=True)
        ((g.norm(dim=1) - 1) ** 2).mean().backward()
        return [p.grad for p in D.parameters()]

    for i in range(3):
        yield f(normal(5, 3, seed=i))


def per_sample_loop(wrap):
    m = mlp()

    @wrap
    def f(xs):
        out = []
        for x in xs:
            g = ag.grad(m(x).sum(), list(m.parameters()))
            out.append([a * 1 for a in g])
        return out

    for i in range(2):
        yield f([normal(3, seed=i), normal(3, seed=i + 5)])


def checkpoint_state(wrap):
    m = mlp()
    optimizer = optim.Adam(m.parameters())

    @wrap
    def f(x):
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        optimizer.step()

    f(normal(5, 3))
    sd = m.state_dict()
    yield dict(sd.items())
    f(normal(5, 3))
    yield m.state_dict()


def options_that_come_and_go(wrap):
    for rule, name, values in (
        (optim.RMSprop, "momentum", (0.9, 0.0, 0.9)),
        (optim.RMSprop, "centered", (True, False, True)),
        (optim.Adam, "amsgrad", (True, False, True)),
        (optim.SGD, "momentum", (0.9, 0.0, 0.9)),
    ):
        p = nn.Parameter(normal(3, 2).data)
        optimizer = rule([p], lr=0.01)

        @wrap
        def f(x, p=p, optimizer=optimizer):
            optimizer.zero_grad()
            (p * p * x).sum().backward()
            optimizer.step()

        for value in values:
            optimizer.param_groups[0][name] = value
            for i in range(2):
                f(normal(3, 2, seed=i))
            yield (p.detach(), optimizer.state[p])


def gradients_of_frozen_parameters(wrap):
    p, q = (ag.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    optimizer = optim.SGD([p, q], lr=0.1)

    @wrap
    def f(x):
        (p * q * x).sum().backward()
        optimizer.step()

    @wrap
    def g(x):
        optimizer.zero_grad()
        f(x)

    for step in (f, g):
        for wanted, frozen in ((None, True), (1.0, True), (None, False), (1.0, True), (2.0, True)):
            q.requires_grad_(not frozen)
            q.grad = None if wanted is None else ag.tensor([wanted, wanted])
            step(normal(2))
            yield (p.detach(), q.detach(), p.grad, q.grad)


def freezing_inside(wrap):
    m = mlp()
    optimizer = optim.SGD(m.parameters(), lr=0.1)

    @wrap
    def f(x, phase):
        m[0].requires_grad_(phase != "head")
        optimizer.zero_grad()
        loss = (m(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for phase in ("head", "head", "all", "all", "head"):
        loss = f(normal(2, 3), phase)
        needed = [p.requires_grad for p in m.parameters()]
        yield (loss, needed, parameters(m), [p.grad for p in m.parameters()])


def arguments_that_come_to_require_gradients(wrap):
    p = ag.tensor([1.0, 2.0], requires_grad=True)

    @wrap
    def f(x):
        x.requires_grad_()
        (x * x * p).sum().backward()
        p.requires_grad_(False)

    for i in range(3):
        x = normal(2, seed=i)
        for _ in range(2):
            f(x)
            yield (x.requires_grad, x.grad, p.requires_grad, p.grad)
        p.requires_grad_(True)
