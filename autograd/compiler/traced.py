"""Arrays and numbers that take notes: each NumPy call on them becomes an instruction.

A traced array computes as an array does, and writes down what was called. Reading it into
Python's control flow is an error in a person's code; where the engine itself decides by a
value (is this index inside?), the answer becomes an assumption that each later run checks.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd.compiler import origin
from autograd.compiler.recorder import Recorder
from autograd.compiler.refusals import AS_ARRAY, refuse_swap, refused
from autograd.core.node import Handle

METHODS = frozenset(
    [
        "reshape",
        "astype",
        "sum",
        "copy",
        "squeeze",
        "mean",
        "max",
        "min",
        "all",
        "any",
        "ravel",
        "transpose",
        "swapaxes",
        "argmax",
        "argmin",
        "cumsum",
        "repeat",
        "prod",
        "fill",
        "nonzero",
        "take",
        "flatten",
        "clip",
        "argsort",
        "round",
        "dot",
        "view",
        "var",
        "std",
        "cumprod",
        "diagonal",
        "trace",
        "conj",
    ]
)
"""Methods of arrays that are understood."""

_PLAIN = frozenset(
    (np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.iscomplexobj, np.may_share_memory)
)
"""Functions of shapes and dtypes alone, which are known while tracing."""

_VARYING = frozenset(("nonzero", "flatnonzero", "argwhere", "unique", "compress", "extract"))
"""Functions whose result has a size that depends on values."""


_SHOWN = frozenset(("array2string", "array_repr", "array_str"))
"""Functions that make a text of an array."""

_WRITTEN = frozenset(("save", "savez", "savez_compressed", "savetxt"))
"""Functions that write an array to a file."""

_UNKNOWN = frozenset(
    ("tobytes", "tofile", "dump", "dumps", "flat", "ctypes", "data", "byteswap", "sort")
)
"""What arrays have and traced ones have not: it would be done to the numbers of one call."""

_FURTHER = {name for name in dir(np.ndarray) if not name.startswith("_")} - {"base", "device"}
"""What else arrays have; the engine asks which array another one looks into."""

_SAID = "by print(), str() or repr()"
_TRUTH = "by bool(), in if, while, and, or, or assert"


class Traced(NDArrayOperatorsMixin):
    """An array whose calls are written down.

    Attributes:
        recorder: who writes.
        array: the numbers of this run.
        slot: what the program calls it.
    """

    __slots__ = ("array", "recorder", "slot")
    __hash__ = object.__hash__
    __array_priority__ = 1000

    def __init__(self, recorder: Recorder, array: Any, slot: Any) -> None:
        self.recorder, self.array, self.slot = recorder, array, slot

    # --- what is known without its numbers -----------------------------------------------

    @property
    def shape(self) -> Any:
        """The size of each dimension."""
        return self.array.shape

    @property
    def dtype(self) -> Any:
        """The kind and width of the numbers."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return int(self.array.ndim)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(self.array.size)

    @property
    def strides(self) -> Any:
        """The steps in memory."""
        return self.array.strides

    @property
    def flags(self) -> Any:
        """How it lies in memory."""
        return self.array.flags

    @property
    def itemsize(self) -> int:
        """The bytes of an element."""
        return int(self.array.itemsize)

    @property
    def nbytes(self) -> int:
        """The bytes of all elements."""
        return int(self.array.nbytes)

    def __len__(self) -> int:
        return len(self.array)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """That of the array, or of NumPy's number, where a person asks."""
        if not origin.is_asked_by(sys._getframe(1)):
            return Traced
        return self.dtype.type if self.slot.is_scalar else np.ndarray

    def __repr__(self) -> str:
        if self.recorder.may_read(self, _SAID):
            return repr(self.recorder.read(self, _SAID))
        return repr(self.array)  # in an error of the engine's

    def __str__(self) -> str:
        return str(self.recorder.read(self, _SAID))

    def __format__(self, spec: str) -> str:
        return format(self.recorder.read(self, _SAID), spec)

    def __bytes__(self) -> bytes:
        return bytes(self.recorder.read(self, "by bytes()"))

    # --- calls -----------------------------------------------------------------------------

    @property
    def T(self) -> Any:
        """The array with its dimensions reversed."""
        return self.recorder.add("attribute", "T", operator.attrgetter("T"), (self,))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for part in inputs:
            if isinstance(part, Handle):
                return NotImplemented  # beside a tensor it is an array as any other
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        call = ufunc if method == "__call__" else getattr(ufunc, method)
        return self.recorder.ufunc(name, call, inputs, kwargs, method == "at")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        tensors = [kind for kind in types if issubclass(kind, Handle)]
        if tensors:
            return tensors[0].__array_function__(self, function, tensors, args, kwargs)
        if function.__name__ in _SHOWN:
            return function(self.recorder.read(self, _SAID), *args[1:], **kwargs)
        if function.__name__ in _WRITTEN:
            return self._written(function, args, kwargs)
        if function in _PLAIN:
            return function(*self.recorder.arrays(args), **self.recorder.arrays(kwargs))
        return self.recorder.function(function, args, kwargs, function.__name__ in _VARYING)

    def _written(self, function: Any, args: Any, kwargs: Any) -> Any:
        """To a file, if all of it is known."""
        self.recorder.read(self, f"by np.{function.__name__}()")
        return function(*args, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        if index.__class__ is tuple and not index and origin.asked_in_passing():
            return self
        parts = index if isinstance(index, tuple) else (index,)
        masked = any(getattr(part, "dtype", None) == np.bool_ for part in parts)
        return self.recorder.add(
            "getitem", "", operator.getitem, (self, index), varying=masked and self.ndim > 0
        )

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(value) is Traced and value.slot.memory == self.slot.memory:
            refuse_swap(sys._getframe(1))
        self.recorder.add("setitem", "", operator.setitem, (self, index, value), writes=(self,))

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __getattr__(self, name: str) -> Any:
        if self.recorder.rests:
            return getattr(self.array, name)
        if name in _UNKNOWN:
            return getattr(self.recorder.read(self, f"by .{name}"), name)
        if name not in METHODS:
            return self._further(name)

        def run(array: Any, *args: Any, **kwargs: Any) -> Any:
            return getattr(array, name)(*args, **kwargs)

        def call(*args: Any, **kwargs: Any) -> Any:
            writes = (self,) if name == "fill" else ()
            return self.recorder.add(
                "method", name, run, (self, *args), kwargs, writes, name == "nonzero"
            )

        return call

    def _further(self, name: str) -> Any:
        """What arrays have and nobody has written down: of a known one, or refused to a person."""
        if name not in _FURTHER or not self.recorder.may_read(self, f"by .{name}"):
            raise AttributeError(f"a traced array has no attribute {name!r}")
        return getattr(self.recorder.read(self, f"by .{name}"), name)

    # --- no way out ------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(self.recorder.decide(self, bool(self.array), _TRUTH))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.recorder.rests:
            return np.array(self.array, dtype, copy=copy)
        box = [np.array(self.recorder.read(self, AS_ARRAY), dtype)]
        if not copy:
            self.recorder.hand(self, box)
        return box[0]

    def __float__(self) -> float:
        return float(self.recorder.read(self, "by float() or .item()"))

    def __int__(self) -> int:
        return int(self.recorder.decide(self, int(self.array), "by int()"))

    def __index__(self) -> int:
        return int(self.recorder.decide(self, self.array.__index__(), "as an index"))

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            return round(self.recorder.read(self, "by round()"))
        return self.round(digits)

    def item(self, *args: Any) -> Any:
        """Refused, unless it is known, or the engine asks for a truth value."""
        if not args and self.dtype == np.bool_:
            return self.recorder.decide(self, self.array.item(), _TRUTH)
        return self.recorder.read(self, "by float() or .item()").item(*args)

    def tolist(self) -> Any:
        """Refused, unless they are known."""
        return self.recorder.read(self, "by .tolist()").tolist()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.recorder.read(self, "by pickle").__reduce_ex__(protocol)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()


class TracedNumber:
    """A Python number whose arithmetic is written down: a learning rate, a count of steps.

    Attributes:
        recorder: who writes.
        array: the number of this run.
        slot: what the program calls it.
    """

    __slots__ = ("array", "recorder", "slot")
    __hash__ = object.__hash__

    def __init__(self, recorder: Recorder, array: Any, slot: Any) -> None:
        self.recorder, self.array, self.slot = recorder, array, slot

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return Traced.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"<traced number {self.array!r}>"

    def __bool__(self) -> bool:
        return bool(self.recorder.decide(self, bool(self.array), _TRUTH))

    def __float__(self) -> float:
        raise self.recorder.refusal("by float()")

    def __int__(self) -> int:
        raise self.recorder.refusal("by int()")

    def __index__(self) -> int:
        return int(self.recorder.decide(self, operator.index(self.array), "as an index"))

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """That of the number: where the engine asks whether it is one, it is."""
        return type(self.array)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise refused(
            "makes an array of a single number that is another one at each call",
            "Draw an array, as in rng.random(1), or with ag.rand; or compute with the number as it "
            "is, as in x * lr.",
        )

    def __neg__(self) -> Any:
        return self.recorder.add("operator", "-", operator.neg, (self,))


def _operator(name: str, function: Callable[..., Any], reflected: bool) -> Callable[..., Any]:
    def call(self: TracedNumber, *others: Any) -> Any:
        if not all(isinstance(other, (int, float, TracedNumber)) for other in others):
            return NotImplemented
        args = (*others, self) if reflected else (self, *others)
        return self.recorder.add("operator", name, function, args)

    return call


OPERATORS: dict[str, tuple[str, Callable[..., Any]]] = {
    "add": ("+", operator.add),
    "sub": ("-", operator.sub),
    "mul": ("*", operator.mul),
    "truediv": ("/", operator.truediv),
    "floordiv": ("//", operator.floordiv),
    "mod": ("%", operator.mod),
    "pow": ("**", operator.pow),
}
_COMPARISONS: dict[str, tuple[str, Callable[..., Any]]] = {
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "eq": ("==", operator.eq),
    "ne": ("!=", operator.ne),
}
for _name, (_sign, _function) in {**OPERATORS, **_COMPARISONS}.items():
    setattr(TracedNumber, f"__{_name}__", _operator(_sign, _function, False))
for _name, (_sign, _function) in OPERATORS.items():
    setattr(TracedNumber, f"__r{_name}__", _operator(_sign, _function, True))


class TracedIterator:
    """What stands for an iterator: nothing may be taken from it, as later calls would not."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> TracedIterator:
        return self

    def __next__(self) -> NoReturn:
        raise refused(
            f"takes from {self.path}",
            "Later calls would meet the element of the trace again. Take it outside, and give it "
            "as an argument, as in step(next(batches)).",
        )
