"""The most memory that a process held (Linux)."""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
FORGET = Path("/proc/self/clear_refs")


def peak(make: Callable[[], Callable[[], Any] | None]) -> float:
    """The bytes by which the process is larger, at most, while a run goes on.

    What `make` itself prepares counts as far as it is kept: weights, states, buffers. What it
    needed on its way (a trace, a compiler) does not, nor does what an earlier `make` loaded.
    """
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
