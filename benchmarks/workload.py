"""What is measured: a question, its cases, and how each peer computes them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = "torch"
"""The peer that ratios are taken to."""

SECONDS = "s"

Inputs = dict[str, Any]
MakeInputs = Callable[[np.random.Generator], Inputs]
Run = Callable[[], Any]
Maker = Callable[..., Run | None]
Medians = Callable[[str, str], float]
"""The median of a case (by name) for a peer (by name); KeyError where there is none."""
Compute = Callable[[Medians], float]


@dataclass(frozen=True)
class Case:
    """One thing that is measured.

    Attributes:
        name: what the table calls it.
        at_most: the ratio to the reference that is to be reached.
        per: how many operations one run does; the table shows one of them.
        unit: "s" where runs are timed; else a run returns the figure itself, in this unit.
        measures: whether a run returns the figure itself, though it is in seconds.
        rounds: how often a run measures itself.
    """

    name: str
    at_most: float | None = None
    per: int = 1
    unit: str = SECONDS
    measures: bool = False
    rounds: int | None = None

    @property
    def timed(self) -> bool:
        """Whether the harness takes the time, rather than the run itself."""
        return self.unit == SECONDS and not self.measures


@dataclass(frozen=True)
class Figure:
    """A number computed from medians, with the bound that it must keep."""

    name: str
    compute: Compute
    at_most: float | None = None
    unit: str = ""


@dataclass
class Workload:
    """A question that is answered by timing the same computation with several peers.

    Attributes:
        name: its name on the command line.
        question: one sentence.
        cases: what is measured, in order.
        inputs: makes the inputs from a generator; every peer gets the same.
        makers: by peer: given a case's name and the inputs, a function of no arguments that
            computes and returns the values to be compared; None where a peer has no such case.
        figures: numbers computed from the medians.
        rtol, atol: how far values may lie from the reference's.
    """

    name: str
    question: str
    cases: tuple[Case, ...]
    inputs: MakeInputs
    rtol: float = 1e-4
    atol: float = 1e-5
    makers: dict[str, Maker] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        for case in self.cases:
            if case.at_most is not None:
                self.figures.append(Figure(case.name, _ratio(case.name), case.at_most, "×"))

    def on(self, *peers: str) -> Callable[[Maker], Maker]:
        """Decorate the function that computes with these peers."""

        def enter(maker: Maker) -> Maker:
            self.makers.update(dict.fromkeys(peers, maker))
            return maker

        return enter

    def figure(
        self, name: str, at_most: float | None = None, unit: str = ""
    ) -> Callable[[Compute], Compute]:
        """Decorate a function from medians to a number."""

        def enter(compute: Compute) -> Compute:
            self.figures.append(Figure(name, compute, at_most, unit))
            return compute

        return enter

    def case(self, name: str) -> Case:
        """The case of that name."""
        return next(case for case in self.cases if case.name == name)


def workload(
    question: str, *cases: Case, rtol: float = 1e-4, atol: float = 1e-5
) -> Callable[[MakeInputs], Workload]:
    """Decorate the function that makes the inputs; its name is the workload's."""

    def enter(inputs: MakeInputs) -> Workload:
        return Workload(inputs.__name__, question, cases, inputs, rtol, atol)

    return enter


def _ratio(case: str) -> Compute:
    return lambda median: median(case, "glassgrad") / median(case, REFERENCE)


def load(path: Path) -> Workload:
    """The workload that a file defines."""
    spec = importlib.util.spec_from_file_location(f"workload_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(value for value in vars(module).values() if isinstance(value, Workload))


def files() -> dict[str, Path]:
    """The files of the workloads, by name."""
    folder = Path(__file__).parent / "workloads"
    return {path.stem: path for path in sorted(folder.glob("[!_]*.py"))}
