"""Updates of parameters and changes of gradients as steps: before, change, now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.draw.trace import Numbers, numbers
from autograd.stepper import maths, update
from autograd.stepper.figures import brief, figure, is_scalar
from autograd.stepper.log import Moved
from autograd.stepper.maths import Equation, Line, Maths
from autograd.stepper.scene import listed
from autograd.stepper.step import Ledger, Step

Change = tuple[str, Numbers | None, Numbers | None]
"""A name, a gradient before and a gradient now."""

_SHOWN = 8
_DOWNHILL = (
    "The gradient says how fast the loss grows with a parameter; a step against it makes the "
    "loss smaller, as long as the step is short."
)
_NO_BACKWARD = "Nothing here is part of the graph: an update is no step of the model."


def moved(entry: Moved, name: str, letter: str) -> Step:
    """A leaf got new numbers."""
    author = entry.author.name if entry.author else ""
    return Step(
        0,
        "update",
        f"Update of {name} by {author}" if author else f"{name} is changed by hand",
        _rule(entry, name, letter),
        _what_happened(entry, name),
        _DOWNHILL if author else _NO_BACKWARD,
        ledger=_ledger(entry),
    )


def _rule(entry: Moved, name: str, letter: str) -> Equation:
    if entry.sample is not None:
        found = update.equation(entry.sample, name, letter)
        if found is not None:
            return found
    told = entry.author.told if entry.author else ""
    left, result = maths.name(name), maths.number(brief(entry.now))
    if told:
        formula = [maths.words(told.format(name))]
    else:
        formula = _by_hand(entry, name, letter) or _plain(entry, name)
    return Equation(
        (
            Line(left, "←", formula[0]),
            *(Line(None, "=", m) for m in formula[1:]),
            Line(None, "=", result),
        )
    )


def _by_hand(entry: Moved, name: str, letter: str) -> list[Maths]:
    """``w − 0.1 · ∂L/∂w``, where the change is a multiple of the gradient."""
    rate = None if entry.author else _multiple(_change(entry), _array(entry.gradient))
    if rate is None or rate >= 0:
        return []
    assert entry.gradient is not None, "there is a multiple of it"
    step = maths.number(figure(-rate))
    minus, gradient = maths.sign("−", "-"), maths.partial(letter, name)
    lines = [maths.name(name) + minus + step + maths.sign("·", r"\cdot") + gradient]
    if is_scalar(entry.before) and is_scalar(entry.gradient):
        factors = step + maths.TIMES + maths.second(brief(entry.gradient))
        lines.append(maths.number(brief(entry.before)) + minus + factors)
    return lines


def _plain(entry: Moved, name: str) -> list[Maths]:
    """``w + change``."""
    change = _change(entry)
    lines = [maths.name(name) + maths.sign("+") + maths.words("change")]
    if change is not None and is_scalar(entry.before):
        added = maths.second(brief(numbers(change)))
        lines.append(maths.number(brief(entry.before)) + maths.sign("+") + added)
    return lines


def _what_happened(entry: Moved, name: str) -> str:
    who = entry.author.name if entry.author else "The program"
    before, now, gradient = (n and brief(n) for n in (entry.before, entry.now, entry.gradient))
    if entry.before == entry.now:
        return f"{who} leaves {name} as it is: {now}."
    said = f"{who} moves {name} from {before} to {now}"
    if gradient is None:
        return f"{said}; no gradient was there."
    sample = entry.sample
    if sample is not None and sample.index:
        place = ", ".join(map(str, sample.index))
        return (
            f"{said}. The rule is shown for {name}[{place}], the element with the largest "
            "gradient; all others follow it with their own numbers."
        )
    if is_scalar(entry.before) and entry.gradient and is_scalar(entry.gradient):
        return f"{said}; its gradient is {gradient}{_way(entry)}."
    return f"{said}; its gradient is {gradient}."


def _way(entry: Moved) -> str:
    """Whether a number went with its gradient or against it."""
    assert entry.gradient is not None, "it has been looked at"
    product = (entry.now.data - entry.before.data) * entry.gradient.data
    return "" if not product else ", so that is downhill" if product < 0 else ", so that is uphill"


def _ledger(entry: Moved) -> Ledger | None:
    change = _change(entry)
    if change is None:
        return None
    return Ledger(entry.before, numbers(change), entry.now, 1, 1, "change")


def _change(entry: Moved) -> Any:
    before, now = _array(entry.before), _array(entry.now)
    if before is None or now is None or before.shape != now.shape:
        return None
    with np.errstate(all="ignore"):
        return now - before


def _array(known: Numbers | None) -> Any:
    """The elements, None where they are too many to be known."""
    if known is None or known.data is None:
        return None
    return np.asarray(known.data, dtype=float).reshape(known.shape)


def _multiple(change: Any, of: Any) -> float | None:
    """The factor between two arrays, None where there is no such number."""
    if change is None or of is None or change.shape != of.shape:
        return None
    if not np.any(of) or not np.all(np.isfinite(change)) or not np.all(np.isfinite(of)):
        return None
    factor = float(np.sum(change * of) / np.sum(of * of))
    close = np.allclose(change, factor * of, rtol=1e-6, atol=1e-9 * float(np.abs(of).max()))
    return factor if close else None


# --- gradients ---------------------------------------------------------------------------


def regraded(found: Sequence[Change], letter: str) -> Step:
    """Gradients were forgotten, or changed; the phase is empty where it is the one before."""
    forgotten = all(_is_zero(now) for _, _, now in found)
    lines = [
        Line(maths.partial(letter, name), "←", maths.number(brief(now) if now else "0"))
        for name, _, now in found[:_SHOWN]
    ]
    if forgotten:
        return Step(
            0, "", "The gradients are set to zero", Equation(tuple(lines)), _forgotten(found), _WHY
        )
    return Step(
        0,
        "update",
        "The gradients are changed",
        Equation(tuple(lines)),
        _changed(found),
        "The update that follows uses these gradients, not those of the backward pass.",
    )


_WHY = "backward() adds to .grad. Without zero_grad it would add to the gradients of the last step."


def _is_zero(known: Numbers | None) -> bool:
    return known is None or known.norm == 0


def _forgotten(found: Sequence[Change]) -> str:
    were = [f"{name} had {brief(before)}" for name, before, _ in found if before is not None]
    if not were:
        return "No gradient is there yet, so nothing is forgotten."
    return f"{listed(were[:_SHOWN], len(were))}; the next backward pass starts from zero again."


def _changed(found: Sequence[Change]) -> str:
    factors = [_factor(before, now) for _, before, now in found]
    names = listed([name for name, *_ in found[:_SHOWN]], len(found))
    first = factors[0]
    if first is not None and all(
        f is not None and abs(f - first) <= 1e-6 * abs(first) for f in factors
    ):
        return (
            f"The gradient{'s' if len(found) > 1 else ''} of {names} "
            f"{'are' if len(found) > 1 else 'is'} multiplied by {figure(first)}."
        )
    told = [
        f"{name}: {brief(before) if before else 'none'} → {brief(now) if now else 'none'}"
        for name, before, now in found[:_SHOWN]
    ]
    return f"{listed(told, len(found))}."


def _factor(before: Numbers | None, now: Numbers | None) -> float | None:
    return _multiple(_array(now), _array(before))
