"""Packages that only some of the data needs: loaded when used, and named when missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import autograd as ag


def need(module: str, distribution: str, purpose: str) -> Any:
    """Import an optional package.

    Args:
        module: what to import.
        distribution: what to install it as.
        purpose: what needs it, as the beginning of a sentence.

    Raises:
        MissingPackageError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ag.MissingPackageError(
            f"{purpose} needs {distribution}, which is not installed. "
            'All that training uses comes with: pip install "glassgrad[train]".'
        ) from error
