"""Operations that `compile` notes as one call: what is done inside is decided by its passes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

Forward = Callable[..., Any]


def whole(when: Callable[..., bool]) -> Callable[[Forward], Forward]:
    """A function on plain arrays that arrays which take notes are to note as one call.

    Args:
        when: given the arguments, whether passes can write this call out; if not, what it
            does is noted line by line.
    """

    def decorate(function: Forward) -> Forward:
        @functools.wraps(function)
        def call(*args: Any, **params: Any) -> Any:
            for x in args:
                if x.__class__ is not np.ndarray and hasattr(x, "recorder"):
                    if when(*args, **params):
                        return x.recorder.function(function, args, params, False)
                    break
            return function(*args, **params)

        return call

    return decorate
