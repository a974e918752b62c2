"""Which dtype comes out, with float32 as the default dtype, as in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from facts.reference import plain

import autograd as ag

F32, F64 = np.ones(3, np.float32), np.ones(3)
I64, I32, BOOL = np.ones(3, np.int64), np.ones(3, np.int32), np.ones(3, np.bool_)


def of(function: Callable[..., Any], *operands: Any) -> Callable[[], str]:
    """The dtype of a result on tensors of these operands."""
    return lambda: plain(function(*map(ag.tensor, operands)).dtype)


def gradient_of_mixed() -> str:
    x = ag.tensor(F32, requires_grad=True)
    (x * ag.tensor(F64)).sum().backward()
    return plain(x.grad.dtype)


def add_half_in_place():
    x = ag.tensor([1, 2])
    x += 0.5


DTYPES = {
    "f32*pyfloat": of(lambda x: x * 2.5, F32),
    "i64*pyfloat": of(lambda x: x * 2.5, I64),
    "i64/i64": of(ag.div, I64, I64),
    "i64+f32": of(ag.add, I64, F32),
    "f32+0d f64": of(ag.add, F32, np.float64(1)),
    "f32+f64": of(ag.add, F32, F64),
    "0d f32 + f64": of(ag.add, np.float32(1), F64),
    "bool+int": of(ag.add, BOOL, I64),
    "bool sum": of(ag.sum, BOOL),
    "i32 sum": of(ag.sum, I32),
    "sqrt int": of(ag.sqrt, I64),
    "i64**-1": of(lambda x: x**-1, I64),
    "i64**f": of(lambda x: x**2.0, I64),
    "f32 + np.float64 scalar": of(lambda x: x + np.float64(2.5), F32),
    "f32 * np 0d f64": of(lambda x: x * np.array(2.5), F32),
    "tensor(np f64)": of(lambda x: x, np.float64(1)),
    "tensor(pyfloat)": of(lambda x: x, 1.0),
    "as_tensor(np.float32(1))": of(lambda x: x, np.float32(1)),
    "arange(3)": of(lambda: ag.arange(3)),
    "arange(3.)": of(lambda: ag.arange(3.0)),
    "full((2,),1)": of(lambda: ag.full((2,), 1)),
    "f16 sum": of(ag.sum, np.ones(3, np.float16)),
    "argmax": of(ag.argmax, F32),
    "where f32,pyfloat": of(lambda c, x: ag.where(c, x, 2.0), BOOL, F32),
    "where i64,1.5": of(lambda c, x: ag.where(c, x, 1.5), BOOL, I64),
    "cat f32,f64": of(lambda x, y: ag.cat([x, y]), F32, F64),
    "stack f32,i64": of(lambda x, y: ag.stack([x, y]), F32, I64),
    "mm f32,f64": of(ag.mm, np.ones((2, 2), np.float32), np.ones((2, 2))),
    "grad dtype mixed": gradient_of_mixed,
    "int requires_grad": lambda: ag.tensor([1, 2], requires_grad=True),
}
