"""Where a call comes from: the operation, rule or update that runs, and the user's line.

Nothing in the engine takes part: the frames of the running program say it all, and they are
read while tracing only.
"""

from __future__ import annotations

import random
import secrets
import sys
from collections.abc import Iterator
from dis import opmap
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.outer import is_installed
from autograd.compiler.program import Note
from autograd.core import apply, fast, mode, sweep
from autograd.core.mode import Location, current, is_library
from autograd.core.node import Handle, Node, Where, serials
from autograd.core.primitive import Operation
from autograd.core.rule import Rule
from autograd.core.where import resolve
from autograd.draw.naming import said_at

_APPLY = apply.__file__
_SHORT = fast.__file__.replace("fast.py", fast.TITLE)
_TENSOR = apply.__file__.replace("apply.py", "tensor.py")
_RANDOM = random.__file__, secrets.__file__
_NUMPY = np.__file__.rsplit("__init__", 1)[0]
_PACKAGE = apply.__file__.rsplit("core", 1)[0]
_SWEEPS = sweep.__file__, f"{_PACKAGE}functional.py"
_CORE = apply.__file__.rsplit("apply.py", 1)[0]
_HERE = __file__.rsplit("origin.py", 1)[0]


_RULED = ("_one_by_one", "_in_place")
"""What calls an optimizer's rule for each parameter."""


class _Part(NamedTuple):
    """Which part a function plays.

    Attributes:
        role: rule, operation, sweep, update, library, or user.
        named: whether what its lines assign to is a name that a reader may see.
        takes_param: whether it works on a parameter of a model.
        code: kept, so that its identity stays what it is: to hash it is slow.
    """

    role: str
    named: bool
    takes_param: bool
    code: CodeType


_parts: dict[int, _Part] = {}


def _part(code: CodeType) -> _Part:
    known = _parts.get(id(code))
    if known is None:
        role = _role_of(code)
        named = role in ("library", "update") and not _is_inner(code)
        known = _parts[id(code)] = _Part(role, named, "param" in code.co_varnames, code)
    return known


def _role_of(code: CodeType) -> str:
    file = code.co_filename
    if file.startswith("<rules of") or (file == _SWEEPS[0] and code.co_name == "_by_rules"):
        return "rule"
    if file.startswith(_SHORT):
        return "fast"
    if file == _APPLY and code.co_name in ("_compute", "_of_one"):
        return "apply"
    if file in _SWEEPS and code.co_name != "grad":
        return "sweep"
    if code.co_name in ("advance", "step") and is_library(code) and _folder(file) == "optim":
        return "update"
    if file.startswith(_HERE):
        return "compiler"
    ours = is_library(code) or file.startswith(_PACKAGE)
    return "library" if ours or _is_inner(code) else "user"


def _folder(file: str) -> str:
    return Path(file).parent.name


def _is_inner(code: CodeType) -> bool:
    """NumPy's own code, what it asks for random numbers, and rules that were written as text."""
    file = code.co_filename
    if file in _RANDOM:
        return True
    if file.endswith("<formula>") or file == "<__array_function__ internals>":
        return True
    if file.startswith("<frozen"):
        return True
    return file.startswith(_NUMPY)


class Latest:
    """The note of the rule, and of the sweep, that still run: their other calls have the same.

    Attributes:
        frames: of the rule or sweep, by role.
        notes: what was noted, by role.
    """

    def __init__(self) -> None:
        self.frames: dict[str, FrameType | None] = {}
        self.notes: dict[str, Note] = {}

    def clear(self) -> None:
        """Forget: a frame holds on to all that its function saw."""
        self.frames.clear()
        self.notes.clear()

    def keep(self, role: str, frame: FrameType | None, note: Note) -> Note:
        """Note what belongs to a frame."""
        self.frames[role], self.notes[role] = frame, note
        return note


def note(scopes: dict[int, str], latest: Latest) -> Note:
    """What the running call belongs to."""
    found: dict[str, FrameType] = {}
    known = _gather(sys._getframe(3), found, latest)
    return known or _choose(found, scopes, latest)


