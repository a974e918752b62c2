"""Weights in files: ``.npz`` as NumPy writes it, ``.safetensors`` as others exchange it.

Nothing is pickled, so that a file from a stranger can be read. A file is written beside its
place and then put there in one step: killed at any moment, the program leaves the old file or
the new one.
"""

from __future__ import annotations

import contextlib
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import numpy as np

import autograd as ag
from nn.module import Module

PathLike = str | os.PathLike[str]
Arrays = dict[str, np.ndarray[Any, Any]]


class FileFormatError(ag.GlassError, ValueError):
    """A file that is not what its name says: damaged, cut off, or of another kind."""


class MissingFileError(ag.GlassError, FileNotFoundError):
    """There is no such file, or no folder to write one into."""


def save_weights(source: Module | Mapping[str, Any], path: PathLike) -> Path:
    """Write the state of a module, or tensors and arrays by name, into a file.

    Args:
        source: a module, or what its `state_dict` gives.
        path: ends in ``.npz``, or in ``.safetensors`` for the format of that library.

    Returns:
        The path that was written.

    Raises:
        RangeError: another ending.
        MissingFileError: the folder does not exist.
        ArgumentError: something that is neither tensor nor array of numbers.
        MissingPackageError: safetensors is not installed.

    >>> import nn, tempfile
    >>> model = nn.Linear(2, 1, rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = nn.save_weights(model, f"{folder}/model.npz")
    ...     sorted(nn.load_weights(path))
    ['bias', 'weight']
    """
    place = checked_path(path, tuple(_FORMS), "save_weights")
    state = source.state_dict() if isinstance(source, Module) else source
    if not isinstance(state, Mapping):
        raise ag.ArgumentError(
            f"save_weights() takes a module or its state_dict(), got {type(source).__name__}."
        )
    arrays = {_name(name): plain_array(value, name) for name, value in state.items()}
    write, _ = _FORMS[place.suffix]
    replace_file(place, lambda file: write(file, arrays))
    return place


def load_weights(path: PathLike, model: Module | None = None, *, strict: bool = True) -> Arrays:
    """Read the arrays of a file by name, and into a model where one is given.

    Args:
        path: a file that `save_weights` or another library wrote.
        model: what to load them into, all of it or nothing.
        strict: refuse names that are missing or that the model does not have.

    Returns:
        The arrays by name: what `Module.load_state_dict` takes.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: the file is damaged or of another kind.
        RangeError: another ending.
        StateError: names, shapes or dtypes that do not fit the model, all of them listed.
        MissingPackageError: safetensors is not installed.
    """
    place = existing(path, tuple(_FORMS), "load_weights")
    _, read = _FORMS[place.suffix]
    arrays = read(place)
    if model is not None:
        model.load_state_dict(arrays, strict=strict)
    return arrays


# --- names and values -------------------------------------------------------------------------


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise ag.ArgumentError(f"save_weights(): names are strings, got {name!r}.")
    return name


def plain_array(value: Any, name: str) -> np.ndarray[Any, Any]:
    """A tensor or an array of numbers as a NumPy array.

    Raises:
        ArgumentError: anything else.
    """
    try:
        array = np.asarray(value.data if isinstance(value, ag.Tensor) else value)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind not in "biuf":
        raise ag.ArgumentError(
            f"{name!r} cannot be saved: it is {type(value).__name__}, and only tensors and arrays "
            "of numbers can."
        )
    return array


# --- paths ------------------------------------------------------------------------------------


