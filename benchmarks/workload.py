"""What is measured: a question, its cases, and how each peer computes them."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.libraries import LIBRARIES
from benchmarks.limits import SECONDS, Case, Compute, Figure, Medians, ratio

__all__ = ["SECONDS", "Case", "Figure", "Inputs", "Medians", "Run", "workload"]

REFERENCE = "torch"
"""The peer that ratios are taken to, where a workload names no other."""

Inputs = dict[str, Any]
MakeInputs = Callable[[np.random.Generator], Inputs]
Run = Callable[[], Any]
Maker = Callable[..., Run | None]


@dataclass
class Workload:
    """A question that is answered by timing the same computation with several peers.

    Attributes:
        name: its name on the command line.
        question: one sentence.
        cases: what is measured, in order.
        inputs: makes the inputs from a generator; every peer gets the same.
        rtol, atol: how far values may lie from the reference's.
        reference: the peer that ratios are taken to.
        threads: with how many threads it is measured.
        quick: whether a quick run has the time for it.
        makers: by peer: given a case's name and the inputs, a function of no arguments that
            computes and returns the values to be compared; None where a peer has no such case.
        figures: numbers computed from the medians.
        lacking: by peer that cannot do it: why.
    """

    name: str
    question: str
    cases: tuple[Case, ...]
    inputs: MakeInputs
    rtol: float = 1e-4
    atol: float = 1e-5
    reference: str = REFERENCE
    threads: tuple[int, ...] = (1, 2)
    quick: bool = True
    makers: dict[str, Maker] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for case in self.cases:
            self.figures += case.figures(self.reference)

    def on(self, *peers: str) -> Callable[[Maker], Maker]:
        """Decorate the function that computes with these peers."""

        def enter(maker: Maker) -> Maker:
            self.makers.update(dict.fromkeys(peers, maker))
            return maker

        return enter

    def through(self, *peers: str) -> Callable[[Maker], Maker]:
        """Decorate a function whose first argument is one of these as a `Library`."""

        def enter(maker: Maker) -> Maker:
            for name in peers:
                self.makers[name] = partial(_with_library, maker, name)
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

    def lacks(self, why: str, *peers: str) -> None:
        """Say why these peers do not take part."""
        self.lacking.update(dict.fromkeys(peers, why))

    def limit(self, case: str, peer: str, at_most: float, to: str) -> None:
        """A ratio that is to be reached, to another peer than the reference."""
        self.figures.append(ratio(case, peer, to, at_most))

    def case(self, name: str) -> Case:
        """The case of that name."""
        return next(case for case in self.cases if case.name == name)


def workload(question: str, *cases: Case, **options: Any) -> Callable[[MakeInputs], Workload]:
    """Decorate the function that makes the inputs; its name is the workload's."""

    def enter(inputs: MakeInputs) -> Workload:
        return Workload(inputs.__name__, question, cases, inputs, **options)

    return enter


def _with_library(maker: Maker, name: str, case: str, **inputs: Any) -> Run | None:
    return maker(LIBRARIES[name](), case, **inputs)


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
