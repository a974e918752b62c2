"""Numbers that a rule's text may name.

They are Python floats, so that they never widen a float32: ``exp(-x**2) * 2 / π**0.5``.
"""

from __future__ import annotations

import math

from autograd.core.rule import on_arrays, on_tensors

CONSTANTS = {"π": math.pi, "ln2": math.log(2), "ln10": math.log(10), "nan": math.nan}

for _table in (on_arrays, on_tensors):
    _table.update(CONSTANTS)
