"""The tensor: what a person holds. A scalar is a tensor of shape (), a parameter a named leaf."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from autograd.core import sweep
from autograd.core.arrays import replacement
from autograd.core.construction import Constructing
from autograd.core.errors import (
    ArgumentError,
    GradientError,
    IndexingError,
    ShapeError,
    StateError,
)
from autograd.core.fast import make_tensors
from autograd.core.graph import Entry, entry
from autograd.core.hooks import Hooks, notes_of
from autograd.core.inplace import InPlace
from autograd.core.leaves import Leaves
from autograd.core.mode import current, get_default_dtype
from autograd.core.node import Array, Handle, Node, Notes, share_version, wrap
from autograd.core.numpy_protocols import NumPyProtocols
from autograd.core.primitive import REGISTRY
from autograd.core.spec import spec_of

if TYPE_CHECKING:
    from autograd.core._attached import Attached
else:

    class Attached:
        """Stands for the operations that `autograd.ops` attaches as methods."""

        __slots__ = ()


class Tensor(Attached, Leaves, InPlace, Hooks, NumPyProtocols, metaclass=Constructing):
    """An array that remembers how it came to be.

    Operations on tensors with ``requires_grad`` are recorded, and `backward` follows the
    record to fill ``.grad`` of the leaves. Make one with `autograd.tensor`.

    >>> import autograd as ag
    >>> x = ag.tensor(3.0, requires_grad=True)
    >>> (x * x).backward()
    >>> x.grad
    tensor(6.)
    """

    __slots__ = ()

    if TYPE_CHECKING:

        def __init__(
            self,
            data: Any,
            *,
            dtype: Any = None,
            requires_grad: bool = False,
            name: str | None = None,
        ) -> None: ...

    # --- what it is -------------------------------------------------------------------

    @property
    def data(self) -> Array:
        """The array itself: a change of it is not recorded (see `autograd.increment_version`).

        What is assigned takes its place without a copy: an array, that of a tensor, or a
        number or a list in this tensor's dtype.

        Raises:
            DTypeError: what is assigned holds no real numbers, or integers while this tensor
                requires a gradient.
        """
        return self.value

    @data.setter
    def data(self, data: Any) -> None:
        self.value = replacement(data, self)
        self.spec = spec_of(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return int(self.value.ndim)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The kind and width of the numbers."""
        dtype: np.dtype[Any] = self.value.dtype
        return dtype

    @property
    def T(self) -> Tensor:
        """The transpose of a matrix."""
        return self.t()

    @property
    def mT(self) -> Tensor:
        """The transpose of the last two dimensions, for batches of matrices."""
        return self.transpose(-1, -2)

    @property
    def node(self) -> Node | None:
        """The record of the operation that made this tensor; None for a leaf."""
        return None if self.edge is None else self.edge.node

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made this tensor."""
        return self.edge is None or not self.requires_grad

    @property
    def name(self) -> str | None:
        """The name that pictures show."""
        return self.label if self.edge is None else self.edge.name

    @name.setter
    def name(self, name: str | None) -> None:
        if not (name is None or isinstance(name, str)):
            raise ArgumentError(f"A tensor's name is a string, got {type(name).__name__}.")
        notes_of(self).name = name

    def where(self, condition: Any, other: Any) -> Tensor:
        """This tensor where the condition holds, `other` elsewhere."""
        chosen: Tensor = REGISTRY["where"].function(condition, self, other)
        return chosen

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension.

        Raises:
            IndexingError: there is no such dimension.
        """
        if dim is None:
            return self.shape
        if not -self.ndim <= dim < self.ndim:
            raise IndexingError(
                f"size({dim}): the shape is {self.shape}, of {self.ndim} dimensions."
            )
        return self.shape[dim]

    def numel(self) -> int:
        """The number of elements."""
        return int(self.value.size)

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def __len__(self) -> int:
        if not self.ndim:
            raise ArgumentError("len() of a tensor of shape (): a single number has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise ArgumentError("A tensor of shape () is a single number; there is no iterating.")
        return iter(REGISTRY["unbind"].function(self))

    __hash__ = object.__hash__

    def __contains__(self, value: Any) -> bool:
        return bool((self.value == (value.value if isinstance(value, Handle) else value)).any())

    def __repr__(self) -> str:
        text = np.array2string(self.value, separator=", ", prefix="tensor(")
        parts = [text if self.value.size else f"[], shape={self.shape}"]
        if self.dtype not in (get_default_dtype(), np.int64, np.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.node is not None:
            parts.append(f"op={self.node.op.name}")
        elif self.requires_grad:
            parts.append("requires_grad=True")
        if self.name is not None:
            parts.append(f"name={self.name!r}")
        return f"tensor({', '.join(parts)})"

    # --- numbers out ------------------------------------------------------------------

    def item(self) -> Any:
        """The single element as a Python number.

        Raises:
            ShapeError: there is not exactly one element.
        """
        if self.value.size != 1:
            raise ShapeError(
                f"item() gives the number in a tensor of one element; this one has shape "
                f"{self.shape}. Reduce it first (.sum(), .mean(), .max()), or use .tolist()."
            )
        return self.value.item()

    def tolist(self) -> Any:
        """The elements as nested Python lists (a plain number for shape ())."""
        return self.value.tolist()

    def numpy(self) -> Array:
        """The array itself, not a copy: writing into it changes the tensor unnoticed.

        Raises:
            GradientError: the tensor requires a gradient; write ``.detach().numpy()``.
        """
        if self.requires_grad:
            raise GradientError(
                "This tensor requires a gradient, and a plain array would lose it silently. "
                "Write .detach().numpy() if that is what you want."
            )
        return self.value

    def __bool__(self) -> bool:
        if self.value.size != 1:
            raise ShapeError(
                f"The truth value of a tensor of shape {self.shape} is ambiguous: it has "
                f"{self.value.size} elements. Use .all() or .any() of its array, or compare "
                "one element."
            )
        return bool(self.value.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.value.size != 1:
            raise ArgumentError(
                f"Only a single integer can be an index; this tensor is {self.dtype} {self.shape}."
            )
        return int(self.value.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    # --- the gradient -----------------------------------------------------------------

    def detach(self) -> Tensor:
        """The same numbers without their history; memory is shared, gradients stop here."""
        tensor: Tensor = wrap(type(self), self.value)
        share_version(tensor, self)
        if self.needs_grad:
            place, index = (self, 0) if self.edge is None else (self.edge.node, self.edge.index)
            tensor.notes = Notes()
            tensor.notes.origin = ref(place), index
        if (tape := current().tape) is not None:
            tape.detached(self, tensor)
        return tensor

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None:
        """Add ∂self/∂leaf to ``.grad`` of every leaf that this tensor depends on.

        The graph stands afterwards: a second call gives the same gradients, accumulated.

        Args:
            gradient: the gradient to start from, of this tensor's shape; 1 for a scalar.
            retain_graph: accepted for PyTorch's sake; the graph is always retained.
            create_graph: refused; a gradient with history belongs into `autograd.grad`.
            inputs: fill ``.grad`` of these leaves only.

        Raises:
            GradientError: no history, no scalar and no `gradient`, or a wrong shape.
            InPlaceError: a value that a rule needs was changed in place.
        """
        if create_graph:
            raise GradientError(
                "backward(create_graph=True) would store a gradient with history in .grad, and "
                "graph and gradient would keep each other alive for ever. Use "
                "autograd.grad(output, inputs, create_graph=True), which returns it."
            )
        start = sweep.seed(self, gradient, "backward()")
        run = partial(sweep.backward, [(entry(self), start)], _leaves_among(inputs))
        tape = current().tape
        if tape is None:
            run()
        else:
            tape.backward(self, start, run)

    # --- copies -----------------------------------------------------------------------

    def __copy__(self) -> Tensor:
        self._refuse_history("copy")
        tensor: Tensor = _rebuild(type(self), self.value, self.requires_grad, self.label)
        share_version(tensor, self)
        return tensor

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        self._refuse_history("deepcopy")
        tensor: Tensor = wrap(type(self), self.value.copy(), self.requires_grad)
        memo[id(self)] = tensor
        tensor.name = self.name
        if self.accumulated is not None:
            tensor.accumulated = wrap(type(self), self.accumulated.value.copy())
        return tensor

    def __reduce__(self) -> Any:
        self._refuse_history("pickle")
        return _rebuild, (type(self), self.value, self.requires_grad, self.label)

    def _refuse_history(self, what: str) -> None:
        if self.edge is not None:
            raise StateError(
                f"{what} takes leaves only: this tensor is the result of "
                f"{self.edge.node.op.name}, and its graph cannot be copied with it. "
                "Take detach() of it."
            )


def _rebuild(kind: type[Tensor], data: Array, requires_grad: bool, name: str | None) -> Tensor:
    tensor: Tensor = wrap(kind, data, requires_grad)
    tensor.name = name
    return tensor


def _leaves_among(inputs: Tensor | Sequence[Tensor] | None) -> list[Entry] | None:
    if inputs is None:
        return None
    tensors = [inputs] if isinstance(inputs, Handle) else list(inputs)
    if not tensors:
        raise GradientError("backward(inputs=[]): name at least one leaf, or leave inputs out.")
    for tensor in tensors:
        if tensor.edge is not None:
            raise GradientError(
                "backward(inputs=…) fills .grad of leaves, and one of the inputs is the result "
                "of an operation. Use autograd.grad for it."
            )
    return [entry(tensor) for tensor in tensors]


make_tensors(Tensor)


def tensor(
    data: Any, *, dtype: Any = None, requires_grad: bool = False, name: str | None = None
) -> Tensor:
    """A new leaf tensor with a copy of `data`.

    Python floats (and lists of them) take the default dtype, float64 unless
    `set_default_dtype` said otherwise; arrays keep theirs.

    Args:
        data: a number, nested lists, an array or a tensor without history.
        dtype: the dtype to convert to.
        requires_grad: whether operations on it are recorded for `Tensor.backward`.
        name: the name that pictures show.

    Raises:
        DTypeError: the data are not real numbers, or integers that shall have a gradient.
        ShapeError: nested lists of unequal lengths.

    >>> tensor([1.0, 2.0], requires_grad=True, name="w")
    tensor([1., 2.], requires_grad=True, name='w')
    """
    return Tensor(data, dtype=dtype, requires_grad=requires_grad, name=name)
