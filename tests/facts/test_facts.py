"""Every measured fact about engine and operations: reproduced, or a published difference."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from facts import differences
from facts.dtypes import DTYPES
from facts.edges import EDGES
from facts.layers import LAYERS
from facts.losses import LOSSES
from facts.optimizers import OPTIMIZERS
from facts.reference import BEHAVIOUR, FACTS, measured
from facts.tape import TAPE

import autograd as ag

REPRODUCED = EDGES | LOSSES | DTYPES | LAYERS | TAPE | OPTIMIZERS


@pytest.fixture(autouse=True)
def _as_numbers_come() -> Iterator[None]:
    """Infinities and NaN are answers here, not accidents."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@pytest.fixture
def float32() -> Iterator[None]:
    """PyTorch's default dtype."""
    ag.set_default_dtype(np.float32)
    yield
    ag.set_default_dtype(np.float64)


def is_error(expected: Any) -> bool:
    return isinstance(expected, type) and issubclass(expected, Exception)


def compare(function: Callable[[], Any], expected: Any, rtol: float) -> None:
    if is_error(expected):
        with pytest.raises(expected) as caught:
            function()
        assert isinstance(caught.value, ag.GlassError)
    else:
        same(function(), expected, rtol)


def same(found: Any, expected: Any, rtol: float) -> None:
    """Equal in form, and numbers up to rounding."""
    if isinstance(expected, (list, tuple)):
        assert len(found) == len(expected)
        for ours, theirs in zip(found, expected, strict=True):
            same(ours, theirs, rtol)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=rtol, abs=1e-14, nan_ok=True)
    else:
        assert found == expected


@pytest.mark.parametrize("label", REPRODUCED)
def test_as_pytorch_2_13_has_it(label, request):
    if label in DTYPES or label in LAYERS:
        request.getfixturevalue("float32")
    compare(REPRODUCED[label], measured(label), rtol=1e-6 if label in BEHAVIOUR else 1e-7)


@pytest.mark.parametrize("label", differences.OTHER_WORDS)
def test_as_pytorch_2_13_has_it_in_other_words(label):
    compare(*differences.OTHER_WORDS[label], rtol=1e-12)


@pytest.mark.parametrize("label", differences.DELIBERATE)
def test_a_deliberate_difference(label):
    found = differences.DELIBERATE[label]
    assert found.reason
    compare(found.ours, found.expected, rtol=1e-12)


@pytest.mark.parametrize("label", differences.DEFAULT_IS_FLOAT64)
def test_the_default_dtype_is_float64(label):
    assert (measured(label), DTYPES.keys() & {label}) == ("float32", {label})
    assert differences.DEFAULT_IS_FLOAT64[label]() == "float64"


def test_every_fact_is_accounted_for_once():
    listed = Counter(
        [
            *(*EDGES, *LOSSES, *DTYPES, *LAYERS, *TAPE, *OPTIMIZERS),
            *(*differences.DELIBERATE, *differences.OTHER_WORDS, *differences.NOTHING),
            *differences.LAYERS_AND_OPTIMISERS,
        ]
    )
    assert set(listed) == set(FACTS)
    assert set(listed.values()) == {1}
    assert len(FACTS) == 263
