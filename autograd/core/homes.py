"""Which module defines which operation: it is loaded when the operation is first asked for."""

from __future__ import annotations

from functools import cache
from importlib import import_module

HOMES: dict[str, str] = {}
"""The modules of the library's operations, by name and alias."""


def load(name: str) -> None:
    """Import the module that defines an operation, if it is one of the library's."""
    if name in HOMES:
        import_module(HOMES[name])


@cache
def load_all() -> None:
    """Import them all, in alphabetical order."""
    for home in sorted(set(HOMES.values())):
        import_module(home)
