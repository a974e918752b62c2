"""Layers one after the other that pictures fold stage by stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import autograd as ag
from nn.container import Sequential
from nn.module import Module
from nn.pooling import MaxPool2d


class Staged(Sequential):
    """A `Sequential` that records its layers in stages, each ending with a max pool.

    Names of layers and parameters stay those of a `Sequential`; only pictures show the stages.
    """

    def forward(self, input: Any) -> Any:
        """The output of the last module."""
        for number, stage in enumerate(self.stages(), start=1):
            with ag.scope(f"stage {number}"):
                for module in stage:
                    input = module(input)
        return input

    def stages(self) -> Iterator[list[Module]]:
        """The modules in groups, each up to and including a max pool."""
        stage: list[Module] = []
        for module in self:
            stage.append(module)
            if isinstance(module, MaxPool2d):
                yield stage
                stage = []
        if stage:
            yield stage
