"""The most memory that a process held (Linux)."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")


NAMES = 1 << 15
"""More names than a case and its compiler make while they are weighed."""


def peak(make: Callable[[], Callable[[], Any] | None]) -> float:
    """The bytes by which the process is larger, at most, while a run goes on.

    What `make` itself prepares counts as far as it is kept: weights, states, buffers. What it
    needed on its way (a trace, a compiler) does not, nor does what an earlier `make` loaded,
    nor Python's own table of names.
    """
    _make_room_for_names()
    before = _settled()
    run = make()
    assert run is not None
    run()
    run()
    _settled()
    FORGET.write_text("5")  # the peak is from now on
    run()
    run()
    return _read("VmHWM") - before


def _make_room_for_names() -> None:
    """Let the table of all names grow now: it does by half a megabyte at some moment or other."""
    names = [sys.intern(f"{number:0600}") for number in range(NAMES)]
    del names


def _settled() -> float:
    """What the process holds, once everything that is free was handed back."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return _read("VmRSS")


def _read(field: str) -> float:
    lines = STATUS.read_text().splitlines()
    line = next(line for line in lines if line.startswith(field))
    return 1024.0 * int(line.split()[1])
