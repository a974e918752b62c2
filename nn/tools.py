"""Looking at a model and changing it: summary, freezing, a new head, features."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import numpy as np

import autograd as ag
from nn.convolution import Conv1d, Conv2d
from nn.evaluating import evaluating, tensor_of
from nn.linear import Linear
from nn.module import Module
from nn.parameter import set_trained
from nn.summary import Row as Row, Summary as Summary, summary as summary

M = TypeVar("M", bound=Module)


# --- freezing -----------------------------------------------------------------------------


def freeze(model: M, *parts: str | Module) -> M:
    """Stop training a model, or parts of it, and return it (transfer learning; lectures A, E).

    Args:
        model: what is changed.
        *parts: paths of modules or parameters, with ``*``, ``?`` and ``[0-3]`` for many, or
            modules themselves; everything where there are none.

    An optimizer passes over frozen parameters. Batch normalisation follows its batches all
    the same until it is in evaluation mode: ``model.features.eval()``.

    Raises:
        UnknownNameError: a path that fits nothing.
        ArgumentError: a module that is no part of the model, or what is no model.

    >>> import nn
    >>> model = freeze(nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)), "0")
    >>> [name for name, p in model.named_parameters() if p.requires_grad]
    ['2.weight', '2.bias']
    """
    return _switch(model, parts, False)


def unfreeze(model: M, *parts: str | Module) -> M:
    """Train a model, or parts of it, again; arguments and errors are those of `freeze`."""
    return _switch(model, parts, True)


def _switch(model: M, parts: tuple[str | Module, ...], requires_grad: bool) -> M:
    if not isinstance(model, Module):
        raise ag.ArgumentError(f"freeze() takes a module, and not {model!r:.60}")
    chosen = [_parameters(model, part) for part in parts] or [list(model.parameters())]
    for parameters in chosen:
        for parameter in parameters:
            set_trained(parameter, requires_grad)
    return model


def _parameters(model: Module, part: str | Module) -> list[ag.Tensor]:
    """The parameters of a part of the model."""
    if isinstance(part, Module):
        if not any(part is module for module in model.modules()):
            raise ag.ArgumentError(
                f"{part.describe()} is no part of this {type(model).__name__}; name the path of "
                "the part, or take it from the model: freeze(model, model.features)."
            )
        return list(part.parameters())
    named = model.named_parameters(remove_duplicate=False)
    found = [parameter for path, parameter in named if _fits(path, part)]
    if not found:
        names = ", ".join(repr(name) for name, _ in model.named_children())
        raise ag.UnknownNameError(
            f"No parameter of {type(model).__name__} fits {part!r}. Its parts are "
            f"{names or 'none'}; write the path of a module or of a parameter, with * for any text."
        )
    return found


def _fits(path: str, pattern: str) -> bool:
    """Whether a pattern names a parameter or a module that holds it."""
    names = path.split(".")
    return any(fnmatchcase(".".join(names[:end]), pattern) for end in range(1, len(names) + 1))


# --- a new head ---------------------------------------------------------------------------


def replace_head(
    model: M, new_layer: Module | int, path: str | None = None, *, rng: Any = None
) -> M:
    """Put another last layer into a model, and return it (transfer learning; lectures A, E).

    Args:
        model: what is changed.
        new_layer: the new layer; or a number of outputs, for a layer of the old one's kind,
            size and dtype with new first values.
        path: where it goes; the last linear or convolutional layer otherwise.
        rng: a generator or a seed, for a layer that is made here.

    Raises:
        UnknownNameError: no such path.
        ArgumentError: a model without such a layer, or one that is replaced by itself.
        ShapeError: a new layer that does not take what the old one took.

    >>> import nn
    >>> replace_head(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 5)), 3)[2]
    Linear(in_features=8, out_features=3, bias=True)
    """
    path = _head(model) if path is None else path
    old = model.get_submodule(path)
    if old is model:
        raise ag.ArgumentError("replace_head: the path '' is the model itself; name a layer of it.")
    new = _like(old, new_layer, rng) if isinstance(new_layer, int) else new_layer
    _check_head(old, new)
    owner, _, name = path.rpartition(".")
    model.get_submodule(owner).register_module(name, new)
    return model


def _head(model: Module) -> str:
    kinds = (Linear, Conv1d, Conv2d)
    paths = [path for path, module in model.named_modules() if path and isinstance(module, kinds)]
    if not paths:
        raise ag.ArgumentError(
            f"replace_head: {type(model).__name__} has no linear or convolutional layer; say with "
            "path= which layer to replace."
        )
    return paths[-1]


def _like(old: Module, outputs: int, rng: Any) -> Module:
    """A layer of the same kind with another number of outputs."""
    if isinstance(old, Linear):
        return Linear(
            old.in_features, outputs, old.bias is not None, dtype=old.weight.dtype, rng=rng
        )
    if isinstance(old, (Conv1d, Conv2d)):
        sizes = (old.kernel_size, old.stride, old.padding, old.dilation, old.groups)
        more = (old.bias is not None, old.padding_mode)
        kind = {"dtype": old.weight.dtype, "rng": rng}
        return type(old)(old.in_channels, outputs, *sizes, *more, **kind)
    raise ag.ArgumentError(
        f"replace_head: {old.describe()} is neither linear nor a convolution; give the new layer "
        "instead of a number of outputs."
    )


def _check_head(old: Module, new: Module) -> None:
    if not isinstance(new, Module):
        raise ag.ArgumentError(f"replace_head takes a module or a number of outputs, got {new!r}.")
    for size in ("in_features", "in_channels"):
        takes, given = getattr(new, size, None), getattr(old, size, None)
        if takes is not None and given is not None and takes != given:
            raise ag.ShapeError(
                f"replace_head: {new.describe()} takes {takes} {size[3:]}, and {old.describe()}, "
                f"whose place it is to take, is given {given}."
            )


# --- features -----------------------------------------------------------------------------


def features(model: Module, layer: str | Sequence[str], *, flatten: bool = False) -> Features:
    """A model cut off after a layer: what that layer says of an input (lecture A).

    For a linear SVM or a logistic regression on top, for pictures of activation maps, or as
    the lower part of another model.

    Args:
        model: whose layer it is; it is shared, not copied.
        layer: the path of the layer, or several, for a dict of their outputs.
        flatten: whether the output of each example is one row, (N, …) → (N, features).

    Raises:
        UnknownNameError: no such layer.

    >>> import nn
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3))
    >>> features(model, layer="1")(ag.ones(5, 2)).shape
    (5, 8)
    """
    return Features(model, layer, flatten)


class Features(Module):
    """A model that ends after some of its layers; made by `features`.

    Attributes:
        model: the whole model.
        layers: the paths of the layers that are looked at.
    """

    def __init__(self, model: Module, layer: str | Sequence[str], flatten: bool = False) -> None:
        self.model, self.flatten = model, flatten
        self.single = isinstance(layer, str)
        self.layers = (layer,) if isinstance(layer, str) else tuple(layer)
        if not self.layers:
            raise ag.ArgumentError("features(model, layer=[]): name at least one layer.")
        for path in self.layers:
            model.get_submodule(path)

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """The output of the layer, or a dict of outputs by path; later layers do not run.

        Raises:
            StateError: the model ran, and a layer among these did not.
        """
        found: dict[str, Any] = {}
        handles = [self._watch(path, found) for path in self.layers]
        try:
            self.model(*inputs, **options)
        except _Found:
            pass
        finally:
            for handle in handles:
                handle.remove()
        missing = [path for path in self.layers if path not in found]
        if missing:
            raise ag.StateError(
                f"{type(self.model).__name__} did not call its layer {missing[0]!r}, so that there "
                "is no output of it."
            )
        return found[self.layers[0]] if self.single else {p: found[p] for p in self.layers}

    def _watch(self, path: str, found: dict[str, Any]) -> Any:
        def seen(module: Module, args: Any, output: Any) -> None:
            found[path] = ag.flatten(output, 1) if self.flatten else output
            if len(found) == len(set(self.layers)):
                raise _Found

        return self.model.get_submodule(path).register_forward_hook(seen)

    def arrays(self, inputs: Any, batch_size: int = 256) -> np.ndarray:
        """The features of many examples as one NumPy array, (N, features).

        In evaluation mode and batch by batch, nothing recorded; what other libraries train on.

        Raises:
            StateError: several layers, whose outputs do not go into one array.
            RangeError: a batch size below 1, or no examples.
        """
        if not self.single:
            raise ag.StateError("arrays() goes with one layer; these are several.")
        if batch_size < 1 or not len(inputs):
            raise ag.RangeError(
                f"arrays(): {len(inputs)} examples in batches of {batch_size}; both at least 1."
            )
        data = tensor_of(inputs)
        starts = range(0, len(inputs), batch_size)
        with evaluating(self):
            return np.concatenate([self._rows(data[i : i + batch_size]) for i in starts])

    def _rows(self, batch: Any) -> np.ndarray:
        output = self(batch)
        rows: np.ndarray = output.data.reshape(len(batch), -1)
        return rows

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"layers={self.layers}"

    def describe(self) -> str:
        """``Features(AlexNet, features.12)``."""
        return f"Features({type(self.model).__name__}, {', '.join(self.layers)})"


class _Found(BaseException):
    """Ends a forward pass once all outputs are there; no model catches it by accident."""
