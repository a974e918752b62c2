"""`detect_anomaly` and `guard`: mistakes found where they are made."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def leaf(value):
    return ag.tensor(value, requires_grad=True)


def test_the_first_bad_result_is_named_with_its_line_and_operands():
    x = leaf([1.0, 0.0])
    with np.errstate(all="ignore"), ag.detect_anomaly(), pytest.raises(ag.AnomalyError) as caught:
        1.0 / x
    message = str(caught.value)
    assert "divide made inf at index 1" in message
    assert "1.0 / x" in message
    assert "[1., 0.]" in message
    assert isinstance(caught.value, ArithmeticError)


def test_what_was_not_finite_before_is_not_blamed_on_the_next():
    x = leaf([float("inf"), 1.0])
    with ag.detect_anomaly():
        (x * 2.0).sum()


def test_a_masked_branch_is_recognised():
    x = leaf([-1.0, 4.0])
    with np.errstate(all="ignore"):
        y = ag.where(x > 0, ag.sqrt(x), x)
        with ag.detect_anomaly(), pytest.raises(ag.AnomalyError) as caught:
            y.sum().backward()
    assert "sqrt" in str(caught.value)
    assert "double where" in str(caught.value)
    assert x.grad is None
    safe = ag.where(x > 0, x, 1.0)
    with ag.detect_anomaly():
        ag.where(x > 0, ag.sqrt(safe), x).sum().backward()
    assert x.grad.tolist() == [1, 0.25]


def test_a_bad_contribution_is_named():
    x = leaf(0.0)
    y = ag.sqrt(x)
    with ag.detect_anomaly(), pytest.raises(ag.AnomalyError, match=r"gradient of sqrt.* is inf"):
        y.backward()


def test_nothing_is_checked_outside():
    x = leaf(0.0)
    ag.sqrt(x).backward()
    assert x.grad.item() == float("inf")


def test_guard_notices_writes_through_the_array():
    x = leaf([1.0, 2.0, 3.0])
    with ag.guard():
        y = x * x
    x.detach().numpy()[0] = 100.0
    with pytest.raises(ag.InPlaceError, match="mul needs"):
        y.sum().backward()
    x.detach().numpy()[0] = 1.0
    y.sum().backward()
    assert x.grad.tolist() == [2, 4, 6]


def test_guard_notices_writes_into_results():
    x = leaf([1.0, 2.0])
    with ag.guard():
        y = x.exp()
    y.data[0] = 0.0
    with pytest.raises(ag.InPlaceError, match="exp needs out"):
        y.sum().backward()


@pytest.mark.parametrize("needed", [True, False])
def test_an_error_that_errstate_asks_for_is_numpys_own(needed):
    x = ag.tensor([1.0, 0.0], requires_grad=needed)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        1.0 / x
