"""Programs as people write them: each yields what a compiled run has to give, too."""

import enum
import functools
import types
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from programs_of_trainings import mlp, normal

import autograd as ag


class Conf:
    rate = 2.0


def dataclass_batch(wrap):

    @dataclass
    class Batch:
        x: object
        y: object
        w: float = 1.0

    model = mlp()

    @wrap
    def loss(b):
        return ((model(b.x) - b.y) ** 2).mean() * b.w

    for i in range(14):
        yield loss(Batch(normal(5, 3, seed=i), normal(5, 2, seed=i + 9)))


def dataclass_out(wrap):

    @dataclass
    class Out:
        logits: object
        loss: object
        n: int = 3

    model = mlp()

    @wrap
    def f(x):
        y = model(x)
        return Out(y, (y * y).sum())

    for i in range(4):
        yield f(normal(5, 3, seed=i))


def frozen_dataclass_out(wrap):

    @dataclass(frozen=True)
    class Out:
        logits: object
        parts: dict = field(default_factory=dict)

    @wrap
    def f(x):
        return Out(x * 2, {"a": [x + 1]})

    for i in range(4):
        yield f(normal(5, 3, seed=i))


def object_out(wrap):

    class Out:
        pass

    @wrap
    def f(x):
        o = Out()
        o.y = x * 2
        o.k = "a"
        return o

    for i in range(4):
        yield f(normal(2, seed=i))


def namedtuple_io(wrap):
    B = namedtuple("B", "x y")

    @wrap
    def f(b):
        return B(b.x * 2, b.y + b.x)

    for i in range(4):
        yield f(B(normal(2, seed=i), normal(2, seed=i + 5)))


def random_mask(wrap):
    g = np.random.default_rng(5)

    @wrap
    def f(x):
        return x * ag.tensor((g.random(x.shape) > 0.5).astype(float))

    for i in range(4):
        yield f(normal(3, seed=i))


def new_generator_inside(wrap):

    @wrap
    def f(x, s):
        return x * ag.tensor(np.random.default_rng(s).random(2))

    for i in range(4):
        yield f(normal(2, seed=i), i % 2)


def dtype_change(wrap):

    @wrap
    def f(x):
        return (x.astype(np.float32) * 2, x.float(), x.double().sum())

    for i in range(3):
        yield f(normal(2, seed=i))
    yield f(ag.tensor(np.ones(2, np.float32)))


def default_dtype(wrap):
    f = wrap(lambda x: x * ag.ones(2) + ag.tensor(1.5))
    yield f(normal(2))
    ag.set_default_dtype(np.float32)
    try:
        yield f(normal(2).astype(np.float32))
    finally:
        ag.set_default_dtype(np.float64)
    yield f(normal(2))


def shape_error(wrap):
    model = mlp()
    f = wrap(lambda x: model(x).sum())
    for i in range(4):
        try:
            r = f(normal(5, 3 if i % 2 == 0 else 4, seed=i))
        except ag.GlassError as e:
            r = str(e)[:60]
        yield r


def inplace_arg(wrap):

    @wrap
    def f(x):
        x.mul_(2)
        x[0] = 7.0
        return x.sum()

    for i in range(3):
        x = normal(4, seed=i)
        yield (f(x), x)


def views(wrap):
    buf = ag.tensor(np.zeros((3, 2)))

    @wrap
    def f(x):
        row = buf[1]
        row.add_(x)
        v = buf.reshape(-1)
        v[0] = 5.0
        return (buf.sum(), row)

    for i in range(3):
        yield (f(normal(2, seed=i)), buf)


def alias_args(wrap):

    @wrap
    def f(x, y):
        x.add_(1)
        return x * y

    for i in range(3):
        a = normal(3, seed=i)
        yield f(a, a)
        b = normal(3, seed=9)
        yield f(a, b)
        yield f(a, a[:])


def view_args(wrap):

    @wrap
    def f(x, y):
        x.mul_(2)
        return y + 0

    for i in range(3):
        a = normal(4, seed=i)
        yield f(a[:2], a[2:])
        yield f(a[:2], a[1:3])
        yield a


def strided(wrap):
    f = wrap(lambda x: (x * 2).sum(dim=0))
    for i in range(2):
        a = normal(4, 6, seed=i)
        yield f(a)
        yield f(a[::2])
        yield f(a.T if hasattr(a, "T") else a.t())
        yield f(a[:, ::-1])


def kwargs_static(wrap):

    @wrap
    def f(x, *, mode="a", k=1):
        return x * k if mode == "a" else -x

    yield f(normal(2))
    yield f(normal(2), mode="b")
    yield f(normal(2), k=3)
    yield f(normal(2), k=2.5)
    yield f(normal(2), k=True)


