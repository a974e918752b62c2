"""One key at a time from a terminal, which gets back what was on it and how it was."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, TextIO

try:
    import termios
    import tty
except ImportError:  # Windows has msvcrt instead
    termios = tty = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:
    msvcrt = None  # type: ignore[assignment]

_ENTER = "\x1b[?1049h\x1b[?25l"
"""A screen of our own (what was on it comes back), and no cursor."""
_LEAVE = "\x1b[?25h\x1b[?1049l"

_SIGNS = "∂×·━╍●←→"
"""What a terminal must be able to show."""

_CODES = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "H": "home",
    "F": "end",
    "1~": "home",
    "7~": "home",
    "4~": "end",
    "8~": "end",
}
_WINDOWS = {"H": "up", "P": "down", "M": "right", "K": "left", "G": "home", "O": "end"}
_PLAIN = {"\r": "enter", "\n": "enter", "\x7f": "delete", "\b": "delete", "\x04": "q"}

BEAT = 0.25
"""Seconds after which a pause in typing is reported, so that a new size of the window is seen."""

_GAP = 0.05
"""Seconds that the rest of one key's sequence may take."""


def possible(stdin: TextIO, stdout: TextIO) -> bool:
    """Whether there is a terminal that shows our signs and hands out single keys."""
    if not (stdin.isatty() and stdout.isatty()) or not (termios or msvcrt):
        return False
    if termios and os.environ.get("TERM", "") in ("", "dumb"):
        return False
    try:
        _SIGNS.encode(stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return threading.current_thread() is threading.main_thread()


class Keyboard:
    """A terminal, for as long as a ``with`` block lasts.

    However the block ends (an error, Ctrl-C, being told to terminate), the terminal gets its
    settings, its cursor and its contents back; Ctrl-Z and ``fg`` work, too.

    Attributes:
        stale: whether what is on the screen must be drawn anew.
    """

    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        self._in, self._out = stdin.fileno(), stdout
        self._settings: list[Any] = []
        self._handlers: dict[int, Any] = {}
        self.stale = True

    def __enter__(self) -> Keyboard:
        if termios:
            self._settings = termios.tcgetattr(self._in)
        else:
            os.system("")  # makes a Windows console obey escape sequences
        for name, handler in (("SIGTERM", _end), ("SIGHUP", _end), ("SIGTSTP", self._pause)):
            if hasattr(signal, name):
                number = getattr(signal, name)
                self._handlers[number] = signal.signal(number, handler)
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._restore()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def _begin(self) -> None:
        if termios:
            tty.setcbreak(self._in)
        self._write(_ENTER)
        self.stale = True

    def _restore(self) -> None:
        with contextlib.suppress(OSError):  # the window may be gone
            self._write(_LEAVE)
        if termios:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(self._in, termios.TCSADRAIN, self._settings)

    def _pause(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets its terminal, and we take it again when we are continued."""
        self._restore()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._begin()

    def _write(self, text: str) -> None:
        os.write(self._out.fileno(), text.encode())

    def draw(self, lines: list[str]) -> None:
        """Show a screen; each line is as wide as the terminal at most."""
        self._write("\x1b[H" + "".join(f"{line}\x1b[K\r\n" for line in lines[:-1]))
        self._write(f"{lines[-1]}\x1b[K\x1b[J")
        self.stale = False

    def keys(self) -> Iterator[str]:
        """Names of keys (``left``, ``enter``, ``b``); empty in a pause; ends with the input."""
        while True:
            key = self._windows() if msvcrt else self._key()
            if key is None:
                return
            yield key

    def _key(self) -> str | None:
        if not self._waits(BEAT):
            return ""
        first = self._byte()
        if first == "\x1b":
            return _CODES.get(self._sequence(), "?")
        return None if not first else _PLAIN.get(first, first.lower())

    def _sequence(self) -> str:
        """What follows an escape: ``A`` of ``ESC [ A`` and of ``ESC O A``."""
        if not self._waits(_GAP) or self._byte() not in ("[", "O"):
            return ""
        read = ""
        while self._waits(_GAP) and len(read) < 16:
            read += self._byte()
            if "@" <= read[-1:] <= "~":
                return read
        return ""

    def _waits(self, seconds: float) -> bool:
        return bool(select.select([self._in], [], [], seconds)[0])

    def _byte(self) -> str:
        return os.read(self._in, 1).decode("latin-1")

    def _windows(self) -> str:
        """A key of a Windows console, which is waited for without pauses."""
        first: str = msvcrt.getwch()  # type: ignore[attr-defined, unused-ignore]
        if first == "\x03":
            raise KeyboardInterrupt
        if first in ("\0", "\xe0"):
            return _WINDOWS.get(msvcrt.getwch(), "?")  # type: ignore[attr-defined, unused-ignore]
        return _PLAIN.get(first, first.lower())


def _end(number: int, frame: FrameType | None) -> None:
    """Told to end: by an exception, so that the terminal is restored on the way out."""
    sys.exit(128 + number)
