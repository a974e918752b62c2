"""The demo's optional packages: found, or named together with the way to install them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import autograd as ag


def need(module: str, distribution: str) -> ModuleType:
    """Import an optional package.

    Raises:
        MissingPackageError: it is not installed; the message says what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ag.MissingPackageError(
            f"The demo needs {distribution}, which is not installed. "
            'Install what it needs with: pip install "glassgrad[demo]"'
        ) from error


def progress(steps: Iterable[Any], title: str) -> Iterable[Any]:
    """The steps themselves, with a progress bar that advances with each of them."""
    sys.stdout.flush()  # what was printed before comes before, where both go to one file
    bar: Iterable[Any] = need("tqdm", "tqdm").tqdm(steps, desc=f"  {title}", ncols=72)
    return bar