def bool_vs_int(wrap):

    @wrap
    def f(x, n):
        return x[n]

    yield f(normal(3), 1)
    yield f(normal(3), True)
    yield f(normal(3), slice(0, 2))
    yield f(normal(3), None)
    yield f(normal(3), ...)


def float_nan_key(wrap):
    f = wrap(lambda x, k: x * k)
    for _i in range(4):
        yield f(normal(2), float("nan"))
        yield f(normal(2), -0.0)
        yield f(normal(2), 0.0)


def negative_zero(wrap):
    f = wrap(lambda x, k: 1.0 / (x * 0 + k))
    with np.errstate(all="ignore"):
        yield f(normal(2), 0.0)
        yield f(normal(2), -0.0)


def closure_change(wrap):
    scale = 2.0
    f = wrap(lambda x: x * scale)
    yield f(normal(2))
    scale = 3.0
    yield f(normal(2))
    scale = 2.0
    yield f(normal(2))


def list_growth_local(wrap):

    @wrap
    def f(x):
        o = []
        for t in range(len(x)):
            o.append(x[t] * t)
        return ag.stack(o)

    for i in range(3):
        yield f(normal(3 + i, 2, seed=i))


def string_arg(wrap):
    f = wrap(lambda x, op: {"tanh": ag.tanh, "relu": ag.relu}[op](x))
    yield (f(normal(2), "tanh"), f(normal(2), "relu"))


def function_arg(wrap):
    f = wrap(lambda fn, x: fn(x))
    yield f(ag.tanh, normal(2))
    yield f(ag.relu, normal(2))
    k = 3
    g = lambda v: v * k
    yield f(g, normal(2))
    k = 4
    yield f(g, normal(2))


def generator_fn(wrap):

    def layers(x):
        for s in (1.0, 2.0, 3.0):
            yield (x * s)

    f = wrap(lambda x: sum(layers(x)))
    for i in range(3):
        yield f(normal(2, seed=i))


def returns_none_and_self(wrap):

    @wrap
    def f(x):
        return x

    for i in range(3):
        x = normal(2, seed=i)
        yield (f(x) is x)


def returns_param(wrap):
    model = mlp()
    f = wrap(lambda: model[0].weight)
    yield (f() is model[0].weight)
    yield (f() is model[0].weight)


def returns_set(wrap):

    @wrap
    def f(x):
        return {x * 2}

    for i in range(3):
        yield list(f(normal(2, seed=i)))


def ordered(wrap):

    @wrap
    def f(x):
        d = OrderedDict()
        d["b"] = x * 2
        d["a"] = x
        return d

    for i in range(3):
        r = f(normal(2, seed=i))
        yield (r, type(r).__name__, list(r))


def default_dict(wrap):

    @wrap
    def f(x):
        d = defaultdict(list)
        d["b"].append(x * 2)
        return d

    for i in range(3):
        r = f(normal(2, seed=i))
        yield (r, type(r).__name__)


def print_inside(wrap):
    seen = []

    @wrap
    def f(x):
        seen.append("called")
        return x

    for _i in range(3):
        yield f(normal(2))
    yield seen


def count_calls(wrap):
    n = {"k": 0}

    @wrap
    def f(x):
        n["k"] += 1
        return x * 1

    for i in range(12):
        yield (f(normal(2, seed=i)), n["k"])


def np_array_arg(wrap):
    f = wrap(lambda a, x: x * a + a.sum())
    for i in range(3):
        yield f(np.arange(3.0) + i, normal(3, seed=i))


def np_array_closure_change(wrap):
    a = np.ones(3)
    f = wrap(lambda x: x * a)
    yield f(normal(3))
    a[0] = 5
    yield f(normal(3))
    a = np.zeros(3)
    yield f(normal(3))


def int_tensor(wrap):
    f = wrap(lambda i, x: x[i])
    yield f(ag.tensor([0, 1]), normal(3))
    yield f(ag.tensor([2, 2]), normal(3))
    yield f(ag.tensor([-1, 0]), normal(3))


def scalars(wrap):
    f = wrap(lambda a, b: a * b + 1)
    yield f(ag.tensor(2.0), ag.tensor(3.0))
    yield f(ag.tensor(2.0), 4.0)
    yield f(ag.tensor(2), ag.tensor(3.0))
    yield f(2.0, 3.0)


def where_branch(wrap):
    f = wrap(lambda x: ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), -x))
    for i in range(3):
        yield f(normal(5, seed=i))


def sorting(wrap):
    f = wrap(lambda x: (x.sort()[0], x.argsort(), x.topk(2)[0]))
    for i in range(3):
        yield f(normal(5, seed=i))


