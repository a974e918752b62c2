"""What all optimizers share: groups of parameters, their state, and the step in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

import autograd as ag

State = dict[str, Any]
Update = Callable[..., tuple[Any, State]]


class Optimizer:
    """Applies an update rule to parameters, in place.

    A subclass has `update`, a pure function
    ``(param, grad, state, *, lr, …) -> (param, state)``, and passes the values of its
    keyword arguments as `defaults`.

    Args:
        params: tensors, or dicts ``{"params": tensors, "lr": …}`` with options of their
            own, or anything that has ``parameters()``.
        defaults: the options of every group that does not say otherwise.

    Attributes:
        param_groups: one dict per group, with its tensors under ``"params"``; changing an
            option in it takes effect at the next step.
        state: what the rule remembers of each parameter.

    Raises:
        ArgumentError: something that is no tensor, a tensor that is not a leaf's, or an
            option that the rule does not have.
        RangeError: no parameters, one of them twice, or an option without meaning.
    """

    update: Update

    def __init__(self, params: Any, defaults: Mapping[str, Any]) -> None:
        self.defaults = dict(defaults)
        self.state: dict[ag.Tensor, State] = {}
        self.param_groups: list[dict[str, Any]] = []
        for group in _groups(params):
            self.add_param_group(group)

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that make no sense; a subclass says which.

        Raises:
            RangeError: such an option.
        """

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """Optimize further parameters, with options of their own.

        Raises:
            ArgumentError, RangeError: as for the whole optimizer.
        """
        unknown = group.keys() - self.defaults.keys() - {"params", "name"}
        if unknown:
            raise ag.ArgumentError(
                f"{type(self).__name__} has no option {sorted(unknown)[0]!r}; its options: "
                f"{', '.join(self.defaults)}."
            )
        params = _listed(group["params"])
        known = [p for other in self.param_groups for p in other["params"]]
        _check_params(params, known)
        options = {**self.defaults, **group, "params": params}
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
        """
        loss = None
        if closure is not None:
            with ag.enable_grad():
                loss = closure()
        with ag.no_grad():
            for group in self.param_groups:
                options = {name: _number(group[name]) for name in self.defaults}
                for param in group["params"]:
                    self._step_one(param, options)
        return loss

    def _step_one(self, param: ag.Tensor, options: Mapping[str, Any]) -> None:
        if param.grad is None:
            return
        grad = param.grad.data
        rule = type(self).update
        value, state = rule(param.data, grad, self.state.get(param, {}), **options)
        param.copy_(value)
        if state:
            self.state[param] = {name: _own(item, grad) for name, item in state.items()}

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

        Raises:
            RangeError: the groups or their sizes differ; nothing has been changed then.
        """
        groups = state_dict["param_groups"]
        _check_groups(self.param_groups, groups)
        numbers = [number for group in groups for number in group["params"]]
        order = [param for group in self.param_groups for param in group["params"]]
        saved = state_dict["state"]
        self.state = {
            param: {name: _copied(item, param) for name, item in saved[number].items()}
            for number, param in zip(numbers, order, strict=True)
            if number in saved
        }
        for own, given in zip(self.param_groups, groups, strict=True):
            own.update({**given, "params": own["params"]})

    def __repr__(self) -> str:
        lines = []
        for index, group in enumerate(self.param_groups):
            options = sorted(name for name in group if name != "params")
            lines += [f"Parameter Group {index}", *(f"    {n}: {group[n]}" for n in options)]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


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
    return list(params)


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


# --- values -------------------------------------------------------------------------------


def _number(option: Any) -> Any:
    """An option as a Python number, so that it never widens a parameter's dtype."""
    return option.item() if isinstance(option, (np.generic, ag.Tensor)) else option


def _own(item: Any, grad: Any) -> Any:
    """State that shares no memory with ``.grad``, which later sweeps change in place."""
    if item is grad:
        return item.copy()
    return np.asarray(item) if isinstance(item, np.generic) else item


def _copied(item: Any, param: ag.Tensor) -> Any:
    """A copy of saved state, floats in the parameter's dtype."""
    if isinstance(item, ag.Tensor):
        item = item.data
    if not hasattr(item, "dtype"):
        return item
    return item.astype(param.dtype) if item.dtype.kind == "f" else item.copy()
