"""What ``.grad`` holds beside what one backward pass gives: zero_grad, and = for +=."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.draw.trace import Numbers, numbers
from autograd.stepper.comparison.difference import Difference, Spot
from autograd.stepper.comparison.matching import Matches
from autograd.stepper.comparison.runs import Run, Tolerance
from autograd.stepper.figures import brief
from autograd.stepper.scene import listed

_MOST = 1000
"""So many backward passes are looked for in a sum."""


def kept(a: Run, b: Run, matches: Matches, tolerance: Tolerance) -> list[Difference]:
    """Leaves whose ``.grad`` is not what one backward pass gives, told once for each reason."""
    reasons: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for first, second in sorted(matches.values.items()):
        said = _reasons(a, b, (first, second), tolerance)
        if said[0] != said[1] or "both" in said:
            reasons.setdefault(said, []).append((first, second))
    return [_difference(a, b, said, pairs) for said, pairs in reasons.items()]


def _reasons(a: Run, b: Run, pair: tuple[int, int], tolerance: Tolerance) -> tuple[str, str]:
    ends = list(zip((a, b), pair, strict=True))
    own = [_plain(run.trace.values[place].gradient) for run, place in ends]
    held = [run.kept.get(place) for run, place in ends]
    if held[0] is None or held[0] is not held[1]:
        return _reason(*ends[0], own[0], tolerance), _reason(*ends[1], own[1], tolerance)
    return (_shared(*ends[0], own, tolerance),) * 2


def _shared(run: Run, place: int, own: list[Any], tolerance: Tolerance) -> str:
    """The same leaf in both runs: it may hold the gradient of either."""
    held = _held(run, place)
    known = [one for one in own if one is not None and one.shape == held.shape]
    if not known or any(tolerance.same(held, one) for one in known):
        return ""
    both = len(known) == 2 and tolerance.same(held, known[0] + known[1])
    return "both" if both else _reason(run, place, known[-1], tolerance)


def _reason(run: Run, place: int, own: Any, tolerance: Tolerance) -> str:
    """Why ``.grad`` of a leaf is not the gradient of this pass; empty where it is, or is None."""
    if _left(run, place) is not None:
        return "left"
    if run.kept.get(place) is None or own is None:
        return ""
    held = _held(run, place)
    if held.shape != own.shape or tolerance.same(held, own):
        return ""
    count = _count(held, own)
    if count and tolerance.same(held, count * own):
        return f"{count} times"
    parts = [_plain(e.contribution) for e in run.trace.events if e.target == place]
    if len(parts) > 1 and tolerance.same(held, parts[-1]):
        return f"last of {len(parts)}"
    return "other"


def _left(run: Run, place: int) -> Numbers | None:
    """What a tape saw in ``.grad`` before the first contribution of this pass came."""
    found = (event.before for event in run.trace.events if event.target == place)
    return next(found, None) if run.maker(place) is None else None


def _held(run: Run, place: int) -> Any:
    return run.kept[place].data


def _count(held: Any, own: Any) -> int:
    """How many times a gradient is in a sum, 0 where no whole number fits."""
    with np.errstate(all="ignore"):
        ratio = np.abs(held).sum() / np.abs(own).sum()
    return round(ratio) if np.isfinite(ratio) and 1.5 < ratio < _MOST else 0


def _plain(numbers: Numbers | None) -> Any:
    if numbers is None or numbers.data is None:
        return None
    return np.asarray(numbers.data, dtype=np.float64)


# --- sentences ------------------------------------------------------------------------------


def _difference(a: Run, b: Run, said: tuple[str, str], pairs: list[tuple[int, int]]) -> Difference:
    run, reason, side = (a, said[0], 0) if said[0] else (b, said[1], 1)
    names = listed([run.own_name(pair[side]) for pair in pairs[:4]], len(pairs))
    label = f"{a.label} and {b.label}" if all(said) and said[0] == said[1] else run.label
    what = f".grad of {names} in {label}"
    example = pairs[0][side]
    told = _because(run, example, reason, len(pairs) > 1)
    text = f"{what} {told}"
    if all(said) and said[0] != said[1]:
        text += f" In {b.label}, it {_because(b, pairs[0][1], said[1], len(pairs) > 1)}"
    spots = (Spot(tuple(pair[i] for pair in pairs)) if said[i] else Spot() for i in (0, 1))
    return Difference("kept", text, "= for +=?" if "last" in reason else "zero_grad?", *spots)


def _because(run: Run, place: int, reason: str, many: bool) -> str:
    left = _left(run, place)
    if left is not None:
        shown = "what an earlier backward pass had left" if many else brief(left)
        return f"still held {shown} when this backward pass began: was zero_grad() forgotten?"
    held, own = _shown(_held(run, place)), run.trace.values[place].gradient
    shown = f" ({held} instead of {brief(own)})" if own and not many else ""
    if reason == "both":
        alone = "" if many else f" ({held})"
        return f"is the sum of both runs{alone}: no zero_grad() came between them."
    if reason.endswith("times"):
        count = reason.split()[0]
        passes = "twice" if count == "2" else f"{count} times"
        return f"is {passes} what one backward pass gives{shown}: was zero_grad() forgotten?"
    if reason.startswith("last"):
        count = reason.split()[-1]
        return f"is only the last of {count} contributions{shown}: was = written for +=?"
    return (
        f"is not what one backward pass gives{shown}: it holds what was there before "
        "(was zero_grad() forgotten?), or it was changed since."
    )


def _shown(held: Any) -> str:
    return brief(numbers(held))