def _gather(frame: FrameType | None, found: dict[str, FrameType], latest: Latest) -> Note | None:
    """Look outward to the person's line, unless what runs is known already.

    Args:
        frame: the innermost.
        found: gets a frame for each role: the innermost, of sweeps the outermost; and under
            ``"inner"`` and ``"param"`` the innermost line of the library's that a reader may see,
            and that works on a parameter.
        latest: what is known.
    """
    while frame is not None:
        code = frame.f_code
        role, named, takes_param, _ = _parts.get(id(code)) or _part(code)
        if role != "compiler":
            if latest.frames.get(role) is frame and "rule" not in found:
                return latest.notes[role]
            if role == "user" or (role == "rule" and _knows_its_place(frame)):
                found[role] = frame
                if role == "user" and _is_a_rule_of_theirs(frame):
                    found["update"] = frame
                return None
            if role == "sweep":
                found[role] = frame
            found.setdefault(role, frame)
            if named:
                found.setdefault("inner", frame)
                if takes_param and isinstance(frame.f_locals.get("param"), Handle):
                    found["param"] = frame
        frame = frame.f_back
    return None


def _is_a_rule_of_theirs(frame: FrameType) -> bool:
    """Whether a person's function is called for each parameter by an optimizer: it is its rule."""
    outer = frame.f_back
    while outer is not None and _folder(outer.f_code.co_filename) == "optim":
        if is_library(outer.f_code) and outer.f_code.co_name in _RULED:
            return True
        outer = outer.f_back
    return False


def _knows_its_place(rule: FrameType) -> bool:
    """Whether a rule belongs to an operation whose line is known: no need to look for one."""
    return rule.f_locals["node"].where is not None


def _choose(found: dict[str, FrameType], scopes: dict[int, str], latest: Latest) -> Note:
    """What a call belongs to, by the frames around it: backward, update or forward."""
    user = found.get("user")
    where = None if user is None else (user.f_code, user.f_lasti)
    if "rule" in found:
        rule = found["rule"]
        made = _of_rule(rule.f_locals, scopes, where)
        if "apply" in found or "fast" in found:  # it runs on tensors
            return made._replace(made=_upcoming())
        return latest.keep("rule", rule, made) if _knows_its_place(rule) else made
    if "sweep" in found:
        return latest.keep("sweep", found["sweep"], Note("backward", "", "", where))
    if "update" in found:
        return _of_update(found, scopes, where)
    operation = found.get("apply") or found.get("fast")
    return _of_operation(operation, found, scopes, where)


def _of_operation(
    frame: FrameType | None, found: dict[str, FrameType], scopes: dict[int, str], where: Any
) -> Note:
    """The note of an operation that runs in a frame, or of what a person computes with arrays."""
    subject, path = _said(found)[0], _path(current().scope, scopes)
    if frame is None:
        return Note("forward", "", subject, where, path)
    inside = frame.f_locals
    op = frame.f_globals.get("op") or inside["op"]  # a short way is text about it
    made = Note("forward", op.formula, subject, where, path, op.name)
    return made._replace(serial=_upcoming(), operands=tuple(_operands(op, inside)))


def _upcoming() -> int:
    """The serial of the node that is made next: that of the operation that runs."""
    return int(repr(serials)[6:-1])


