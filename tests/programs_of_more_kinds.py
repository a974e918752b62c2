"""More programs as people write them: arguments, results, methods, papers."""

from dataclasses import dataclass

import numpy as np
from programs_of_trainings import mlp, normal, parameters

import autograd as ag
import nn
import optim


def compile_model(wrap):
    m = mlp()
    f = wrap(m)
    for i in range(3):
        yield f(normal(5, 3, seed=i))


def compile_model_bn(wrap):
    ag.manual_seed(0)
    m = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    f = wrap(m)
    for i in range(3):
        yield (f(normal(5, 3, seed=i)), m[1].running_var)


def mutable_default(wrap):

    def f(x, acc=None):
        if acc is None:
            acc = []
        acc.append(float(len(acc)))
        return x * len(acc)

    f = wrap(f)
    for i in range(3):
        yield f(normal(2, seed=i))


def tensor_default(wrap):
    w = normal(2, seed=5)

    def f(x, w=w, *, k=w):
        return x * w + k

    f = wrap(f)
    for i in range(3):
        yield f(normal(2, seed=i))
        w.data[0] = 9.0


def list_arg_append(wrap):

    @wrap
    def f(xs, x):
        xs.append((x * 2).detach())
        return xs[0] + x

    for i in range(4):
        loss = [normal(2, seed=i + 3)]
        yield (f(loss, normal(2, seed=i)), loss)


def list_arg_state(wrap):

    @wrap
    def f(xs, x):
        xs[0] = (xs[0] * x).detach()

    loss = [normal(2, seed=3)]
    for i in range(4):
        f(loss, normal(2, seed=i))
        yield loss


def dict_arg_set(wrap):

    @wrap
    def f(d):
        d["y"] = (d["x"] * 2).detach()
        d.pop("z", None)
        return d

    for i in range(4):
        d = {"x": normal(2, seed=i), "z": 1}
        r = f(d)
        yield (r is d, d, list(d))


def record_arg_set(wrap):

    @dataclass
    class B:
        x: object
        y: object = None

    @wrap
    def f(b):
        b.y = (b.x * 2).detach()
        return b

    for i in range(4):
        b = B(normal(2, seed=i))
        r = f(b)
        yield (r is b, b)


def record_nested(wrap):

    @dataclass
    class In:
        x: object

    @dataclass
    class B:
        parts: list
        inner: In
        tag: str = "a"

    @wrap
    def f(b):
        return sum(p.x for p in b.parts) + b.inner.x

    for i in range(4):
        yield f(B([In(normal(2, seed=i)), In(normal(2, seed=i + 1))], In(normal(2, seed=8))))


def record_state_attr(wrap):

    @dataclass
    class S:
        h: object
        t: int = 0

    class M:
        pass

    m = M()
    m.s = S(normal(2, seed=4))

    @wrap
    def f(x):
        m.s = S((m.s.h * x).detach())
        return m.s.h

    for i in range(12):
        yield (f(normal(2, seed=i)), m.s.h)


def arg_grad(wrap):

    @wrap
    def f(x):
        (x * x).sum().backward()

    for i in range(4):
        x = ag.tensor(np.arange(3.0) + i, requires_grad=True)
        f(x)
        f(x)
        yield x.grad


def arg_grad_none_mix(wrap):
    x = ag.tensor(np.arange(3.0), requires_grad=True)

    @wrap
    def f():
        (x * x).sum().backward()

    for i in range(5):
        f()
        yield x.grad
        x.grad = None if i % 2 else x.grad


def same_dict_twice(wrap):

    @wrap
    def f(a, b):
        a["h"] = (a["h"] + 1).detach()
        return b["h"] * 2

    for i in range(3):
        d = {"h": normal(2, seed=i)}
        yield (f(d, d), d)
        e = {"h": normal(2, seed=i)}
        yield (f(d, e), d, e)


def grad_enabled(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)

    @wrap
    def f(x):
        w.grad = None
        with ag.no_grad(), ag.enable_grad():
            y = (w * x).sum()
        y.backward()
        return w.grad

    for i in range(3):
        yield f(normal(2, seed=i))