def checked_path(path: PathLike, endings: tuple[str, ...], caller: str) -> Path:
    """The place itself, links followed.

    Raises:
        ArgumentError: no path.
        RangeError: another ending.
        MissingFileError: the folder does not exist.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ag.ArgumentError(f"{caller}(): the path is a string or a Path, got {path!r:.60}.")
    place = Path(os.path.realpath(path))
    if place.suffix not in endings:
        raise ag.RangeError(
            f"{caller}({os.fspath(path)!r}): the file's name ends in {' or '.join(endings)}."
        )
    if not place.parent.is_dir():
        raise MissingFileError(
            f"{caller}({os.fspath(path)!r}): there is no folder {str(Path(path).parent)!r}. "
            "Make it first: Path(…).mkdir(parents=True)."
        )
    return place


def existing(path: PathLike, endings: tuple[str, ...], caller: str) -> Path:
    """The place of a file that is there.

    Raises:
        MissingFileError: it is not; and as `checked_path`.
    """
    place = checked_path(path, endings, caller)
    if not place.is_file():
        raise MissingFileError(f"{caller}({os.fspath(path)!r}): there is no such file.")
    return place


# --- the step from the old file to the new one ------------------------------------------------

_ABANDONED = 3600.0
"""After how many seconds without a change an unfinished file counts as left behind."""


def replace_file(place: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Write a file beside its place, on to the disk, and only then put it there.

    Unfinished files of programs that were killed are removed an hour later, by the next save.
    """
    _remove_abandoned(place)
    beside = place.with_name(f".{place.name}.{uuid4().hex}.unfinished")
    try:
        with open(beside, "xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, place)
    finally:
        beside.unlink(missing_ok=True)
    _sync_folder(place.parent)


def _remove_abandoned(place: Path) -> None:
    for beside in place.parent.glob(f".{_literally(place.name)}.*.unfinished"):
        with contextlib.suppress(OSError):  # another program was faster
            if time.time() - beside.stat().st_mtime > _ABANDONED:
                beside.unlink()


def _literally(name: str) -> str:
    """A name as a pattern that only it matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _sync_folder(folder: Path) -> None:
    """Bring the new name on to the disk too (Windows does so by itself)."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- the two formats --------------------------------------------------------------------------

_DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, TypeError, KeyError, EOFError, OSError)


def write_npz(file: IO[bytes], arrays: Arrays, texts: Mapping[str, str] | None = None) -> None:
    """The arrays as ``np.savez`` writes them, whatever their names, and texts beside them."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in (texts or {}).items():
            archive.writestr(name, text)
        for name, array in arrays.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_npz(place: Path) -> Arrays:
    """All arrays of a file.

    Raises:
        FileFormatError: it is damaged or of another kind.
    """
    found = read_members(place, lambda archive: {name: archive[name] for name in archive.files})
    strange = [name for name, array in found.items() if not isinstance(array, np.ndarray)]
    if strange:
        raise FileFormatError(
            f"{place.name} holds {strange[0]!r}, which is no array. Is it a checkpoint? "
            "load_checkpoint(path, model=…) reads those."
        )
    return dict(found)


def read_members(place: Path, read: Callable[[Any], Any]) -> Any:
    """What `read` takes from an opened ``.npz``.

    Raises:
        FileFormatError: it is damaged or of another kind.
    """
    if not zipfile.is_zipfile(place):
        raise FileFormatError(
            f"{place.name} is no .npz file, or it was cut off: it does not end as one does."
        )
    try:
        with np.load(place, allow_pickle=False) as archive:
            return read(archive)
    except FileFormatError:
        raise
    except _DAMAGED as error:
        raise FileFormatError(
            f"{place.name} cannot be read: {error}. It is damaged, or holds something else than "
            "arrays of numbers; pickled objects are never loaded."
        ) from error


def _write_safetensors(file: IO[bytes], arrays: Arrays) -> None:
    contiguous = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    file.write(_safetensors().save(contiguous))


def _read_safetensors(place: Path) -> Arrays:
    library = _safetensors()
    try:
        found: Arrays = library.load(place.read_bytes())
    except Exception as error:  # the library has an error class of its own, and others escape it
        raise FileFormatError(
            f"{place.name} cannot be read: {type(error).__name__}: {error}. It is damaged, or "
            "holds a dtype that NumPy does not know."
        ) from error
    return found


def _safetensors() -> Any:
    otherwise = "An .npz file needs nothing more."
    return ag.need_package(
        "safetensors.numpy", "safetensors", "safetensors", "A .safetensors file", otherwise
    )


_FORMS: dict[str, tuple[Callable[[IO[bytes], Arrays], None], Callable[[Path], Arrays]]] = {
    ".npz": (write_npz, read_npz),
    ".safetensors": (_write_safetensors, _read_safetensors),
}
"""How each ending is written and read."""