def _operands(op: Any, inside: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """What an operation is computed from, by the names in its formula, as far as it is traced."""
    values = inside.get("values") or [inside[name] for name in ("x", "y") if name in inside]
    for name, value in zip(op.operands, values, strict=False):
        plain = value.value if isinstance(value, Handle) else value
        yield name, getattr(plain, "slot", plain)


_lines: dict[tuple[int, int], tuple[str, str, CodeType]] = {}


def _said(found: dict[str, FrameType]) -> tuple[str, str]:
    """The name that the library's own line assigns the value to, and that line."""
    inner = found.get("inner")
    if inner is None:
        return "", ""
    key = id(inner.f_code), inner.f_lasti
    known = _lines.get(key)
    if known is None:
        where = inner.f_code, inner.f_lasti
        said, line = said_at(where), resolve(where)
        target = (said.target or "") if said is not None else ""
        known = _lines[key] = (target, line.text.strip() if line else "", inner.f_code)
    return known[:2]


_places: dict[tuple[int, int], tuple[str, int, CodeType]] = {}


def assigned(where: Where) -> tuple[str, int]:
    """The variable that a place in a person's code assigns its value to, and the line."""
    if not isinstance(where, tuple) or isinstance(where, Location):
        return "", 0
    key = id(where[0]), where[1]
    known = _places.get(key)
    if known is None:
        said, line = said_at(where), resolve(where)
        target = (said.target or "") if said is not None else ""
        known = _places[key] = (target, line.line if line else 0, where[0])
    return known[:2]


def _of_update(found: dict[str, FrameType], scopes: dict[int, str], where: Any) -> Note:
    param = found["param"].f_locals["param"] if "param" in found else None
    subject, text = _said(found)
    return Note(
        "update", text if param is not None else "", subject, where, scopes.get(id(param), "")
    )


def _of_rule(inside: dict[str, Any], scopes: dict[int, str], where: Any) -> Note:
    node: Node = inside["node"]
    place = node.where if node.where is not None else where
    g = inside.get("g", inside.get("gradient"))
    given, several = _slot(g), g if isinstance(g, (tuple, list)) else ()
    parts = tuple(map(_slot, several))
    scope = _path(node.scope, scopes)
    shown, name = _shown(node.op), node.op.name
    return Note("backward", shown, "", place, scope, name, given, "", node.serial, (), parts)


def _slot(gradient: Any) -> Any:
    """What a program calls a gradient: a traced array, or a tensor around one."""
    plain = gradient.value if isinstance(gradient, Handle) else gradient
    return getattr(plain, "slot", None)


@lru_cache(1024)
def _shown(op: Any) -> str:
    """The formulas of an operation's rules."""
    return "; ".join(rule.shown for rule in op.rules if isinstance(rule, Rule))


def _path(scope: mode.Scope | None, scopes: dict[int, str]) -> str:
    while scope is not None:
        owner = scope.owner() if scope.owner is not None else None
        if owner is not None and id(owner) in scopes:
            return scopes[id(owner)]
        scope = scope.parent
    return ""


def asked_by_a_person() -> bool:
    """Whether a truth value is read by a person's line, not by the engine's."""
    frame: FrameType | None = sys._getframe(3)
    while frame is not None:
        code = frame.f_code
        if code.co_filename != _TENSOR and not code.co_filename.startswith(_HERE):
            return _part(code).role == "user"
        frame = frame.f_back
    return True


def asked_in_passing() -> bool:
    """Whether the short way of an operation takes a number out of an array, to use it at once."""
    return _part(sys._getframe(2).f_code).role == "fast"


def user_line() -> tuple[Where, str]:
    """The user's line, and the function of a library that it called, if one did it.

    Installed packages are no user's, unless nobody else is there.
    """
    frame: FrameType | None = sys._getframe(2)
    library, inner = "", None
    while frame is not None:
        code = frame.f_code
        user = _part(code).role == "user"
        if user and not is_installed(code.co_filename):
            return (code, frame.f_lasti), library
        if user and inner is None:
            inner = (code, frame.f_lasti), library
        if code.co_filename != _TENSOR and not code.co_filename.startswith(_HERE):
            library = _called(frame) or library
        frame = frame.f_back
    return inner or (None, library)


def nearest_line() -> tuple[CodeType, int] | None:
    """The innermost line that is neither this library's nor NumPy's."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and _part(frame.f_code).role != "user":
        frame = frame.f_back
    return None if frame is None else (frame.f_code, frame.f_lasti)


def is_asked_by(frame: FrameType) -> bool:
    """Whether a frame is a person's, or that of a package that is neither this one nor NumPy."""
    return _part(frame.f_code).role == "user"


def stores(where: Where) -> bool:
    """Whether a line puts something into an element (``z[i] = x``)."""
    if not isinstance(where, tuple) or isinstance(where, Location):
        return False
    code, offset = where
    return code.co_code[offset] == opmap["STORE_SUBSCR"]


_CALLS = ("__init__", "__call__")
"""Methods that are called by the name of their class, or of an object."""


def _called(frame: FrameType) -> str:
    """What a person has called: an operation, a method with its class, or a function.

    What only the engine calls says nothing, nor does what a tensor itself does on the way.
    """
    owner, op = frame.f_locals.get("self"), frame.f_locals.get("op")
    if isinstance(op, Operation):
        return op.name
    name, file = frame.f_code.co_name, frame.f_code.co_filename
    if (
        name.startswith("<")
        or (name.startswith("_") and name not in _CALLS)
        or file.startswith(_CORE)
        or _is_inner(frame.f_code)
    ):
        return ""
    if owner is None or isinstance(owner, Handle):
        return name
    kind = type(owner).__name__
    return kind if name in _CALLS else f"{kind}.{name}"