def scope(wrap):

    @wrap
    def f(x):
        for t in range(3):
            with ag.scope("t", step=t):
                x = ag.tanh(x * 2)
        return x

    for i in range(3):
        yield f(normal(2, seed=i))


def options_change(wrap):
    m = mlp()
    optimizer = optim.Adam(m.parameters(), lr=0.01)

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = (m(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(9):
        g = optimizer.param_groups[0]
        if i == 2:
            g["betas"] = (0.5, 0.9)
        if i == 4:
            g["weight_decay"] = 0.1
        if i == 6:
            g["amsgrad"] = True if "amsgrad" in g else g.get("amsgrad")
        if i == 7:
            g["eps"] = 0.001
            g["lr"] = 0.5
        try:
            yield (f(normal(5, 3, seed=i)), parameters(m))
        except Exception as e:
            yield type(e).__name__


def momentum_on(wrap):
    m = mlp()
    optimizer = optim.SGD(m.parameters(), lr=0.01)

    @wrap
    def f(x):
        optimizer.zero_grad()
        loss = (m(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(6):
        if i == 2:
            optimizer.param_groups[0]["momentum"] = 0.9
        if i == 4:
            optimizer.param_groups[0]["nesterov"] = True
        yield (f(normal(5, 3, seed=i)), parameters(m))


def zero_grad_kept(wrap):
    m = mlp()
    optimizer = optim.SGD(m.parameters(), lr=0.01)

    @wrap
    def f(x):
        optimizer.zero_grad(set_to_none=False)
        loss = (m(x) ** 2).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        yield (f(normal(5, 3, seed=i)), [p.grad for p in m.parameters()])


def errstate_raise(wrap):
    f = wrap(lambda x: ag.log(x).sum())
    for v in ([1.0, 2.0], [1.0, 0.0], [2.0, 3.0]):
        with np.errstate(all="raise"):
            try:
                yield f(ag.tensor(v))
            except FloatingPointError:
                yield "FPE"


def class_method(wrap):

    class A:
        w = ag.tensor([2.0, 3.0])

        @classmethod
        def f(cls, x):
            return cls.w * x

    f = wrap(A.f)
    yield f(normal(2))
    A.w.data[0] = 7
    yield f(normal(2))
    A.w = ag.tensor([1.0, 1.0])
    yield f(normal(2))


def property_set(wrap):

    class A:
        def __init__(self):
            self._h = normal(2, seed=1)

        @property
        def h(self):
            return self._h

        @h.setter
        def h(self, value):
            self._h = value.detach()

    a = A()

    @wrap
    def f(x):
        a.h = a.h * x
        return a.h

    for i in range(4):
        yield (f(normal(2, seed=i)), a.h)


def custom_getattr(wrap):

    class A:
        def __init__(self):
            self.d = {"k": normal(2, seed=1)}

        def __getattr__(self, name):
            if name == "d":
                raise AttributeError(name)
            return self.d[name]

    a = A()
    f = wrap(lambda x: a.k * x)
    for i in range(3):
        yield f(normal(2, seed=i))
        a.d["k"] = normal(2, seed=i + 7)


def weird_eq(wrap):

    class A:
        def __init__(self):
            self.k = 2.0

        def __eq__(self, other):
            raise RuntimeError

        def __hash__(self):
            raise RuntimeError

    a = A()
    f = wrap(lambda x: x * a.k)
    yield f(normal(2))
    a.k = 3.0
    yield f(normal(2))


def array_flag(wrap):
    flags = np.array([True, False])
    f = wrap(lambda x: x * ag.tensor(flags.astype(float)))
    yield f(normal(2))
    flags[1] = True
    yield f(normal(2))


def out_aliases_in(wrap):
    f = wrap(lambda x: (x.reshape(-1), x[0], x.t() if x.ndim == 2 else x))
    for i in range(3):
        x = normal(2, 3, seed=i)
        a, b, d = f(x)
        x.data[...] = 5.0
        yield (a, b, d)


def out_twice(wrap):

    @wrap
    def f(x):
        y = x * 2
        return (y, y)

    for i in range(3):
        a, b = f(normal(2, seed=i))
        a.add_(1)
        yield (a, b)


def out_view_pair(wrap):

    @wrap
    def f(x):
        y = x * 2
        return (y, y[0:1])

    for i in range(3):
        a, b = f(normal(2, seed=i))
        a.add_(1)
        yield (a, b)


def requires_out(wrap):
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    f = wrap(lambda x: (w * x).detach())
    yield f(normal(2)).requires_grad


def leaf_made_inside(wrap):

    @wrap
    def f(x):
        w = ag.tensor([1.0, 2.0], requires_grad=True)
        (w * x).sum().backward()
        return (w, w.grad)

    for i in range(3):
        w, g = f(normal(2, seed=i))
        yield (w, g, w.requires_grad)


def parameter_made_inside(wrap):

    @wrap
    def f(x):
        return nn.Parameter(x.detach() * 2)

    for i in range(3):
        p = f(normal(2, seed=i))
        yield (p, p.requires_grad, isinstance(p, nn.Parameter))


def optimizer_made_inside(wrap):
    m = mlp()

    @wrap
    def f(x):
        optimizer = optim.SGD(m.parameters(), lr=0.1)
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        optimizer.step()

    for i in range(3):
        f(normal(5, 3, seed=i))
        yield parameters(m)


def adam_made_inside(wrap):
    m = mlp()

    @wrap
    def f(x):
        optimizer = optim.Adam(m.parameters(), lr=0.1)
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        optimizer.step()

    for i in range(3):
        f(normal(5, 3, seed=i))
        yield parameters(m)


def swap_params(wrap):
    m = mlp()
    f = wrap(lambda x: m(x))
    yield f(normal(5, 3))
    a = m[0]
    m[0] = nn.Linear(3, 4)
    yield f(normal(5, 3))
    m[0] = a
    yield f(normal(5, 3))


def lookahead(wrap):
    m = mlp()
    slow = [p.detach().clone() if hasattr(p, "clone") else p.detach() * 1 for p in m.parameters()]
    optimizer = optim.SGD(m.parameters(), lr=0.1)

    @wrap
    def fast(x):
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        optimizer.step()

    @wrap
    def sync():
        with ag.no_grad():
            for s, p in zip(slow, m.parameters(), strict=False):
                s.add_((p - s) * 0.5)
                p.copy_(s)

    for i in range(6):
        fast(normal(5, 3, seed=i))
        if i % 3 == 2:
            sync()
        yield (parameters(m), slow)


def sam(wrap):
    m = mlp()
    optimizer = optim.SGD(m.parameters(), lr=0.1)

    @wrap
    def f(x):
        ps = list(m.parameters())
        optimizer.zero_grad()
        (m(x) ** 2).sum().backward()
        with ag.no_grad():
            n = ag.sqrt(sum((p.grad**2).sum() for p in ps))
            es = [p.grad * (0.05 / n) for p in ps]
            for p, e in zip(ps, es, strict=False):
                p.add_(e)
        optimizer.zero_grad()
        loss = (m(x) ** 2).sum()
        loss.backward()
        with ag.no_grad():
            for p, e in zip(ps, es, strict=False):
                p.sub_(e)
        optimizer.step()
        return loss

    for i in range(4):
        yield (f(normal(5, 3, seed=i)), parameters(m))


def pgd(wrap):
    m = mlp()

    @wrap
    def attack(x):
        d = ag.zeros(*x.shape)
        for _ in range(3):
            d.requires_grad_()
            loss = m(x + d).sum()
            (g,) = ag.grad(loss, [d])
            d = (d.detach() + 0.1 * ag.sign(g)).clamp(-0.2, 0.2)
        return d

    for i in range(3):
        yield attack(normal(5, 3, seed=i))


def vae(wrap):
    ag.manual_seed(0)
    e = nn.Linear(3, 4)
    d = nn.Linear(2, 3)
    optimizer = optim.Adam([*e.parameters(), *d.parameters()])

    @wrap
    def f(x):
        optimizer.zero_grad()
        h = e(x)
        mu, lv = (h[:, :2], h[:, 2:])
        z = mu + ag.exp(lv * 0.5) * ag.randn(*mu.shape)
        r = d(z)
        loss = ((r - x) ** 2).sum() - 0.5 * (1 + lv - mu**2 - ag.exp(lv)).sum()
        loss.backward()
        optimizer.step()
        return loss

    for i in range(4):
        yield (f(normal(5, 3, seed=i)), parameters(e))


def dqn(wrap):
    ag.manual_seed(0)
    q = mlp(0)
    tgt = mlp(1)
    optimizer = optim.Adam(q.parameters())

    @wrap
    def f(s, a, r, s2, done):
        with ag.no_grad():
            y = r + 0.9 * tgt(s2).max(dim=1)[0] * (1 - done)
        p = q(s).gather(1, a.reshape(-1, 1)).reshape(-1)
        loss = ag.smooth_l1_loss(p, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    rg = np.random.default_rng(0)
    for i in range(4):
        yield (
            f(
                normal(5, 3, seed=i),
                ag.tensor(rg.integers(0, 2, 5)),
                normal(5, seed=i + 1),
                normal(5, 3, seed=i + 2),
                ag.tensor(rg.integers(0, 2, 5).astype(float)),
            ),
            parameters(q),
        )


def rnn_manual(wrap):
    W = ag.tensor(np.eye(3) * 0.5, requires_grad=True)
    U = ag.tensor(np.ones((3, 2)), requires_grad=True)
    h = ag.zeros(3)

    @wrap
    def f(xs):
        nonlocal h
        W.grad = None
        U.grad = None
        loss = 0
        s = h
        for t in range(len(xs)):
            s = ag.tanh(W @ s + U @ xs[t])
            loss = loss + (s**2).sum()
        loss.backward()
        h = s.detach()
        return loss

    for i in range(4):
        yield (f(normal(6, 2, seed=i)), W.grad, h)


def attention(wrap):
    ag.manual_seed(0)
    a = nn.MultiheadAttention(4, 2, batch_first=True)
    optimizer = optim.SGD(a.parameters(), lr=0.1)

    @wrap
    def f(x):
        optimizer.zero_grad()
        y, w = a(x, x, x)
        loss = (y**2).sum()
        loss.backward()
        optimizer.step()
        return (loss, w)

    for i in range(3):
        yield f(normal(2, 5, 4, seed=i))


def ctc(wrap):

    @wrap
    def f(x):
        return ag.ctc_loss(
            ag.log_softmax(x, 2), ag.tensor([[1, 2]]), ag.tensor([5]), ag.tensor([2])
        )

    for i in range(3):
        yield f(normal(5, 1, 4, seed=i))


def einsum(wrap):
    f = wrap(lambda a, b: ag.einsum("ij,jk->ik", a, b).sum())
    yield f(normal(2, 3), normal(3, 4))
    yield f(normal(2, 3, seed=2), normal(3, 4))


def string_format_static(wrap):
    f = wrap(lambda x: {f"l{i}": x * i for i in range(3)})
    yield f(normal(2))


def big_int(wrap):
    f = wrap(lambda x, k: x * k)
    yield f(normal(2), 10**20)
    yield f(ag.tensor([1, 2]), 2**40)


def empty(wrap):
    f = wrap(lambda x: (x.sum(), x * 2))
    yield f(ag.tensor(np.zeros((0, 3))))
    yield f(normal(2, 3))


def bool_ops(wrap):
    f = wrap(lambda a, b: ((a > 0) & (b > 0) | ~(a > b)).sum())
    yield f(normal(5), normal(5, seed=1))
    yield f(normal(5, seed=3), normal(5, seed=1))
