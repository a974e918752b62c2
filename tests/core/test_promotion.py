"""Which dtype comes out: PyTorch's promotion (PyTorch 2.13, measured), float64 as default."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag

F32 = np.ones(3, np.float32)
F64 = np.ones(3)
I64 = np.ones(3, np.int64)
BOOL = np.ones(3, np.bool_)


@pytest.mark.parametrize(
    ("make", "dtype"),
    [
        (lambda t: t(F32) * 2.5, np.float32),
        (lambda t: t(F32) * np.float64(2.5), np.float32),
        (lambda t: t(F32) * np.array(2.5), np.float32),
        (lambda t: t(F32) * t(2.5), np.float32),
        (lambda t: np.sqrt(2) * t(F32), np.float32),
        (lambda t: t(F32) + t(F64), np.float64),
        (lambda t: t(np.float32(1)) + t(F64), np.float64),
        (lambda t: t(I64) + t(F32), np.float32),
        (lambda t: t(I64) * 2, np.int64),
        (lambda t: t(I64) * 2.5, np.float64),
        (lambda t: t(I64) / t(I64), np.float64),
        (lambda t: t(BOOL) + t(I64), np.int64),
        (lambda t: t(BOOL) + 1, np.int64),
        (lambda t: t(BOOL).sum(), np.int64),
        (lambda t: t(np.ones(3, np.int32)).sum(), np.int64),
        (lambda t: t(np.ones(3, np.float16)).sum(), np.float16),
        (lambda t: t(I64).sqrt(), np.float64),
        (lambda t: t(I64) ** 2.0, np.float64),
        (lambda t: ag.where(t(BOOL), t(F32), 2.0), np.float32),
        (lambda t: ag.where(t(BOOL), t(F32), np.float64(2)), np.float32),
        (lambda t: ag.where(t(BOOL), t(I64), 1.5), np.float64),
        (lambda t: ag.cat([t(F32), t(F64)]), np.float64),
        (lambda t: ag.stack([t(F32), t(I64)]), np.float32),
        (lambda t: t(F32).mean(), np.float32),
        (lambda t: t(F32).argmax(), np.int64),
        (lambda t: t(F32).softmax(0), np.float32),
        (lambda t: t(F32).logsumexp(0), np.float32),
        (lambda t: t(F32).sigmoid(), np.float32),
    ],
)
def test_result_dtypes(make, dtype):
    assert make(ag.tensor).dtype == dtype


def test_the_gradient_has_its_operands_dtype():
    x = ag.tensor(F32, requires_grad=True)
    y = ag.tensor(F64, requires_grad=True)
    (x * y).sum().backward()
    assert x.grad.dtype == np.float32
    assert y.grad.dtype == np.float64


@pytest.mark.parametrize("reduce", [ag.mean, ag.amax, lambda x: ag.max(x, 0).values, ag.logsumexp])
def test_counts_do_not_widen_gradients(reduce):
    x = ag.tensor(F32, requires_grad=True)
    reduce(x).backward()
    assert x.grad.dtype == np.float32


def test_what_has_no_result():
    with pytest.raises(ag.DTypeError, match="convert first"):
        ag.tensor(I64).mean()
    with pytest.raises(ag.DTypeError, match="one dtype"):
        ag.tensor(np.ones((2, 2), np.float32)) @ ag.tensor(np.ones((2, 2)))
    with pytest.raises(ag.GlassError, match="negative integer powers"):
        ag.tensor(I64) ** -1
    with pytest.raises(ag.DTypeError, match="complex"):
        ag.tensor(F32) * 1j
