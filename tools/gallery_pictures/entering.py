"""How a picture comes into the gallery."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd as ag

Picture = tuple[str, Callable[[], Any]]
"""What the page says, and what draws it."""

ENTERED: defaultdict[str, dict[str, Picture]] = defaultdict(dict)
"""For each module its pictures, by the names of their files."""


def picture(title: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Enter a function into the gallery, under its own name and its module's subject."""

    def enter(draw: Callable[[], Any]) -> Callable[[], Any]:
        ENTERED[draw.__module__][draw.__name__] = (title, draw)
        return draw

    return enter


def leaf(value: Any, name: str, learned: bool = True) -> Any:
    """A named tensor."""
    return ag.tensor(np.asarray(value, dtype=float), requires_grad=learned, name=name)
