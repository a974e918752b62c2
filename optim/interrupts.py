"""Ctrl-C during a training: it acts at once, but never while parameters are written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Interrupts:
    """In its ``with`` block, Ctrl-C waits for the end of what `whole` runs.

    Only the main thread receives it; in others nothing is changed.
    """

    def __init__(self) -> None:
        self._holding = False
        self._held: tuple[int, FrameType | None] | None = None
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        handler = signal.getsignal(signal.SIGINT)
        if callable(handler) and threading.current_thread() is threading.main_thread():
            self._before = handler
            signal.signal(signal.SIGINT, self._receive)
        return self

    def __exit__(self, *exc: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._holding:
            self._held = number, frame
        else:
            self._before(number, frame)

    def whole(self, action: Callable[[], Any]) -> None:
        """Run an action, and let a Ctrl-C that came meanwhile happen after it."""
        self._holding = True
        try:
            action()
        finally:
            self._holding = False
        if self._held is not None:
            held, self._held = self._held, None
            self._before(*held)
