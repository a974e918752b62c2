"""The demo's optional packages: found, or named together with the way to install them."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import autograd as ag


def need(module: str, package: str) -> Any:
    """Import a package that the demo needs.

    Raises:
        MissingPackageError: it is not installed; the message says what to install.
    """
    return ag.need_package(module, package, "demo", "The demo")


def progress(steps: Iterable[Any], title: str) -> Iterable[Any]:
    """The steps themselves, with a progress bar that advances with each of them."""
    sys.stdout.flush()  # what was printed before comes before, where both go to one file
    bar: Iterable[Any] = need("tqdm", "tqdm").tqdm(steps, desc=f"  {title}", ncols=72)
    return bar
