"""What a compiled function cannot do: errors that name the person's line and say what to write."""

from __future__ import annotations

from types import FrameType
from typing import Any, NoReturn

import numpy as np

from autograd.compiler import origin
from autograd.core.errors import StateError
from autograd.core.node import Where
from autograd.core.where import resolve


def reading(how: str) -> StateError:
    """The error of a value that is read, by which later calls would be decided, too."""
    where, library = origin.user_line()
    if origin.stores(where) and not library:
        return writing()
    by, advice = "", _JOIN + _READ_OUTSIDE if how == AS_ARRAY else _READ_OUTSIDE
    if library:
        by, advice = f" ({library} does it)", f"Call {library} outside; {_COMPILE_INSIDE}"
    return StateError(
        f"A compiled function reads a value {how}{_place(where)}{by}. While it is traced its "
        "numbers stand for those of all later calls, so nothing may be decided by them. "
        f"{advice}"
    )


def refused(what: str, advice: str) -> StateError:
    """The error of something that cannot be written down."""
    where, _ = origin.user_line()
    return StateError(f"A compiled function {what}{_place(where)}. {advice}")


def writing() -> StateError:
    """The error of what would be written into an array that does not take notes."""
    return refused(
        "writes into a plain array of NumPy's",
        "Later calls would meet the numbers of the trace there. Make a tensor to write into, as in "
        "z = ag.zeros(3), or an array like one that is given, as in np.zeros_like(x.data); or "
        "join the parts, as in ag.stack([…]).",
    )


def refuse_shuffle() -> NoReturn:
    """The error of a shuffle, which returns nothing that could be written down."""
    raise refused(
        "shuffles in place",
        "Later calls would meet the order of the trace again. Draw an order and take it, as "
        "in x[rng.permutation(len(x))].",
    )


def refuse_swap(frame: FrameType) -> None:
    """Refuse a change by a part of the same array that no line of Python asks for.

    NumPy's generators shuffle so what is no array to them: each row, a view, would be written
    over before it is used.
    """
    where = frame.f_code, frame.f_lasti
    if origin.is_asked_by(frame) and not origin.stores(where):
        refuse_shuffle()


def quiet(before: Any) -> str:
    """What NumPy was told not to warn of, as arguments of ``np.errstate``.

    Raises:
        StateError: it was told to do something else.
    """
    changed = {kind: how for kind, how in np.geterr().items() if how != before[kind]}
    for kind, how in changed.items():
        if how != "ignore":
            raise refused(f"chooses np.errstate({kind}={how!r})", _CHOOSE_OUTSIDE)
    if len(set(np.geterr().values())) == 1:
        return 'all="ignore"'
    return ", ".join(f'{kind}="ignore"' for kind in changed)


def _place(where: Where) -> str:
    """A line, as errors name it."""
    line = resolve(where)
    return f" in {line}: {line.text.strip().rstrip(':')}" if line else ""


AS_ARRAY = "as a NumPy array"
_JOIN = "Parts are joined with np.stack([…]) or ag.stack([…]). "
_READ_OUTSIDE = (
    "Return the tensor and read it outside, choose with ag.where(condition, x, y), or leave this "
    "part uncompiled."
)
_CHOOSE_OUTSIDE = "Later calls could not follow. Put it around the call of the compiled function."
COPY_FIRST = (
    "NumPy would not see the change. Give NumPy a copy, as in np.array(x), and make tensors of "
    "arrays with ag.tensor(array), which copies."
)
_COMPILE_INSIDE = "a function that it is given, such as a closure, may itself be compiled."
