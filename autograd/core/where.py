"""The user's line: found in nanoseconds when an operation runs, read when it is shown."""

from __future__ import annotations

import linecache
import os
import re
import sys
from functools import lru_cache
from types import CodeType, FrameType
from typing import NamedTuple

from autograd.core.mode import Location, is_library, scope
from autograd.core.node import Where

Position = tuple[int | None, int | None, int | None, int | None]
_NOWHERE: Position = (None, None, None, None)


class Line(NamedTuple):
    """A resolved source position; columns count characters from 0, `end` is exclusive."""

    file: str
    line: int
    end_line: int
    column: int
    end_column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


_engines_files: set[str] = set()
"""Files that were asked for and are the engine's: a set tells faster than a list of folders."""


def here(depth: int = 1) -> tuple[CodeType, int] | None:
    """The innermost frame that is not the engine's own, as code and instruction offset."""
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        if code.co_filename not in _engines_files:
            if not is_library(code):
                return code, frame.f_lasti
            _engines_files.add(code.co_filename)
        frame = frame.f_back
    return None


scope.find_line = staticmethod(here)


def resolve(where: Where) -> Line | None:
    """File, line and columns of a recorded position, or None when nothing was recorded."""
    if where is None:
        return None
    if isinstance(where, Location):
        line, column, end = where.line, where.column, where.end_column
        return Line(where.file, line, line, column, end, where.text)
    code, offset = where
    line, end_line, column, end_column = _position(code, offset)
    text = linecache.getline(code.co_filename, line).rstrip("\n")
    return Line(display_name(code.co_filename), line, end_line, column, end_column, text)


def source_of(where: Where) -> tuple[str, ...]:
    """All lines of the file (or notebook cell) that a recorded position lies in."""
    if where is None:
        return ()
    if isinstance(where, Location):
        return tuple(where.text.splitlines())
    return tuple(line.rstrip("\n") for line in linecache.getlines(where[0].co_filename))


def _position(code: CodeType, offset: int) -> tuple[int, int, int, int]:
    """Line, end line, column and end column of an instruction (columns in characters)."""
    found = _positions(code)
    line, end_line, column, end_column = found[offset // 2] if offset < 2 * len(found) else _NOWHERE
    line = line or code.co_firstlineno
    end_line = end_line or line
    if column is None or end_column is None:
        return line, end_line, 0, 0
    first = linecache.getline(code.co_filename, line)
    last = linecache.getline(code.co_filename, end_line)
    return line, end_line, _characters(first, column), _characters(last, end_column)


@lru_cache(maxsize=32)
def _positions(code: CodeType) -> tuple[Position, ...]:
    """The place of each instruction: Python can only count them off from the first."""
    return tuple(code.co_positions())


def _characters(line: str, column: int) -> int:
    """A column counted in UTF-8 bytes, as Python does, turned into characters."""
    return len(line.encode(errors="surrogatepass")[:column].decode(errors="ignore"))


def display_name(filename: str) -> str:
    """``In [3]`` for a notebook cell, a relative path for a file, never an absolute one."""
    cell = _notebook_cell(filename)
    if cell is not None:
        return f"In [{cell}]"
    if filename.startswith("<"):
        return filename
    relative = os.path.relpath(filename) if _below_working_folder(filename) else None
    return (relative or os.path.basename(filename)).replace(os.sep, "/")


def _below_working_folder(filename: str) -> bool:
    folder = os.getcwd()
    return os.path.abspath(filename).startswith(folder.rstrip(os.sep) + os.sep)


def _notebook_cell(filename: str) -> int | None:
    """The execution count of the IPython cell that is compiled under `filename`."""
    terminal = re.fullmatch(r"<ipython-input-(\d+)-.*>", filename)
    if terminal:
        return int(terminal.group(1))
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    names: dict[str, int] = getattr(getattr(shell, "compile", None), "_filename_map", {})
    return names.get(filename)
