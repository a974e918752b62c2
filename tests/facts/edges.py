"""Values and gradients at ties, zeros, bounds and infinities: PyTorch's answers, reproduced."""

from __future__ import annotations

import numpy as np
from facts.reference import at, value

import autograd as ag

INF, NAN = float("inf"), float("nan")

NORMS = {
    "sqrt(0)": at(ag.sqrt, [0, 4]),
    "rsqrt(0)": at(ag.rsqrt, [0, 4]),
    "norm2 at 0": at(ag.norm, [0, 0]),
    "vector_norm at 0": at(ag.vector_norm, [0, 0]),
    "norm p=1 at 0": at(lambda x: ag.norm(x, 1), [0, -1]),
    "norm p=3 at 0": at(lambda x: ag.norm(x, 3), [0, 0]),
    "norm p=inf ties": at(lambda x: ag.norm(x, INF), [2, -2, 1]),
    "norm p=inf at 0": at(lambda x: ag.norm(x, INF), [0, 0]),
    "norm p=0.5 with 0": at(lambda x: ag.norm(x, 0.5), [0, 1]),
    "cdist at 0": at(lambda x: ag.cdist(x[None], np.zeros((1, 1, 2))), [[0, 0]]),
    "(x*x).sum().sqrt() at 0": at(lambda x: (x * x).sum().sqrt(), [0, 0]),
}

KINKS = {
    "abs(0)": at(ag.abs, [0, -2]),
    "relu(0)": at(ag.relu, [0.0, -0.0, 1.0]),
    "relu6 bounds": at(ag.relu6, [0, 6]),
    "hardtanh bounds": at(ag.hardtanh, [-1, 1]),
    "clamp bounds": at(lambda x: ag.clamp(x, -1, 1), [-1, 1, 2]),
    "clamp tensor bounds ties": at(lambda x, low: ag.clamp(x, min=low), [1, 2], [1, 3]),
    "clamp min>max": at(lambda x: ag.clamp(x, min=2, max=1), [0, 3]),
    "leaky_relu(0)": at(ag.leaky_relu, [0, -1]),
    "elu(0)": at(ag.elu, [0, -1]),
    "celu(0)": at(ag.celu, [0]),
    "selu(0)": at(ag.selu, [0]),
    "hardswish bounds": at(ag.hardswish, [-3, 3, 0]),
    "hardsigmoid bounds": at(ag.hardsigmoid, [-3, 3]),
    "softshrink bounds": at(ag.softshrink, [-0.5, 0.5, 0]),
    "hardshrink bounds": at(ag.hardshrink, [-0.5, 0.5, 0]),
    "threshold at": at(lambda x: ag.threshold(x, 1, 0), [1, 2]),
    "prelu(0)": at(ag.prelu, [0, -1], [0.25]),
    "softsign(0)": at(ag.softsign, [0]),
    "sign": at(ag.sign, [0, -3]),
    "floor": at(ag.floor, [1.5]),
    "round half even": value(ag.round, [0.5, 1.5, 2.5]),
}

TIES = {
    "maximum tie": at(ag.maximum, [1, 2], [1, 1]),
    "fmax tie": at(ag.fmax, [1, 2], [1, 1]),
    "max() full tie": at(ag.max, [1, 3, 3]),
    "max(dim) tie": at(lambda x: ag.max(x, 0).values, [1, 3, 3]),
    "amax tie": at(ag.amax, [1, 3, 3]),
    "amax tie 2 axes": at(lambda x: ag.amax(x, (0, 1)), [[1, 3], [3, 2]]),
    "median even": at(ag.median, [1, 2, 3, 4]),
    "max nan": at(ag.max, [1, NAN]),
    "max_pool tie": at(lambda x: ag.max_pool1d(x, 2), [[[1, 1, 0, 2]]]),
    "max_pool all -inf w/ pad": at(
        lambda x: ag.max_pool1d(x, 3, stride=1, padding=1), [[[-1, -2]]]
    ),
    "sort ties": at(lambda x: ag.sort(x).values * np.array([1.0, 2.0, 3.0]), [1, 1, 0]),
    "topk tie idx": value(lambda x: ag.topk(x, 1).indices, [3, 3]),
    "argmax tie": value(ag.argmax, [1, 3, 3]),
    "cummax tie": at(lambda x: ag.cummax(x, 0).values, [1, 1, 2]),
}

