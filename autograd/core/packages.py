"""Packages that only some of the work needs: loaded when used, and named when missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autograd.core.errors import MissingPackageError


def need_package(module: str, package: str, extra: str, purpose: str, instead: str = "") -> Any:
    """Import a module of an optional package.

    Args:
        module: what to import.
        package: what it is known as.
        extra: the extra of this distribution that brings it.
        purpose: what needs it, as the beginning of a sentence.
        instead: how to do without it, as sentences.

    Raises:
        MissingPackageError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"{purpose} needs {package}, which is not installed: "
            f'pip install "glassgrad[{extra}]". {instead}'.rstrip()
        ) from error
