"""Programs whose tensors lie where Python finds them in some steps: modules, classes, proxies."""

import threading
import types
import weakref
from contextvars import ContextVar

from programs_of_trainings import normal

import autograd as ag
import nn


def package():
    """A package as a person writes it: ``tools.scale.act(x)``."""
    inner, outer = types.ModuleType("tools.scale"), types.ModuleType("tools")
    exec(
        "def act(x):\n    return inner(x) + weight\n\n"
        "def inner(x):\n    return x * weight * rate\n\n"
        "class Options:\n    rate = 2.0\n",
        vars(inner),
    )
    inner.weight, inner.rate, outer.scale = normal(3), 2.0, inner
    return outer


def modules_within_modules(wrap):
    tools = package()

    @wrap
    def f(x):
        return tools.scale.act(x) * tools.scale.Options.rate

    yield f(normal(3))
    tools.scale.rate = 3.0
    yield f(normal(3))
    tools.scale.weight.mul_(2)
    yield f(normal(3))
    tools.scale.weight = normal(3, seed=5)
    yield f(normal(3))
    tools.scale.Options.rate = 5.0
    yield f(normal(3))
    tools.scale.inner = lambda x: x * 7
    yield f(normal(3))


def classes_that_change(wrap):
    class Base(nn.Module):
        scale = 2.0

        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 3, rng=0)

        def forward(self, x):
            return self.inner(x) * self.scale + self.size

        @property
        def size(self):
            return self.inner.weight.sum()

    class Layer(Base):
        pass

    m = Layer()
    f = wrap(lambda x: m(x))
    yield f(normal(2, 3))
    Base.scale = 3.0
    yield f(normal(2, 3))
    Layer.scale = 5.0
    yield f(normal(2, 3))
    Layer.forward = lambda self, x: x * self.size
    yield f(normal(2, 3))
    Base.size = property(lambda self: 4.0)
    yield f(normal(2, 3))
    del Layer.forward
    yield f(normal(2, 3))


def classes_within_classes(wrap):
    class Options:
        class Train:
            rate = 0.1
            weight = normal(2)

        @staticmethod
        def scaled(x):
            return x * Options.Train.rate

    f = wrap(lambda x: Options.scaled(x) * Options.Train.weight)
    yield f(normal(2))
    Options.Train.rate = 0.2
    yield f(normal(2))
    Options.Train.weight = normal(2, seed=4)
    yield f(normal(2))
    Options.scaled = staticmethod(lambda x: x)
    yield f(normal(2))
    Options.Train = types.SimpleNamespace(rate=1.0, weight=normal(2, seed=5))
    yield f(normal(2))


def descriptors(wrap):
    class Stored:
        """An attribute that lies with its descriptor."""

        def __init__(self):
            self.held = {}

        def __get__(self, owner, kind=None):
            return self if owner is None else self.held["x"]

        def __set__(self, owner, item):
            self.held["x"] = item

    class Owner:
        w = Stored()

    owner = Owner()
    owner.w = normal(2)
    f = wrap(lambda x: x * owner.w)
    yield f(normal(2))
    owner.w.mul_(2)
    yield f(normal(2))
    owner.w = normal(2, seed=3)
    yield f(normal(2))


def weak_references(wrap):
    kept = [nn.Linear(3, 2, rng=i) for i in range(2)]
    held = {"ref": weakref.ref(kept[0])}
    proxy, known = weakref.proxy(kept[0]), weakref.WeakSet(kept[:1])

    @wrap
    def f(x):
        return held["ref"]()(x), proxy(x), [m(x) for m in known]

    yield f(normal(2, 3))
    with ag.no_grad():
        kept[0].weight.mul_(2)
    yield f(normal(2, 3))
    kept[0].weight = nn.Parameter(normal(2, 3, seed=6).data)
    yield f(normal(2, 3))
    held["ref"] = weakref.ref(kept[1])
    yield f(normal(2, 3))


def views_of_dicts(wrap):
    held = {"w": normal(2)}
    view = types.MappingProxyType(held)
    f = wrap(lambda x: (x * view["w"], [x * w for w in view.values()]))
    yield f(normal(2))
    held["w"].mul_(2)
    yield f(normal(2))
    held["w"] = normal(2, seed=3)
    yield f(normal(2))


def variables_of_a_context(wrap):
    here, around = threading.local(), ContextVar("around", default=3.0)
    here.w = normal(2)
    f = wrap(lambda x: x * here.w * around.get())
    yield f(normal(2))
    here.w.mul_(2)
    yield f(normal(2))
    here.w = normal(2, seed=3)
    yield f(normal(2))
    around.set(5.0)
    yield f(normal(2))
    around.set(normal(2, seed=4))
    yield f(normal(2))
