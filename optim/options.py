"""Options of rules: as plain numbers, and refused where they have no meaning."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import autograd as ag


def number(option: Any) -> Any:
    """An option as Python numbers, so that it never widens a parameter's dtype.

    Raises:
        RangeError: an array or a tensor of several elements.

    >>> number((ag.tensor(0.5), 2))
    (0.5, 2)
    """
    if option.__class__ in (float, int, bool):
        return option
    if isinstance(option, (tuple, list)):
        return tuple([number(part) for part in option])
    if not hasattr(option, "item"):
        return option
    if option.size != 1 if not callable(option.size) else option.numel() != 1:
        raise ag.RangeError(f"Tensor options must be 1-element, and one is {option!r:.60}")
    return option.item()


def as_float(name: str, value: Any) -> float:
    """A number, an array or a tensor of one element as a float.

    Raises:
        ArgumentError: something else, a text with a number in it too.
    """
    if not isinstance(value, str):
        with suppress(TypeError, ValueError):
            return float(value)
    raise ag.ArgumentError(f"{name} must be a number, and not {value!r:.60}")


def as_numbers(name: str, values: Any) -> list[float]:
    """A list of numbers, sorted.

    Raises:
        ArgumentError: something else.
    """
    if isinstance(values, (list, tuple, range)) and not any(isinstance(v, str) for v in values):
        with suppress(TypeError):
            return sorted(values)
    raise ag.ArgumentError(f"{name} is a list of numbers, such as [30, 80], and not {values!r:.60}")


def as_state(kind: str, state_dict: Any) -> Mapping[str, Any]:
    """What a ``state_dict()`` returned.

    Raises:
        ArgumentError: something else than a dict.
    """
    if not isinstance(state_dict, Mapping):
        raise ag.ArgumentError(
            f"load_state_dict takes the dict that the state_dict() of a {kind} returned, and not "
            f"{state_dict!r:.60}"
        )
    return state_dict


def used(option: Any) -> bool:
    """Whether a factor takes part: a tensor always does, so that it has a gradient even at 0."""
    return isinstance(option, ag.Tensor) or option != 0


def slope(param: Any, grad: Any, weight_decay: Any, maximize: bool) -> Any:
    """The gradient to descend along: ±∇θ + weight_decay·θ."""
    g = -grad if maximize else grad
    return g + weight_decay * param if used(weight_decay) else g


def decayed(
    param: Any, grad: Any, lr: Any, weight_decay: Any, decoupled: bool, maximize: bool
) -> tuple[Any, Any]:
    """θ and the gradient with weight decay in one of them: (1 − lr·weight_decay)·θ, or `slope`."""
    if not decoupled:
        return param, slope(param, grad, weight_decay, maximize)
    kept = param * (1 - lr * weight_decay) if used(weight_decay) else param
    return kept, slope(param, grad, 0.0, maximize)


# --- what has no meaning ----------------------------------------------------------------------


def check_not_negative(options: Mapping[str, Any], **words: str) -> None:
    """Refuse what is negative or NaN among the options that `words` names.

    Raises:
        RangeError: with PyTorch's words, ``Invalid <words>: <value>``.
        ArgumentError: something that is no number.
    """
    for name, text in words.items():
        if not _real(name, options[name]) >= 0:
            raise ag.RangeError(f"Invalid {text}: {options[name]}")


def check_at_least(bound: float, values: Mapping[str, Any]) -> None:
    """Refuse values below a bound, and NaN, by what they are called.

    Raises:
        RangeError: with PyTorch's words, ``<name> should be >= <bound> but is: <value>``.
        ArgumentError: something that is no number.
    """
    for name, value in values.items():
        if not _real(name, value) >= bound:
            raise ag.RangeError(f"{name} should be >= {bound} but is: {value}")


def check_betas(options: Mapping[str, Any]) -> None:
    """Refuse decay rates outside [0, 1).

    Raises:
        RangeError: with PyTorch's words.
        ArgumentError: something else than two numbers.
    """
    betas = pair("betas", options["betas"])
    for index, beta in enumerate(betas):
        if not 0 <= _real("betas", beta) < 1:
            raise ag.RangeError(f"Invalid beta parameter at index {index}: {beta}")


def pair(name: str, option: Any) -> tuple[Any, Any]:
    """An option of two numbers.

    Raises:
        ArgumentError: something else.
    """
    if not isinstance(option, (tuple, list)) or len(option) != 2:
        raise ag.ArgumentError(f"{name} are two numbers, like (0.9, 0.999), and not {option!r:.60}")
    return option[0], option[1]


def _real(name: str, option: Any) -> Any:
    found = number(option)
    if not isinstance(found, (int, float)):
        raise ag.ArgumentError(f"{name} must be a number, and not {option!r:.60}")
    return found
