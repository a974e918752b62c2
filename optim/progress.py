"""A bar that shows how far a training has come."""

from __future__ import annotations

import warnings
from typing import Any

import autograd as ag


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
        tqdm = ag.need_package(
            "tqdm.auto", "tqdm", "train", "A progress bar", "Without a bar: progress=False."
        )
    return tqdm.tqdm(total=total, desc=title)
