"""The operations, one file per family; importing this package registers them all."""

from autograd.ops import (
    activation,
    arithmetic,
    comparison,
    contraction,
    indexing,
    joining,
    reduction,
    shape,
    transcendental,
)

__all__ = [
    "activation",
    "arithmetic",
    "comparison",
    "contraction",
    "indexing",
    "joining",
    "reduction",
    "shape",
    "transcendental",
]
