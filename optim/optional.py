"""Packages that only some of the training needs: loaded when used, and named when missing."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import autograd as ag


def need(module: str, distribution: str, purpose: str, instead: str = "") -> Any:
    """Import an optional package.

    Args:
        module: what to import.
        distribution: what to install it as.
        purpose: what needs it, as the beginning of a sentence.
        instead: how to do without it, as a sentence.

    Raises:
        MissingPackageError: it is not installed; the message says how to install it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ag.MissingPackageError(
            f"{purpose} needs {distribution}, which is not installed. All that training uses "
            f'comes with: pip install "glassgrad[train]".{" " * bool(instead)}{instead}'
        ) from error


class Silence:
    """A progress bar that shows nothing."""

    def __enter__(self) -> Silence:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def update(self, count: int = 1) -> None:
        """Move on by so many steps."""

    def set_postfix(self, values: Any, refresh: bool = True) -> None:
        """Show numbers behind the bar."""


def progress_bar(title: str, total: int | None, show: bool) -> Any:
    """A bar of tqdm's, in a notebook one of its widgets; one that shows nothing if not `show`.

    Raises:
        MissingPackageError: tqdm is not installed, and a bar is to be shown.
    """
    if not show:
        return Silence()
    with warnings.catch_warnings():  # where a notebook has no widgets, the bar is of text
        warnings.filterwarnings("ignore", message="IProgress not found")
        tqdm = need("tqdm.auto", "tqdm", "A progress bar", "Without a bar: progress=False.")
    return tqdm.tqdm(total=total, desc=title)
