"""Which modules opened the scopes of a graph, and the paths of their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.core.mode import Scope


class Owners:
    """The modules that opened scopes, asked once for the paths of what they contain."""

    def __init__(self) -> None:
        self.parameters: dict[int, str] = {}
        self._modules: dict[int, str] = {}
        self._roots: list[Any] = []  # keeps modules alive while their ids are keys

    def describe(self, scope: Scope) -> tuple[str, str, str]:
        """Path, label and kind of a scope."""
        if scope.step is not None:
            return scope.name, f"{scope.name} = {scope.step}", "step"
        owner = scope.owner() if scope.owner is not None else None
        if owner is None:
            return scope.name, scope.name, "block" if scope.owner is None else "module"
        if id(owner) not in self._modules:
            self._read(owner)
        path = self._modules[id(owner)]
        title = owner.describe() if hasattr(owner, "describe") else scope.name
        return path or scope.name, f"{path}: {title}" if path else title, "module"

    def _read(self, owner: Any) -> None:
        """Ask the outermost module for the paths of its modules and parameters."""
        self._roots.append(owner)
        self._modules[id(owner)] = ""
        for path, module in _pairs(owner, "named_modules"):
            self._modules.setdefault(id(module), path)
        for path, parameter in _pairs(owner, "named_parameters"):
            self.parameters.setdefault(id(parameter), path)


def _pairs(owner: Any, method: str) -> Iterable[tuple[str, Any]]:
    found: Iterable[tuple[str, Any]] = getattr(owner, method)() if hasattr(owner, method) else ()
    return found
