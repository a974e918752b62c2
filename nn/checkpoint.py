"""Checkpoints: all that a training run needs to go on as if it had never stopped, in one file.

The file is an ``.npz``: arrays under readable names (``model/0.weight``), and in
``checkpoint.json`` the dicts, lists and numbers around them. Nothing is pickled.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
from nn.module import Module
from nn.saving import (
    Arrays,
    FileFormatError,
    PathLike,
    checked_path,
    existing,
    plain_array,
    read_members,
    replace_file,
    write_npz,
)

_INDEX, _VERSION = "checkpoint.json", 1
_NPZ = (".npz",)


def save_checkpoint(
    path: PathLike,
    *,
    model: Module | None = None,
    optimizer: Any = None,
    schedule: Any = None,
    rng: Any = None,
    step: int | None = None,
    **extra: Any,
) -> Path:
    """Write the state of a training run into one file, all of it or nothing.

    The file is written beside its place, brought on to the disk and put there in one step:
    killed at any moment, the program leaves the checkpoint before or this one. The generator
    of `autograd.manual_seed` is always saved, and so are generators that modules hold (a
    dropout's own ``rng``).

    Args:
        path: ends in ``.npz``.
        model: a module.
        optimizer, schedule: anything with ``state_dict()`` and ``load_state_dict()``.
        rng: a NumPy generator of yours, such as the one that shuffles; or a dict of several.
        step: how far the run has come.
        extra: what else shall be known: numbers, strings, lists, dicts and arrays of them.

    Returns:
        The path that was written.

    Raises:
        ArgumentError: something that cannot be saved without pickling, with its place.
        RangeError: another ending than ``.npz``.
        MissingFileError: the folder does not exist.
    """
    place = checked_path(path, _NPZ, "save_checkpoint")
    parts = {
        "model": None if model is None else _states(model, "model"),
        "optimizer": None if optimizer is None else _states(optimizer, "optimizer"),
        "schedule": None if schedule is None else _states(schedule, "schedule"),
        "rng": None if rng is None else _states_of(_named_generators(rng)),
        "model_rng": None if model is None else _states_of(_generators_in(model)),
        "global_rng": ag.generator().bit_generator.state,
        "step": step,
        "extra": extra,
    }
    arrays: Arrays = {}
    tree = {name: _plain(part, name, arrays) for name, part in parts.items() if part is not None}
    text = json.dumps({"glassgrad checkpoint": _VERSION, "parts": tree}, indent=1)
    replace_file(place, lambda file: write_npz(file, arrays, {_INDEX: text}))
    return place


def load_checkpoint(
    path: PathLike,
    *,
    model: Module | None = None,
    optimizer: Any = None,
    schedule: Any = None,
    rng: Any = None,
) -> dict[str, Any]:
    """Bring a training run into the state that `save_checkpoint` wrote, bit for bit.

    Give the same kinds of objects that were saved; what is left out is not loaded. The
    generator of `autograd.manual_seed` is always restored. Where one object refuses its state,
    those before it get theirs back.

    Returns:
        ``step`` (None where none was saved) and everything `extra` by name.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: the file is damaged or no checkpoint.
        StateError: it does not contain what was asked for, or that does not fit.
    """
    place = existing(path, _NPZ, "load_checkpoint")
    parts = read_members(place, lambda archive: _parts(archive, place.name))
    wanted = {"model": model, "optimizer": optimizer, "schedule": schedule, "rng": rng}
    _check_contents(place.name, parts, [name for name, item in wanted.items() if item is not None])
    generators = list(_generators(parts, model, rng))
    stateful = [(wanted[name], parts[name]) for name in ("model", "optimizer", "schedule")]
    _load_all([(item, state) for item, state in stateful if item is not None])
    for generator, state in generators:
        generator.bit_generator.state = state
    return {"step": parts["step"], **(parts["extra"] or {})}


# --- objects with a state ---------------------------------------------------------------------


def _states(item: Any, name: str) -> Any:
    if not hasattr(item, "state_dict") or not hasattr(item, "load_state_dict"):
        raise ag.ArgumentError(
            f"save_checkpoint({name}=…): {type(item).__name__} has no state_dict() and "
            "load_state_dict(); give other values under a name of your own."
        )
    return item.state_dict()


def _check_contents(file: str, parts: Mapping[str, Any], names: list[str]) -> None:
    absent = [name for name in names if parts[name] is None]
    if absent:
        held = [name for name in ("model", "optimizer", "schedule", "rng") if parts[name]]
        raise ag.StateError(
            f"{file} contains no {' and no '.join(absent)}; it was saved with "
            f"{', '.join(held) or 'none of them'}. Nothing was loaded."
        )


def _load_all(pairs: list[tuple[Any, Any]]) -> None:
    """Every object its state, or none of them any."""
    done: list[tuple[Any, Any]] = []
    try:
        for item, state in pairs:
            done.append((item, copy.deepcopy(item.state_dict())))
            item.load_state_dict(state)
    except Exception:
        for item, before in done:
            item.load_state_dict(before)
        raise


# --- generators -------------------------------------------------------------------------------


def _named_generators(rng: Any) -> dict[str, np.random.Generator]:
    """One generator, or several by name.

    Raises:
        ArgumentError: something else, such as a seed.
    """
    named = dict(rng) if isinstance(rng, Mapping) else {"": rng}
    for generator in named.values():
        if not isinstance(generator, np.random.Generator):
            raise ag.ArgumentError(
                "rng= is a NumPy generator, whose state goes on, or a dict of generators; got "
                f"{generator!r:.40}. Make one with np.random.default_rng(seed)."
            )
    return named


def _generators_in(model: Module) -> dict[str, np.random.Generator]:
    """The generators among the attributes of all modules, by path."""
    return {
        f"{path}.{name}" if path else name: value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, np.random.Generator)
    }


def _states_of(generators: Mapping[str, np.random.Generator]) -> dict[str, Any]:
    return {name: generator.bit_generator.state for name, generator in generators.items()}


def _generators(parts: Mapping[str, Any], model: Any, rng: Any) -> Iterator[tuple[Any, Any]]:
    """Each generator with the state that it shall have.

    Raises:
        StateError: other generators than were saved.
    """
    yield from _matched({"": ag.generator()}, {"": parts["global_rng"]}, "the global generator")
    if model is not None:
        yield from _matched(_generators_in(model), parts["model_rng"], "the model's generators")
    if rng is not None:
        yield from _matched(_named_generators(rng), parts["rng"], "rng")


def _matched(
    own: Mapping[str, np.random.Generator], saved: Mapping[str, Any], what: str
) -> Iterator[tuple[Any, Any]]:
    if own.keys() != saved.keys():
        here, there = (", ".join(n or "one" for n in sorted(x)) or "none" for x in (own, saved))
        raise ag.StateError(
            f"The checkpoint does not fit: {what}: {here} here, and {there} when it was saved. "
            "Nothing was loaded."
        )
    for name, generator in own.items():
        kinds = generator.bit_generator.state["bit_generator"], saved[name]["bit_generator"]
        if kinds[0] != kinds[1]:
            raise ag.StateError(
                f"The checkpoint does not fit: {what} draws by {kinds[0]} here and drew by "
                f"{kinds[1]} when it was saved. Nothing was loaded."
            )
        yield generator, saved[name]


# --- dicts, lists and numbers as JSON, arrays beside them ---------------------------------------


def _plain(value: Any, place: str, arrays: Arrays) -> Any:
    """A value as JSON can hold it; containers and arrays become dicts that say what they were.

    Raises:
        ArgumentError: what only pickling could save.
    """
    if isinstance(value, (np.generic, np.ndarray, ag.Tensor)):
        while place in arrays:  # "a/b" may be a key, or b in a
            place += "'"
        arrays[place] = plain_array(value, place)
        kinds = {np.generic: "number", np.ndarray: "array", ag.Tensor: "tensor"}
        return {next(kinds[kind] for kind in kinds if isinstance(value, kind)): place}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {"dict": [_pair(key, item, place, arrays) for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [_plain(x, f"{place}/{i}", arrays) for i, x in enumerate(value)]}
    raise ag.ArgumentError(
        f"save_checkpoint(): {place} is {type(value).__name__}, which cannot be saved without "
        "pickling. Numbers, strings, arrays, tensors, and lists and dicts of them can."
    )


def _pair(key: Any, value: Any, place: str, arrays: Arrays) -> list[Any]:
    if not isinstance(key, (str, int)):
        raise ag.ArgumentError(
            f"save_checkpoint(): a key in {place} is {key!r:.40}; keys are strings or integers."
        )
    return [key, _plain(value, f"{place}/{key}", arrays)]


def _restored(node: Any, archive: Any) -> Any:
    """What `_plain` made a node of."""
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind == "dict":
        return {key: _restored(item, archive) for key, item in content}
    if kind in ("list", "tuple"):
        items = [_restored(item, archive) for item in content]
        return items if kind == "list" else tuple(items)
    array = archive[content]
    return array[()] if kind == "number" else ag.tensor(array) if kind == "tensor" else array


def _parts(archive: Any, file: str) -> dict[str, Any]:
    """All parts of an opened checkpoint, None for those that it has not.

    Raises:
        FileFormatError: no checkpoint, or one of a later version.
    """
    if _INDEX not in archive.files:
        raise FileFormatError(
            f"{file} is no checkpoint: it has no {_INDEX}. Does load_weights(path) read it?"
        )
    index = json.loads(archive[_INDEX])
    if index["glassgrad checkpoint"] != _VERSION:
        raise FileFormatError(
            f"{file} is a checkpoint of version {index['glassgrad checkpoint']}, and this "
            f"glassgrad reads version {_VERSION}: install a newer one."
        )
    names = ("model", "optimizer", "schedule", "rng", "model_rng", "global_rng", "step", "extra")
    return {name: _restored(index["parts"].get(name), archive) for name in names}
