"""Random programs, run by the engine and by plain NumPy, which share nothing but the text.

A program is a list of steps on numbered values; it is drawn together with the shapes and the
numbers that it makes, so that every step fits and no value grows out of hand. NumPy runs it
on complex numbers: the imaginary part of f(x + ih·v) / h is the derivative along v, exact to
rounding for h = 1e-30, with no rule and no graph (the complex step; Squire & Trapp 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

import autograd as ag

Array = np.ndarray
STEP = 1e-30
LARGE = 36
"""How many elements a value may have before it is summed up."""


@dataclass(frozen=True)
class Step:
    """One line of a program: an operation on values by number."""

    name: str
    places: tuple[int, ...]
    params: tuple[Any, ...] = ()


@dataclass
class Program:
    """What was drawn: where to start, and what to do."""

    leaves: list[Array]
    steps: list[Step] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)

    def __repr__(self) -> str:
        first = [f"v{i} = {x.tolist()}" for i, x in enumerate(self.leaves)]
        return "\n".join([*first, *map(str, self.steps)])


# --- operations: one definition for both, or one for each ---------------------------------


def _np_max(a: Array, dim: int | None, keepdim: bool) -> Array:
    """The element whose real part is largest."""
    return (a * (a.real == a.real.max(axis=dim, keepdims=True))).sum(axis=dim, keepdims=keepdim)


def _np_softmax(a: Array, dim: int) -> Array:
    e = np.exp(a - a.real.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)


def _np_logsumexp(a: Array, dim: int) -> Array:
    top = a.real.max(axis=dim, keepdims=True)
    return np.log(np.exp(a - top).sum(axis=dim)) + top.squeeze(dim)


def _np_var(a: Array, dim: int | None) -> Array:
    off = a - a.mean(axis=dim, keepdims=True)
    return (off * off).mean(axis=dim)


def _np_sort(a: Array, dim: int) -> Array:
    return np.take_along_axis(a, np.argsort(a.real, axis=dim, kind="stable"), axis=dim)


def _np_getitem(a: Array, index: Any) -> Array:
    """An element is a view, too."""
    plain = isinstance(index, int) and a.ndim == 1
    return a[index, ...] if plain else a[index]


def _rows(a: Array) -> list[Array]:
    return [a[i, ...] for i in range(len(a))]


def _same(function: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return function, function


UNARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "neg": _same(lambda a: -a),
    "tanh": (ag.tanh, np.tanh),
    "sin": (lambda a: a.sin(), np.sin),
    "cos": (lambda a: np.cos(a), np.cos),
    "exp": (ag.exp, np.exp),
    "sigmoid": (lambda a: a.sigmoid(), lambda a: 1 / (1 + np.exp(-a))),
    "square": _same(lambda a: a * a),
    "cube": _same(lambda a: a**3),
    "root": (lambda a: ag.sqrt(a * a + 0.5), lambda a: np.sqrt(a * a + 0.5)),
    "log": (lambda a: (a**2 + 0.5).log(), lambda a: np.log(a**2 + 0.5)),
    "inverse": _same(lambda a: 2.0 / (a * a + 1.0)),
    "abs": (ag.abs, lambda a: a * np.sign(a.real)),
    "relu": (lambda a: a.relu(), lambda a: a * (a.real > 0)),
    "clamp": (lambda a: a.clamp(-1, 1), lambda a: np.where(abs(a.real) <= 1, a, np.sign(a.real))),
    "detach": (lambda a: a.detach() * 1.0, lambda a: a.real + 0j),
    "softplus": (lambda a: ag.softplus(a), lambda a: np.log(1 + np.exp(a))),
}

BINARY = {
    "add": _same(lambda a, b: a + b),
    "sub": _same(lambda a, b: a - b),
    "mul": _same(lambda a, b: a * b),
    "div": _same(lambda a, b: a / (b * b + 0.7)),
    "pow": _same(lambda a, b: (a * a + 0.5) ** b),
    "maximum": (ag.maximum, lambda a, b: np.where(a.real > b.real, a, b)),
    "minimum": (np.minimum, lambda a, b: np.where(a.real < b.real, a, b)),
    "where": (lambda a, b: ag.where(a > b, a, b), lambda a, b: np.where(a.real > b.real, a, b)),
    "masked": (
        lambda a, b: np.where(a > 0, b, 0.5),
        lambda a, b: np.where(a.real > 0, b, 0.5),
    ),
}


def _without_recording(a: Any) -> Any:
    with ag.no_grad():
        return a * a + 0.25


SHAPING = {
    "sum": (lambda a, d, k: ag.sum(a, d, k), lambda a, d, k: a.sum(axis=d, keepdims=k)),
    "mean": (lambda a, d, k: np.mean(a, axis=d, keepdims=k), lambda a, d, k: a.mean(d, keepdims=k)),
    "prod": (
        lambda a, d, k: a.prod() if d is None else a.prod(d),
        lambda a, d, k: a.prod(axis=d),
    ),
    "amax": (lambda a, d, k: a.amax(d, k), _np_max),
    "var": (
        lambda a, d, k: a.var(d, unbiased=False) if d is not None else np.var(a),
        lambda a, d, k: _np_var(a, d),
    ),
    "softmax": (lambda a, d: a.softmax(d), _np_softmax),
    "logsumexp": (lambda a, d: a.logsumexp(d), _np_logsumexp),
    "cumsum": (lambda a, d: a.cumsum(d), lambda a, d: a.cumsum(axis=d)),
    "cumprod": (lambda a, d: a.cumprod(d), lambda a, d: a.cumprod(axis=d)),
    "sort": (lambda a, d: a.sort(d).values, _np_sort),
    "flip": (lambda a, d: a.flip(d) * 1.0, lambda a, d: np.flip(a, d) * 1.0),
    "roll": (lambda a, d: a.roll(1, d), lambda a, d: np.roll(a, 1, axis=d)),
    "reshape": (lambda a, s: a.reshape(s) * 1.0, lambda a, s: a.reshape(s) * 1.0),
    "permute": (lambda a, dims: a.permute(dims), lambda a, dims: a.transpose(dims)),
    "unsqueeze": (lambda a, d: a.unsqueeze(d), np.expand_dims),
    "expand": (lambda a, s: a.expand(*s), np.broadcast_to),
    "getitem": (lambda a, index: a[index], _np_getitem),
    "unbind": (lambda a, d: a.unbind(d), lambda a, d: tuple(_rows(np.moveaxis(a, d, 0)))),
    "split": (lambda a, d: a.split(1, d), lambda a, d: tuple(np.split(a, a.shape[d], axis=d))),
    "constant": (_without_recording, lambda a: a.real * a.real + 0.25 + 0j),
    "scale": _same(lambda a, factor: a * factor),
}

JOINING = {
    "cat": (lambda a, b, d: ag.cat([a, b], d), lambda a, b, d: np.concatenate([a, b], axis=d)),
    "stack": (lambda a, b, d: ag.stack([a, b], d), lambda a, b, d: np.stack([a, b], axis=d)),
    "matmul": _same(lambda a, b: a @ b),
    "einsum": (
        lambda a, b: ag.einsum("...i,...i->...", a, b),
        lambda a, b: np.einsum("...i,...i->...", a, b),
    ),
}


def _change(what: str) -> Callable[..., tuple[()]]:
    """A change in place, written as a person writes it; no new value comes of it."""

    def run(a: Any, b: Any) -> tuple[()]:
        if what == "add":
            a += b
        elif what == "mul":
            a *= b
        else:
            a[...] = b
        return ()

    return run


CHANGES = {f"{what} in place": _same(_change(what)) for what in ("add", "mul", "set")}
KITS = UNARY | BINARY | SHAPING | JOINING | CHANGES | {"clone": _same(lambda a: a * 1.0)}


# --- running ------------------------------------------------------------------------------


def run(program: Program, leaves: Sequence[Any], ours: bool) -> list[Any]:
    """All values of a program, in order; changes in place show in those made before."""
    values = list(leaves) if ours else [np.asarray(x + 0j) for x in leaves]
    for step in program.steps:
        function = KITS[step.name][0 if ours else 1]
        made = function(*(values[place] for place in step.places), *step.params)
        made = made if isinstance(made, tuple) else (made,)
        values += made if ours else [np.asarray(part) for part in made]
    return values


def result(program: Program, leaves: Sequence[Any], ours: bool = True) -> Any:
    """The last values of a program, weighted and summed into one number."""
    values = run(program, leaves, ours)[-len(program.weights) :]
    total: Any = 0.0
    for value, weight in zip(values, program.weights, strict=True):
        total = total + (value * weight).sum()
    return total


def along(program: Program, leaves: Sequence[Array], directions: Sequence[Array]) -> float:
    """The derivative along directions, by a complex step."""
    moved = [x + 1j * STEP * v for x, v in zip(leaves, directions, strict=True)]
    return float(np.imag(result(program, moved, ours=False))) / STEP


def gradients(program: Program, leaves: Sequence[Array]) -> list[Array]:
    """The gradient by every leaf, element by element."""
    found = [np.zeros(x.shape) for x in leaves]
    for number, x in enumerate(leaves):
        for index in np.ndindex(x.shape):
            directions = [np.zeros(y.shape) for y in leaves]
            directions[number][index] = 1.0
            found[number][index] = along(program, leaves, directions)
    return found


# --- drawing ------------------------------------------------------------------------------

SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3), (3, 2), (2, 2, 2)]
INDICES: dict[int, list[Any]] = {
    1: [0, -1, np.s_[1:], np.s_[::-1], np.s_[None, :], np.array([0, 0, -1]), ...],
    2: [0, np.s_[:, -1], np.s_[:, ::-1], np.s_[..., 0], (0, np.array([0, 0])), np.array([-1, 0])],
    3: [np.s_[0, :, -1], np.s_[:, None, 0], (np.array([0, -1]), slice(None), np.array([0, 0]))],
}
VIEWS: dict[int, list[Any]] = {
    1: [np.s_[:2], np.s_[::-1], np.s_[:]],
    2: [0, np.s_[:, 0], np.s_[:, 1:], np.s_[::-1]],
    3: [0, np.s_[:, 0], np.s_[..., 0]],
}


KINKS = {
    **dict.fromkeys(["abs", "relu", "clamp"], "sin"),
    **dict.fromkeys(["maximum", "minimum", "where", "masked"], "mul"),
    "amax": "mean",
    "sort": "cumsum",
}
"""What has kinks, and the smooth operation that is taken where one is near."""
CONSTANTS = ("detach", "constant")
AWAY = 0.01


def _distance(name: str, a: Array, b: Any = 0.0) -> float:
    """How far the values are from a kink of an operation, where a rounding would decide."""
    if name in ("amax", "sort"):
        gaps = np.diff(np.sort(a, axis=None))
    elif name in ("maximum", "minimum", "where"):
        gaps = a - b
    else:
        gaps = abs(a) - 1.0 if name == "clamp" else a
    return float(np.abs(gaps).min(initial=1.0))


class Writer:
    """Draws one step after the other, and knows the numbers that each one makes."""

    def __init__(self, draw: Any, seed: int, constants: bool) -> None:
        self.draw, self.constants = draw, constants
        rng = np.random.default_rng(seed)
        shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3))
        self.program = Program([rng.uniform(-1.5, 1.5, shape) for shape in shapes])
        self.values: list[Array] = [np.asarray(x + 0j) for x in self.program.leaves]
        self.rng = rng

    def place(self, fits: Callable[[Array], bool] = lambda a: True) -> int | None:
        """The number of a value; the younger, the likelier."""
        fitting = [i for i, a in enumerate(self.values) if fits(a) and np.abs(a).max() < 4.0]
        if not fitting:
            return None
        return fitting[-1 - min(self.draw(st.integers(0, 7)), len(fitting) - 1)]

    def pick(self, options: Sequence[Any]) -> Any:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def add(self, name: str, *places: int, params: tuple[Any, ...] = ()) -> None:
        """Write a step down, a smooth one near a kink; scale what has grown too large."""
        if not self.constants and name in CONSTANTS:
            name = "sin"
        if name in KINKS and _distance(name, *(self.values[i].real for i in places)) < AWAY:
            name = KINKS[name]
        self.program.steps.append(Step(name, places, params))
        made = KITS[name][1](*(self.values[i] for i in places), *params)
        self.values += map(np.asarray, made if isinstance(made, tuple) else (made,))
        largest = float(np.abs(self.values[-1]).max())
        if largest > 3.0:
            factor = self.rng.uniform(0.5, 1.0) * 3.0 / largest
            self.add("scale", len(self.values) - 1, params=(factor,))

    # each of these draws one step of its kind, if one is possible

    def unary(self) -> None:
        self.add(self.pick(list(UNARY)), self.place() or 0)

    def binary(self) -> None:
        first = self.place() or 0
        other = self.place(lambda b: _broadcasts(self.values[first], b))
        assert other is not None, "a value fits itself"
        self.add(self.pick(list(BINARY)), first, other)

    def reduction(self) -> None:
        place = self.place() or 0
        dims = [None, *range(self.values[place].ndim)]
        params = (self.pick(dims), self.draw(st.booleans()))
        name = self.pick(["sum", "mean", "prod", "amax", "var"])
        if name == "amax" and params[0] is None:
            params = (None, False)
        self.add(name, place, params=params)

    def along_dim(self) -> None:
        place = self.place(lambda a: a.ndim > 0)
        if place is not None:
            names = ["softmax", "logsumexp", "cumsum", "cumprod", "sort", "flip", "roll"]
            names += ["unbind", "split"]
            dim = self.pick(range(self.values[place].ndim))
            self.add(self.pick(names), place, params=(dim,))

    def shaping(self) -> None:
        place = self.place() or 0
        a = self.values[place]
        name = self.pick(["reshape", "permute", "unsqueeze", "expand", "constant"])
        options: dict[str, list[tuple[Any, ...]]] = {
            "reshape": [((a.size,),), ((1, -1),), ((-1, 1),), (a.shape[::-1],)],
            "permute": [(tuple(range(a.ndim))[::-1],)],
            "unsqueeze": [(0,), (-1,)],
            "expand": [((2, *a.shape),)],
            "constant": [()],
        }
        if a.ndim < 3 or name in ("reshape", "permute", "constant"):
            self.add(name, place, params=self.pick(options[name]))

    def indexing(self) -> None:
        place = self.place(lambda a: a.ndim > 0)
        if place is not None:
            self.take(place, INDICES)

    def take(self, place: int, indices: dict[int, list[Any]]) -> None:
        """An index or a view that leaves something over."""
        a = self.values[place]
        self.add("getitem", place, params=(self.pick([i for i in indices[a.ndim] if a[i].size]),))

    def joining(self) -> None:
        first = self.place(lambda a: a.ndim > 0)
        if first is None:
            return
        a = self.values[first]
        name = self.pick(["cat", "stack", "matmul", "einsum"])
        fits = {
            "cat": lambda b: b.shape == a.shape,
            "stack": lambda b: b.shape == a.shape and a.ndim < 3,
            "matmul": lambda b: 0 < b.ndim < 3 and a.ndim < 3 and a.shape[-1] == b.shape[0],
            "einsum": lambda b: b.ndim > 0 and a.shape[-1] == b.shape[-1] and _broadcasts(a, b),
        }
        other = self.place(fits[name])
        if other is not None:
            params = (self.pick(range(a.ndim)),) if name in ("cat", "stack") else ()
            self.add(name, first, other, params=params)

    def change(self) -> None:
        """A copy, a view of it, and a change of one that shows in the other."""
        first = self.place() or 0
        self.add("clone", first)
        base = target = len(self.values) - 1
        if self.values[base].ndim:
            self.take(base, VIEWS)
            view = len(self.values) - 1
            target = self.pick([base, view]) if self.values[view].ndim else base
        shape = self.values[target].shape
        other = self.place(lambda b: _broadcasts_to(b.shape, shape))
        if other is not None and other < base:
            self.add(f"{self.pick(['add', 'mul', 'set'])} in place", target, other)

    def change_anything(self) -> None:
        """A change of any result; what was saved of it, or looks into it, is met as it is."""
        leaves, changeable = self.values[: len(self.program.leaves)], []
        for i, a in enumerate(self.values):
            family = [b for b in self.values if np.shares_memory(a, b)]
            elements = any(b.ndim == 0 for b in family) and len(family) > 1
            of_leaf = any(np.shares_memory(a, b) for b in leaves)
            if a.flags.writeable and not elements and not of_leaf:
                changeable.append(i)
        if changeable:
            target = changeable[-1 - min(self.draw(st.integers(0, 3)), len(changeable) - 1)]
            shape = self.values[target].shape
            other = self.place(lambda b: _broadcasts_to(b.shape, shape))
            if other is not None:
                self.add(f"{self.pick(['add', 'mul', 'set'])} in place", target, other)


KINDS = ["unary", "binary", "reduction", "along_dim", "shaping", "indexing", "joining", "change"]


def _broadcasts(a: Array, b: Array) -> bool:
    pairs = zip(a.shape[::-1], b.shape[::-1], strict=False)
    if not all(m == n or 1 in (m, n) for m, n in pairs):
        return False
    return np.broadcast(a, b).size <= max(a.size, b.size, LARGE)


def _broadcasts_to(shape: tuple[int, ...], target: tuple[int, ...]) -> bool:
    pairs = zip(shape[::-1], target[::-1], strict=False)
    return len(shape) <= len(target) and all(m in (1, n) for m, n in pairs)


@st.composite
def programs(
    draw: Any, low: int = 5, high: int = 60, constants: bool = True, anything: bool = False
) -> Program:
    """A program of between `low` and `high` operations.

    With `constants` some stop gradients; with `anything` every result may be changed in place,
    saved or not.
    """
    writer = Writer(draw, draw(st.integers(0, 2**16)), constants)
    count = draw(st.sampled_from([high, low, *range(low, high + 1, 5)]))
    while len(writer.program.steps) < count:
        getattr(writer, writer.pick([*KINDS, "change_anything"] if anything else KINDS))()
        if writer.values[-1].size > LARGE:
            writer.add("sum", len(writer.values) - 1, params=(0, False))
    program = writer.program
    shown = writer.values[-4:]
    program.weights = [writer.rng.uniform(-1, 1, value.shape) for value in shown]
    return program