POWERS = {
    "pow x**0 at 0": at(lambda x: x**0.0, [0, 2]),
    "pow 0**y y=0": at(ag.pow, [0, 0, 0, 0], [0, 1, 2, 0.5]),
    "pow 0**neg": at(ag.pow, [0], [-1]),
    "pow neg base int exp": at(ag.pow, [-2, -2], [3, -3]),
    "pow neg base frac": at(ag.pow, [-2], [0.5]),
    "pow neg base scalar 3": at(lambda x: x**3, [-2]),
    "pow scalar base 0**x": at(lambda x: 0.0**x, [0, 2]),
    "pow scalar neg base": at(lambda x: (-2.0) ** x, [2]),
    "log(0)": at(ag.log, [0]),
    "log1p(-1)": at(ag.log1p, [-1]),
    "xlogy 0": at(ag.xlogy, [0, 0], [0, 1]),
    "atan2(0,0)": at(ag.atan2, [0], [0]),
    "acos(1)": at(ag.acos, [1]),
    "sinc(0)": at(ag.sinc, [0]),
    "div 0/0": at(ag.div, [0, 1], [0, 0]),
    "fmod": at(ag.fmod, [-5, 5], [3, -3]),
    "remainder": at(ag.remainder, [-5, 5], [3, -3]),
}

MASKS = {
    "where sqrt": at(lambda x: ag.where(x > 0, ag.sqrt(x), x), [-1, 4]),
    "where log": at(lambda x: ag.where(x > 0, ag.log(x), x), [-1, 0, 4]),
    "double where": at(lambda x: ag.where(x > 0, ag.sqrt(ag.where(x > 0, x, 1.0)), x), [-1, 4]),
}

REDUCTIONS = {
    "prod one zero": at(ag.prod, [0, 2, 3]),
    "prod two zeros": at(ag.prod, [0, 0, 3]),
    "cumprod zeros": at(lambda x: ag.cumprod(x, 0), [2, 0, 3, 0, 4]),
    "logsumexp -inf": at(lambda x: ag.logsumexp(x, 0), [-INF, -INF]),
    "logsumexp +inf": at(lambda x: ag.logsumexp(x, 0), [INF, 0]),
    "logsumexp big": at(lambda x: ag.logsumexp(x, 0), [1000, 1000]),
    "logaddexp -inf": at(ag.logaddexp, [-INF], [-INF]),
    "softmax all -inf": at(lambda x: ag.softmax(x, 0), [-INF, -INF]),
    "log_softmax big": at(lambda x: ag.log_softmax(x, 0)[0], [1000, 0]),
    "sigmoid extreme": at(ag.sigmoid, [1000, -1000]),
    "logsigmoid extreme": at(ag.logsigmoid, [1000, -1000]),
    "softplus thr20": at(ag.softplus, [1000, -1000, 20, 21]),
    "gelu": at(ag.gelu, [1, -1]),
    "gelu tanh": at(lambda x: ag.gelu(x, approximate="tanh"), [1]),
    "var 1 elem": at(ag.var, [2]),
    "std const": at(ag.std, [2, 2, 2]),
    "std unbiased default": at(ag.std, [1, 2, 4]),
    "mean empty": at(ag.mean, []),
    "sum empty": at(ag.sum, []),
    "max empty": value(ag.max, np.ones(0)),
    "prod empty": at(ag.prod, []),
    "broadcast zero size": at(ag.add, [1], []),
}

EDGES = NORMS | KINKS | TIES | POWERS | MASKS | REDUCTIONS
