"""What every layer, loss and model is: a function with parameters that it finds itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

import autograd as ag
from nn.hooks import Hooked
from nn.parameter import is_parameter as is_parameter, set_trained
from nn.sizes import shape_of as shape_of, with_shape as with_shape
from nn.state import (
    LoadReport as LoadReport,
    array_of,
    convert,
    floating,
    names_wrong,
    sizes_wrong,
)
from nn.walking import (
    found_in,
    free_name,
    gather,
    joined,
    once,
    own_buffers,
    own_children,
    own_parameters,
    own_state,
    registered,
    walk,
)

M = TypeVar("M", bound="Module")


class Module(Hooked):
    """A function with parameters; a model is a module made of modules.

    Write the attributes in ``__init__`` and the computation in `forward`. Parameters and
    child modules are found by walking the attributes in the order of their definition:
    a parameter is a leaf tensor that has a name or requires a gradient, unless it was
    registered as a buffer. Nothing has to be registered, and ``super().__init__()`` does
    no harm but is not needed.

    Attributes:
        training: True until `eval` is called; layers such as dropout look at it.

    >>> import autograd as ag
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = ag.tensor(2.0, requires_grad=True)
    ...
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> scale = Scale()
    >>> scale(ag.tensor(3.0)), dict(scale.named_parameters())
    (tensor(6., op=mul), {'factor': tensor(2., requires_grad=True)})
    """

    training: bool = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass defines its own.

        Raises:
            StateError: the class has no forward.
        """
        raise ag.StateError(
            f"{type(self).__name__} does not say what it computes: define forward(self, …) in it."
        )

    # --- what it is made of -----------------------------------------------------------

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules among the attributes with their names, a shared one once."""
        return once(own_children(self))

    def children(self) -> Iterator[Module]:
        """The modules among the attributes, a shared one once."""
        return (child for _, child in self.named_children())

    def named_modules(
        self, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module (under `prefix`) and all below it with their paths, such as ``"0.cell"``.

        Args:
            prefix: the path of this module itself.
            remove_duplicate: list a shared module under its first path only.
        """
        found = walk(prefix, self)
        return once(found) if remove_duplicate else found

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, a shared one once."""
        named = self.named_modules(remove_duplicate=remove_duplicate)
        return (module for _, module in named)

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, ag.Tensor]]:
        """The parameters with their paths, such as ``"0.weight"``.

        Args:
            prefix: the path of this module itself.
            recurse: include those of the modules below.
            remove_duplicate: list a shared parameter under its first path only.
        """
        found = gather(self, own_parameters, prefix, recurse)
        return once(found) if remove_duplicate else found

    def parameters(self, recurse: bool = True) -> Iterator[ag.Tensor]:
        """The parameters, a shared one once: what an optimizer takes."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as ``"encoder.0"``; the empty path is this one.

        Raises:
            UnknownNameError: there is none.
        """
        module = self
        for name in target.split(".") if target else ():
            module = found_in(module, name, target, dict(own_children(module)))
        return module

    def get_parameter(self, target: str) -> ag.Tensor:
        """The parameter at a path such as ``"encoder.0.weight"``.

        Raises:
            UnknownNameError: there is none.
        """
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        return found_in(owner, name, target, dict(own_parameters(owner)))

    def get_buffer(self, target: str) -> ag.Tensor:
        """The buffer at a path such as ``"norm.running_mean"``.

        Raises:
            UnknownNameError: there is none.
        """
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        return found_in(owner, name, target, dict(own_buffers(owner)))

    def register_module(self, name: str, module: Module | None) -> None:
        """Make a child module, as an assignment does, under a name that need not be fixed.

        Raises:
            NameTakenError, ArgumentError: a name that cannot be one, or not a module.
        """
        if module is not None and not isinstance(module, Module):
            raise ag.ArgumentError(f"register_module({name!r}, …) takes a module, got {module!r}.")
        vars(self)[free_name(self, name, dict(own_children(self)))] = module

    add_module = register_module

    def register_parameter(self, name: str, param: ag.Tensor | None) -> None:
        """Make a parameter, as an assignment does; None says that there is none.

        Raises:
            NameTakenError, ArgumentError: a name that cannot be one, or not a parameter.
        """
        if param is not None and not is_parameter(param):
            raise ag.ArgumentError(
                f"register_parameter({name!r}, …) takes a leaf made by nn.Parameter(…), got "
                f"{param!r}."
            )
        vars(self)[free_name(self, name, dict(own_parameters(self)))] = param

    def register_buffer(self, name: str, tensor: Any, persistent: bool = True) -> None:
        """Make an attribute that belongs to the state but is not trained.

        Args:
            name: the attribute's name.
            tensor: a tensor, an array or None.
            persistent: whether `state_dict` contains it.

        Raises:
            NameTakenError: the module has an attribute of that name.
        """
        plain = tensor is None or isinstance(tensor, ag.Tensor)
        vars(self)[free_name(self, name, registered(self))] = tensor if plain else ag.tensor(tensor)
        vars(self).setdefault("_buffers", {})[name] = persistent

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, ag.Tensor]]:
        """The buffers with their paths; arguments as in `named_parameters`."""
        found = gather(self, own_buffers, prefix, recurse)
        return once(found) if remove_duplicate else found

    def buffers(self, recurse: bool = True) -> Iterator[ag.Tensor]:
        """The buffers, a shared one once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # --- changing all of it -----------------------------------------------------------

    def apply(self: M, fn: Callable[[Module], Any]) -> M:
        """Call `fn` on every module below and on this one, children first."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Switch this module and all below it to training, or with False to evaluation."""
        for module in self.modules():
            module.training = bool(mode)
        return self

    def eval(self: M) -> M:
        """Switch this module and all below it to evaluation."""
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Freeze all parameters (False), or train them again (True)."""
        for parameter in self.parameters():
            set_trained(parameter, requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with False fill them with zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def to(self: M, dtype: Any) -> M:
        """Convert all floating parameters and buffers, in the tensors themselves.

        Raises:
            DTypeError: `dtype` is not a floating type.
        """
        wanted = floating(dtype)
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.dtype.kind == "f":
                convert(tensor, wanted)
        return self

    def half(self: M) -> M:
        """Convert to float16."""
        return self.to(np.float16)

    def float(self: M) -> M:
        """Convert to float32."""
        return self.to(np.float32)

    def double(self: M) -> M:
        """Convert to float64."""
        return self.to(np.float64)

    # --- saving and loading -----------------------------------------------------------

    def state_dict(self, *, prefix: str = "") -> dict[str, ag.Tensor]:
        """Parameters and persistent buffers by path, detached and sharing their memory.

        A shared parameter stands under each of its paths, as in PyTorch, and `prefix` is
        put before each, dots and all.
        """
        return {
            prefix + joined(path, name): tensor.detach()
            for path, module in self.named_modules(remove_duplicate=False)
            for name, tensor in (*own_parameters(module), *own_state(module))
        }

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> LoadReport:
        """Copy a state into the parameters and buffers, all of it or nothing.

        Args:
            state_dict: tensors or arrays by path, as `state_dict` gives them.
            strict: refuse names that are missing or that the module does not have.

        Raises:
            ArgumentError: this is no dict.
            StateError: names or shapes that do not fit, all of them listed; nothing has
                been changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise ag.ArgumentError(
                "load_state_dict takes tensors or arrays by path, as state_dict() gives them, and "
                f"not {state_dict!r:.60}"
            )
        own = self.state_dict()
        given = {name: array_of(value) for name, value in state_dict.items()}
        report = LoadReport([n for n in own if n not in given], [n for n in given if n not in own])
        problems = [*(names_wrong(report) if strict else ()), *sizes_wrong(own, given)]
        if problems:
            words = f"The state does not fit {type(self).__name__}; nothing was loaded."
            raise ag.StateError("\n  ".join([words, *problems]))
        with ag.no_grad():
            for name, tensor in own.items():
                if name in given:
                    tensor.copy_(given[name])
        return report

    # --- reading it -------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The arguments that `repr` shows between the parentheses."""
        return ""

    def describe(self) -> str:
        """A label of one line for a picture's card, such as ``Linear(2→4)``."""
        name, own = type(self).__name__, self.extra_repr()
        return f"{name}({own})" if own else name

    def __repr__(self) -> str:
        own = self.extra_repr()
        lines = [f"({name}): {child!r}" for name, child in own_children(self)]
        if not lines:
            return f"{type(self).__name__}({own})"
        body = "\n".join([*own.splitlines(), *lines]).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"
