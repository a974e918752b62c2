"""What became of a program, in words: what each pass did, and where results lie."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator

from autograd.compiler.program import Place, Program
from autograd.compiler.text import WIDTH

MOST = 40
"""So many buffers are listed."""

_IDLE = re.compile(r"nothing to do$|(0|no) ")
"""How a remark goes on after its colon where a pass found nothing."""


def explained(program: Program) -> str:
    """What the passes did, the memory plan, and by their names those that found nothing."""
    idle = [remark for remark in program.remarks if _is_idle(remark)]
    found: list[str] = []
    for remark in program.remarks:
        found += [] if remark in idle else [remark]
        found += _plan(program) if remark.startswith("memory: ") else []
    return "\n".join([*found, *_without_effect(idle)])


def _is_idle(remark: str) -> bool:
    return _IDLE.match(remark.partition(": ")[2]) is not None


def _without_effect(remarks: list[str]) -> list[str]:
    """The names of passes that found nothing, each once."""
    names = dict.fromkeys(remark.partition(": ")[0] for remark in remarks)
    text = f"without effect here: {', '.join(names)}"
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ") if names else []


def _plan(program: Program) -> Iterator[str]:
    """For each buffer its size, what it lies in, and the results that lie there by turns."""
    held = _held(program)
    for name, value in program.buffers[:MOST]:
        size, where = value.size * (value.dtype.itemsize if value.dtype else 8), ""
        if name in program.within:
            home, start = program.within[name]
            where = f", within {home} from {start}"
        shape = "×".join(map(str, value.shape)) or "1"
        names = f": {', '.join(dict.fromkeys(held[name]))}" if held[name] else ""
        yield f"  {name}: {shape} {value.dtype}, {size:,} bytes{where}{names}"
    if len(program.buffers) > MOST:
        yield f"  … and {len(program.buffers) - MOST} more"


def _held(program: Program) -> dict[str, list[str]]:
    """By the name of a buffer, the results that are put into it, in order."""
    homes = {name: _home(program, name) for name in program.views}
    found: dict[str, list[str]] = defaultdict(list)
    for line in program.instructions:
        place = line.kwargs.get("out")
        if isinstance(place, Place):
            home = homes.get(place.name, place.name)
            found[home] += [out.name for out in line.outs] or [place.name]
    return found


def _home(program: Program, name: str) -> str:
    """The buffer that a part of one lies in."""
    while name in program.views:
        name = program.views[name][0]
    return name
