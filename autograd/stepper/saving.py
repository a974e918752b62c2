"""Writing what the stepper makes into files, and the height that it takes in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from autograd.core.errors import RangeError


def write(path: str | Path, forms: Mapping[str, Callable[[], str]], advice: str) -> Path:
    """Write a file in the form that its ending names.

    Args:
        path: where; ``~`` is the home folder.
        forms: for each ending in small letters, what makes the text.
        advice: what can be written, for the error that refuses another ending.

    Raises:
        RangeError: another ending, or a folder that does not exist.
    """
    path = Path(path).expanduser()
    form = forms.get(path.suffix.lower())
    if form is None:
        raise RangeError(f"save({str(path)!r}): {advice}.")
    if not path.parent.is_dir():
        raise RangeError(
            f"save({str(path)!r}): there is no folder {str(path.parent)!r}. "
            "Make it first: Path(…).mkdir(parents=True)."
        )
    path.write_text(form(), encoding="utf-8", newline="\n")
    return path


def check_height(height: int) -> int:
    """Refuse what is no height.

    Raises:
        RangeError: saying which heights there are.
    """
    if not isinstance(height, int) or not 200 <= height <= 5000:
        raise RangeError(f"height={height!r}: the height is a number of pixels, 200 to 5000.")
    return height
