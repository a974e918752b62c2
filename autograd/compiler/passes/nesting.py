"""Smaller buffers within larger ones, side by side where they are in use at the same time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from autograd.compiler.program import Value

HOSTS = 32
"""So many buffers are looked at for one that has room while another one is needed."""

MOST = 64
"""So many buffers lie in one, at most: each further one is compared with all of them."""

LINE = 64
"""Bytes of a line of the processor's cache: a buffer begins with one."""

Times = tuple[int, int]
"""The first and the last instruction at which a buffer is in use."""


class _Part(NamedTuple):
    """Elements of a large buffer that are taken at some time."""

    start: int
    end: int
    times: Times


class _Host:
    """A large buffer, and what lies in it."""

    def __init__(self, name: str, value: Value, times: Times) -> None:
        self.name, self.value = name, value
        self.parts = [_Part(0, value.size, times)]
        self.step = LINE // np.dtype(value.dtype).itemsize or 1

    def place(self, value: Value, times: Times) -> int | None:
        """The first place that is free at that time and large enough; from now on it is taken."""
        if value.dtype != self.value.dtype or len(self.parts) >= MOST:
            return None
        start = 0
        for part in self.parts:
            if part.times[1] < times[0] or times[1] < part.times[0]:
                continue
            if start + value.size <= part.start:
                break
            start = max(start, -(-part.end // self.step) * self.step)
        if start + value.size > self.value.size:
            return None
        self.parts = sorted([*self.parts, _Part(start, start + value.size, times)])
        return start


def nest(buffers: list[tuple[str, Value]], used: dict[str, Times]) -> dict[str, tuple[str, int]]:
    """The buffers that lie in a larger one, and where they begin there, by name.

    Args:
        buffers: their names, and values of their kind.
        used: when each of them is in use.
    """
    hosts: list[_Host] = []
    found: dict[str, tuple[str, int]] = {}
    for name, value in sorted(buffers, key=lambda item: -bytes_of(item[1])):
        for host in hosts[-HOSTS:]:
            start = host.place(value, used[name])
            if start is not None:
                found[name] = host.name, start
                break
        else:
            hosts.append(_Host(name, value, used[name]))
    return found


def bytes_of(value: Value) -> int:
    """The size of an array in memory."""
    return int(value.size * np.dtype(value.dtype).itemsize)
