"""What all optimizers share: groups of parameters, their state, hooks, and the step in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

import autograd as ag
from optim.following import program_of
from optim.in_place import Program, is_array
from optim.options import number

State = dict[str, Any]
Update = Callable[..., tuple[Any, State]]
Hook = Callable[..., Any]
SWITCHES = {"foreach", "fused", "capturable", "differentiable"}
"""Options that choose among PyTorch's own implementations; saved ones are left out."""


class Optimizer:
    """Applies an update rule to parameters, in place.

    A subclass has `update`, a pure function
    ``(param, grad, state, *, lr, …) -> (param, state)``, and passes the values of its
    keyword arguments as `defaults`. Where `elementwise` is True, `update` treats each
    element alone, in NumPy's elementwise operations: then it is carried out in place.

    Args:
        params: tensors, or dicts ``{"params": tensors, "lr": …}`` with options of their
            own, or anything that has ``parameters()``.
        defaults: the options of every group that does not say otherwise.

    Attributes:
        told: the rule in words, for one that `update` does not say; ``{}`` is the parameter.
        param_groups: one dict per group, with its tensors under ``"params"``; changing an
            option in it takes effect at the next step.
        state: what the rule remembers of each parameter, under PyTorch's names.
        step_count: how many steps were taken.

    Raises:
        ArgumentError: something that is no tensor, a tensor that is not a leaf's, or an
            option that the rule does not have.
        RangeError: no parameters, one of them twice, or an option without meaning.
    """

    update: Update
    elementwise = False
    told = ""

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.state: dict[ag.Tensor, State] = {}
        self.param_groups: list[dict[str, Any]] = []
        self.step_count = 0
        self._before: dict[int, Hook] = {}
        self._after: dict[int, Hook] = {}
        for group in _groups(params):
            self.add_param_group(group)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense; a subclass says which.

        Raises:
            RangeError: such an option.
        """

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Optimize further parameters, with options of their own.

        Raises:
            ArgumentError, RangeError: as for the whole optimizer.
        """
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise ag.ArgumentError(
                "A parameter group is a dict with its tensors under 'params', such as "
                f"{{'params': model.parameters(), 'lr': 0.01}}, and not {param_group!r:.60}"
            )
        unknown = param_group.keys() - self.defaults.keys() - {"params", "name"}
        if unknown:
            raise ag.ArgumentError(
                f"{type(self).__name__} has no option {sorted(unknown)[0]!r}; its options: "
                f"{', '.join(self.defaults)}."
            )
        params = _listed(param_group["params"])
        known = [p for other in self.param_groups for p in other["params"]]
        _check_params(params, known)
        options = {**self.defaults, **param_group, "params": params}
        self.check(options)
        self.param_groups.append(options)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with False fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none:
                    param.grad = None
                elif param.grad is not None:
                    param.grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; the others keep value and state.

        Args:
            closure: computes the loss anew and fills the gradients first.

        Returns:
            What `closure` returned, or None.

        Raises:
            ArgumentError: `closure` is no function.
        """
        if closure is not None and not callable(closure):
            raise ag.ArgumentError(
                "step() takes nothing, or a function that calls zero_grad(), computes the loss, "
                f"calls backward() and returns the loss, and not {closure!r:.60}"
            )
        args, kwargs = (() if closure is None else (closure,)), dict[str, Any]()
        for before in list(self._before.values()):
            args, kwargs = _given_by(before(self, args, kwargs), args, kwargs)
        self.step_count += 1
        tape = ag.current_tape()
        with nullcontext() if tape is None else tape.updating(self), ag.no_grad():
            loss = self.advance(*args, **kwargs)
        for after in list(self._after.values()):
            after(self, args, kwargs)
        return loss

    def advance(self, closure: Callable[[], Any] | None = None) -> Any:
        """What a step does between the hooks, while nothing is recorded."""
        loss = None
        if closure is not None:
            with ag.enable_grad():
                loss = closure()
        for group in self.param_groups:
            options = {name: number(group[name]) for name in self.defaults}
            moving = [param for param in group["params"] if param.grad is not None]
            if (tape := ag.current_tape()) is not None:
                tape.planned(self, moving, options)
            step = self._in_place if self.elementwise else self._one_by_one
            step(moving, options)
        return loss

    def _one_by_one(self, params: list[Any], options: Mapping[str, Any]) -> None:
        """Compute new values, and write them over the old ones."""
        rule = type(self).update
        for param in params:
            grad = _fitting(param)
            before = self.state.get(param, {})
            value, state = rule(param.data, grad, before, **options)
            param.copy_(value)
            if state:
                self.state[param] = before | {n: _own(item, grad) for n, item in state.items()}

    def _in_place(self, params: list[Any], options: Mapping[str, Any]) -> None:
        """Find the program for all parameters that are at the same point, and run it on each."""
        rule, programs = type(self).update, dict[Any, Program]()
        for param in params:
            state = self.state.get(param, {})
            arrays = {name: item for name, item in state.items() if is_array(item)}
            key = tuple((n, None if n in arrays else item) for n, item in state.items())
            if key not in programs:
                programs[key] = program_of(rule, options, state)
            value = _writable(param)
            arrays["param"], arrays["grad"] = value, _laid_out(_fitting(param), value)
            programs[key].run(arrays)
            ag.increment_version(param)
            del arrays["param"], arrays["grad"]
            if arrays or programs[key].numbers:
                self.state[param] = programs[key].numbers | arrays

    # --- hooks --------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Hook) -> ag.HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` before every step.

        It may return other ``(args, kwargs)`` for the step.
        """
        return ag.HookHandle(self._before, hook)

    def register_step_post_hook(self, hook: Hook) -> ag.HookHandle:
        """Call ``hook(optimizer, args, kwargs)`` after every step."""
        return ag.HookHandle(self._after, hook)

    # --- saving -------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """State and options with parameters numbered in order, arrays shared, not copied."""
        order = [param for group in self.param_groups for param in group["params"]]
        number = {param: index for index, param in enumerate(order)}
        groups = [
            {**group, "params": [number[param] for param in group["params"]]}
            for group in self.param_groups
        ]
        state = {number[p]: dict(self.state[p]) for p in order if p in self.state}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over a copy of the state and the options of another optimizer.

        Nothing has been changed where it raises.

        Raises:
            ArgumentError: this is no state of an optimizer.
            RangeError: the groups or their sizes differ.
            ShapeError: it was saved for a parameter of another shape.
        """
        _check_saved(state_dict)
        groups = state_dict["param_groups"]
        _check_groups(self.param_groups, groups)
        numbers = [number for group in groups for number in group["params"]]
        order = [param for group in self.param_groups for param in group["params"]]
        saved = state_dict["state"]
        state = {
            param: {name: _copied(name, item, param) for name, item in saved[at].items()}
            for at, param in zip(numbers, order, strict=True)
            if at in saved
        }
        if self.elementwise:
            _check_shapes(state)
        self.state = state
        for own, given in zip(self.param_groups, groups, strict=True):
            kept = {name: item for name, item in given.items() if name not in SWITCHES}
            own.update({**kept, "params": own["params"]})

    def __repr__(self) -> str:
        lines = []
        for index, group in enumerate(self.param_groups):
            options = sorted(name for name in group if name != "params")
            lines += [f"Parameter Group {index}", *(f"    {n}: {group[n]}" for n in options)]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


def _given_by(answer: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """The arguments of a step, after a hook has seen them."""
    if answer is None:
        return args, kwargs
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise ag.ArgumentError(
            "A step pre-hook must return None or a tuple (new_args, new_kwargs), but got "
            f"{answer!r:.60}"
        )
    return answer


# --- parameters in groups ---------------------------------------------------------------


def _groups(params: Any) -> list[Mapping[str, Any]]:
    listed = _listed(params)
    if not listed:
        raise ag.RangeError(
            "optimizer got an empty parameter list: is the model made of modules and tensors "
            "that are attributes, and was parameters() not used up before?"
        )
    grouped = isinstance(listed[0], Mapping)
    groups: list[Mapping[str, Any]] = listed if grouped else [{"params": listed}]
    return groups


def _listed(params: Any) -> list[Any]:
    if hasattr(params, "parameters"):
        return list(params.parameters())
    if isinstance(params, (set, frozenset)):
        raise ag.ArgumentError(
            "A set of parameters has no order, and the state would be mixed up when it is "
            "saved and loaded; give a list."
        )
    if isinstance(params, (ag.Tensor, Mapping)) or not isinstance(params, Iterable):
        kind = type(params).__name__
        raise ag.ArgumentError(
            "params argument given to the optimizer should be an iterable of Tensors or dicts, "
            f"but got {kind}; write [parameter], or model.parameters()."
        )
    return [_without_name(param) for param in params]


def _without_name(param: Any) -> Any:
    """The tensor of a pair that `named_parameters` gives."""
    named = isinstance(param, tuple) and len(param) == 2 and isinstance(param[0], str)
    return param[1] if named else param


def _check_params(params: list[Any], known: list[ag.Tensor]) -> None:
    seen = {id(param) for param in known}
    for param in params:
        if not isinstance(param, ag.Tensor):
            raise ag.ArgumentError(
                f"optimizer can only optimize Tensors, but one of the params is {param!r:.60}"
            )
        if param.node is not None:
            raise ag.RangeError(
                "can't optimize a non-leaf Tensor: it is the result of "
                f"{param.node.op.name}. Optimize the leaves that it was computed from."
            )
        if id(param) in seen:
            raise ag.RangeError("A parameter stands twice in the list or in two groups.")
        seen.add(id(param))


def _check_groups(own: list[dict[str, Any]], given: list[dict[str, Any]]) -> None:
    if len(own) != len(given):
        raise ag.RangeError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(given)}, and the optimizer has {len(own)}."
        )
    for index, (mine, theirs) in enumerate(zip(own, given, strict=True)):
        sizes = len(mine["params"]), len(theirs["params"])
        if sizes[0] != sizes[1]:
            raise ag.RangeError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group: group {index} has {sizes[1]} parameters, here {sizes[0]}."
            )


def _check_saved(state_dict: Any) -> None:
    known = isinstance(state_dict, Mapping) and isinstance(state_dict.get("state"), Mapping)
    groups = state_dict.get("param_groups") if known else None
    parts = groups if isinstance(groups, (list, tuple)) else [None]
    if not all(isinstance(part, Mapping) and "params" in part for part in parts):
        raise ag.ArgumentError(
            "load_state_dict takes what the state_dict() of an optimizer returned, a dict with "
            f"'state' and 'param_groups', and not {state_dict!r:.60}"
        )


def _check_shapes(state: Mapping[ag.Tensor, State]) -> None:
    for index, (param, items) in enumerate(state.items()):
        for name, item in items.items():
            if is_array(item) and item.shape != param.shape:
                raise ag.ShapeError(
                    f"loaded state dict has {name} of shape {tuple(item.shape)} for a parameter "
                    f"of shape {tuple(param.shape)} (number {index} of those with a state): was "
                    "it saved for another model, or for these parameters in another order?"
                )


# --- values -------------------------------------------------------------------------------


def _writable(param: ag.Tensor) -> Any:
    """The memory of a parameter, if it can be written."""
    memory = param.data
    if isinstance(memory, np.ndarray) and not memory.flags.writeable:
        raise ag.InPlaceError(
            "In-place change of a parameter whose memory cannot be written (it was broadcast, or "
            "its array is read-only); make it from a copy of the array."
        )
    return memory


def _fitting(param: Any) -> Any:
    """The gradient of a parameter, if it has its shape."""
    grad = param.grad
    if grad.shape != param.shape:
        raise ag.ShapeError(
            f"A parameter of shape {tuple(param.shape)} has a gradient of shape "
            f"{tuple(grad.shape)}: was .grad set by hand?"
        )
    return grad.data


def _laid_out(grad: Any, like: Any) -> Any:
    """The gradient in the memory layout of its parameter: walking through two costs more than
    the copy, and a product of matrices often leaves a transposed one."""
    if grad.size < 1024 or grad.strides == like.strides:
        return grad
    copied = np.empty_like(like)
    np.copyto(copied, grad)
    return copied


def _own(item: Any, grad: Any) -> Any:
    """State that shares no memory with ``.grad``, which later sweeps change in place."""
    if item is grad:
        return item.copy()
    return np.asarray(item) if isinstance(item, np.generic) else item


def _copied(name: str, item: Any, param: ag.Tensor) -> Any:
    """A copy of saved state: floats in the parameter's dtype, counts as Python's numbers."""
    if isinstance(item, (list, tuple)):
        return [_copied(name, part, param) for part in item]
    if isinstance(item, ag.Tensor):
        item = item.data
    elif not isinstance(item, np.ndarray) and hasattr(item, "detach"):  # a tensor of PyTorch's
        item = np.asarray(item.detach())
    if not hasattr(item, "dtype"):
        return item
    if item.shape == () and (name in COUNTS or param.shape != ()):
        return item.item()
    return item.astype(param.dtype) if item.dtype.kind == "f" else item.copy()


COUNTS = {"step", "mu_product", "eta", "mu"}
"""State that is a number, though PyTorch keeps it in a tensor of shape ()."""