def cumulative(wrap):

    @wrap
    def f(x):
        s = ag.zeros(3)
        for t in range(4):
            s = s * 0.9 + x[t]
        return s

    for i in range(3):
        yield f(normal(4, 3, seed=i))


def while_static(wrap):

    @wrap
    def f(x, n):
        while n > 0:
            x = x * 2
            n -= 1
        return x

    yield f(normal(2), 2)
    yield f(normal(2), 3)


def try_inside(wrap):

    @wrap
    def f(x):
        try:
            return x @ x.reshape(1, -1)
        except ag.GlassError:
            return x * 2

    for i in range(3):
        yield f(normal(2, seed=i))


def nested_compiled(wrap):
    g = wrap(lambda x: ag.tanh(x) * 2)
    f = wrap(lambda x: g(x) + g(x * 2))
    for i in range(3):
        yield (f(normal(2, seed=i)), g(normal(2, seed=i)))


def recursion(wrap):

    @wrap
    def f(x, n):
        return x if n == 0 else f(x * 2, n - 1)

    yield f(normal(2), 3)
    yield f(normal(2), 2)


def results_held(wrap):
    f = wrap(lambda x: (x * 2, x + 1))
    held = [f(normal(40, 40, seed=i)) for i in range(4)]
    yield held


def result_mutated(wrap):
    f = wrap(lambda x: ag.exp(x) @ x)
    for i in range(3):
        y = f(normal(40, 40, seed=i))
        yield y
        y.mul_(0)


def constant_returned_mutated(wrap):
    ag.ones(3)
    f = wrap(lambda: ag.ones(3) * 2)
    a = f()
    a.mul_(5)
    yield f()


def partial(wrap):
    f = functools.partial(wrap(lambda x, k, w: x * k + w), k=2.0)
    yield f(normal(2), w=normal(2, seed=1))
    g = wrap(functools.partial(lambda x, k: x * k, k=3.0))
    yield g(normal(2))
    g2 = wrap(functools.partial(lambda w, x: x * w, normal(2, seed=4)))
    yield g2(normal(2))


def static_class(wrap):

    class A:
        k = 2.0

        @staticmethod
        def s(x):
            return x * 2

        @classmethod
        def cl(cls, x):
            return x * cls.k

    f = wrap(lambda x: A.s(x) + A.cl(x))
    yield f(normal(2))
    A.k = 5.0
    yield f(normal(2))


def class_by_global(wrap):
    f = wrap(lambda x: x * Conf.rate)
    yield f(normal(2))
    Conf.rate = 7.0
    yield f(normal(2))
    Conf.rate = 2.0


def simple_namespace(wrap):
    cfg = types.SimpleNamespace(lr=0.5, deep=types.SimpleNamespace(k=2.0))
    f = wrap(lambda x: x * cfg.lr * cfg.deep.k)
    yield f(normal(2))
    cfg.deep.k = 3.0
    yield f(normal(2))
    cfg.new = 1
    yield f(normal(2))


def env_global_list(wrap):
    ks = [1.0, 2.0]
    f = wrap(lambda x: x * sum(ks))
    yield f(normal(2))
    ks.append(3.0)
    yield f(normal(2))
    ks[0] = 9.0
    yield f(normal(2))


def sets_closure(wrap):
    ks = {1.0, 2.0}
    f = wrap(lambda x: x * sum(ks))
    yield f(normal(2))
    ks.add(3.0)
    yield f(normal(2))


def range_closure(wrap):
    n = range(3)
    f = wrap(lambda x: sum(x * i for i in n))
    yield f(normal(2))
    n = range(4)
    yield f(normal(2))


def fraction_arg(wrap):
    f = wrap(lambda x, k: x * float(k))
    yield f(normal(2), Fraction(1, 2))
    yield f(normal(2), Fraction(1, 3))


def enum_arg(wrap):

    class M(enum.Enum):
        A = 1
        B = 2

    f = wrap(lambda x, model: x if model is M.A else -x)
    yield f(normal(2), M.A)
    yield f(normal(2), M.B)


def np_scalar_arg(wrap):
    f = wrap(lambda x, k: x * k)
    yield f(normal(2), np.float64(2.0))
    yield f(normal(2), np.float64(3.0))
    yield f(normal(2), np.float32(3.0))
    yield f(normal(2), np.int64(3))


def np_scalar_closure(wrap):
    k = np.float64(2.0)
    f = wrap(lambda x: x * k)
    yield f(normal(2))
    k = np.float64(3.0)
    yield f(normal(2))
    k = np.float64(2.0)
    yield f(normal(2))
