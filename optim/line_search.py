"""How far to go along a direction: until the strong Wolfe conditions hold."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any, NamedTuple

DECREASE = 1e-4
CURVATURE = 0.9


class Point(NamedTuple):
    """What is known at x + t·d.

    Attributes:
        t: how far along the direction.
        loss: f(x + t·d).
        grad: ∇f there, an array.
        slope: ∇f·d, the derivative by t.
    """

    t: float
    loss: float
    grad: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    size: float,
    *,
    tolerance: float,
    rounds: int,
) -> Point:
    """A point with f ≤ f₀ + 10⁻⁴·t·f₀′ and |f′| ≤ 0.9·|f₀′|, or the lowest one that was found.

    First the step grows until it is good or an interval holds a good one; then cubic
    interpolation makes the interval smaller (Nocedal and Wright 2006, algorithms 3.5 and
    3.6, with the safeguards of Schmidt's minFunc).

    Args:
        evaluate: the point at t.
        start: the point at 0.
        t: the first step.
        size: the largest component of the direction; an interval is too small once its
            length times `size` is below `tolerance`.
        rounds: how many points may be tried after the first one.
    """
    bracket, done, used = _bracket(evaluate, start, t, rounds)
    low = _lower(bracket)
    stuck = False
    while not done and used < rounds:
        one, two = bracket
        if abs(two.t - one.t) * size < tolerance:
            break
        t, stuck = _safe(cubic_minimum(one, two), sorted((one.t, two.t)), stuck)
        trial = evaluate(t)
        used += 1
        if _too_high(trial, start) or trial.loss >= bracket[low].loss:
            bracket[1 - low] = trial
            low = _lower(bracket)
            continue
        done = _flat(trial, start)
        if not done and trial.slope * (bracket[1 - low].t - bracket[low].t) >= 0:
            bracket[1 - low] = bracket[low]
        bracket[low] = trial
    return bracket[low]


def _bracket(
    evaluate: Callable[[float], Point], start: Point, t: float, rounds: int
) -> tuple[list[Point], bool, int]:
    """One good point, or two with a good one between them; and how many rounds it took."""
    before, trial = start, evaluate(t)
    for used in range(rounds):
        if _too_high(trial, start) or (used > 1 and trial.loss >= before.loss):
            return [before, trial], False, used
        if _flat(trial, start):
            return [trial], True, used
        if trial.slope >= 0:
            return [before, trial], False, used
        bounds = (trial.t + 0.01 * (trial.t - before.t), 10 * trial.t)
        t = cubic_minimum(before, trial, bounds)
        before, trial = trial, evaluate(t)
    return [start, trial], False, rounds


def _too_high(trial: Point, start: Point) -> bool:
    return trial.loss > start.loss + DECREASE * trial.t * start.slope


def _flat(trial: Point, start: Point) -> bool:
    return abs(trial.slope) <= -CURVATURE * start.slope


def _lower(bracket: list[Point]) -> int:
    return 0 if bracket[0].loss <= bracket[-1].loss else 1


def _safe(t: float, bounds: list[float], stuck: bool) -> tuple[float, bool]:
    """A trial that does not cling to an end of the interval twice, or lie on it."""
    low, high = bounds
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if not stuck and low < t < high:
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False


def cubic_minimum(one: Point, two: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points with their slopes is lowest, kept within bounds.

    >>> down, up = Point(0.0, 1.0, None, -2.0), Point(3.0, 4.0, None, 4.0)
    >>> cubic_minimum(down, up)
    1.0
    """
    left, right = sorted((one, two), key=lambda point: point.t)
    low, high = bounds or (left.t, right.t)
    middle = (low + high) / 2
    if left.t == right.t:
        return middle
    a = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.t - right.t)
    square = a * a - left.slope * right.slope
    if not square >= 0:
        return middle
    root = sqrt(square)
    bottom = right.slope - left.slope + 2 * root
    if bottom == 0:
        return middle
    t = right.t - (right.t - left.t) * ((right.slope + root - a) / bottom)
    return min(max(t, low), high)
