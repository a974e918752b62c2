"""LeNet with the batch last, (C, H, W, N): windows are gathered along long rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.by_hand.entropy import cross_entropy
from benchmarks.by_hand.updates import flat, momentum
from benchmarks.workload import Run

Array = np.ndarray[Any, Any]
KERNEL = 5


def _windows(image: Array) -> Array:
    """(C, H, W, N) as a view (C, 5, 5, H − 4, W − 4, N)."""
    found = sliding_window_view(image, (KERNEL, KERNEL), axis=(1, 2))
    return found.transpose(0, 4, 5, 1, 2, 3)


class Convolution:
    """A convolution as one product: weights (O, C·25) with columns (C·25, H·W·N)."""

    def __init__(self, image: Array, weight: Array, bias: Array) -> None:
        self.windows = _windows(image)
        channels, *_, high, wide, count = self.windows.shape
        self.shape = (channels, KERNEL, KERNEL, high, wide, count)
        self.columns = np.empty(self.shape, image.dtype)
        self.flat = self.columns.reshape(channels * KERNEL**2, -1)
        self.weight, self.bias = weight.reshape(len(bias), -1), bias[:, None]
        self.out = np.empty((len(bias), high, wide, count), image.dtype)
        self.rows = self.out.reshape(len(bias), -1)

    def forward(self) -> None:
        """Gather the windows, multiply, add the bias: `out`."""
        np.copyto(self.columns, self.windows)
        np.matmul(self.weight, self.flat, out=self.rows)

    def weight_gradient(self, slope: Array, into: Array, scratch: Array) -> None:
        """cols @ dzᵀ takes half the time of dz @ colsᵀ."""
        np.matmul(self.flat, slope.reshape(len(self.bias), -1).T, out=scratch)
        np.copyto(into.reshape(len(self.bias), -1), scratch.T)

    def input_gradient(self, slope: Array, into: Array) -> None:
        """Wᵀ dz, whose columns are added where they came from."""
        np.matmul(self.weight.T, slope.reshape(len(self.bias), -1), out=self.flat)
        into.fill(0)
        high, wide = self.shape[3:5]
        for i in range(KERNEL):
            for j in range(KERNEL):
                place = into[:, i : i + high, j : j + wide]
                np.add(place, self.columns[:, i, j], out=place)


class Pool:
    """The largest of each 2×2; then bias and ReLU, which do not change which one it is."""

    def __init__(self, given: Array, out: Array, bias: Array) -> None:
        self.corners = [given[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        self.largest = np.empty(self.corners[0].shape, given.dtype)
        self.pair = np.empty_like(self.largest)
        self.mask = np.empty(self.largest.shape, bool)
        self.slope = np.empty_like(given)
        self.slopes = [self.slope[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        self.out, self.bias = out, bias[:, None, None, None]

    def forward(self) -> None:
        """`out` = relu(largest + bias)."""
        a, b, c, d = self.corners
        np.maximum(a, b, out=self.largest)
        np.maximum(c, d, out=self.pair)
        np.maximum(self.largest, self.pair, out=self.largest)
        np.add(self.largest, self.bias, out=self.pair)
        np.maximum(self.pair, 0, out=self.out)

    def backward(self, slope: Array, db: Array) -> Array:
        """∂L/∂given, where `slope` is ∂L/∂out and is changed; the bias's gradient goes to db."""
        np.greater(self.out, 0, out=self.mask)
        np.multiply(slope, self.mask, out=slope)
        np.sum(slope.reshape(len(db), -1), axis=1, out=db)
        for corner, found in zip(self.corners, self.slopes, strict=True):
            np.equal(corner, self.largest, out=self.mask)
            np.multiply(slope, self.mask, out=found)
        return self.slope


def training(x: Array, labels: Array, params: list[Array], lr: float, decay: float) -> Run:
    """Forward, backward and momentum; images come as (N, 1, 28, 28)."""
    theta, (k1, b1, k2, b2, w1, c1, w2, c2) = flat(params)
    grad, (dk1, db1, dk2, db2, dw1, dc1, dw2, dc2) = flat([np.zeros_like(p) for p in params])
    update = momentum(theta, grad, lr, decay)
    count, kind = len(x), x.dtype

    image = np.zeros((1, 32, 32, count), kind)  # padded by 2
    conv1 = Convolution(image, k1, b1)
    half = np.empty((8, 14, 14, count), kind)
    pool1 = Pool(conv1.out, half, b1)
    conv2 = Convolution(half, k2, b2)
    quarter = np.empty((16, 5, 5, count), kind)
    pool2 = Pool(conv2.out, quarter, b2)
    features = quarter.reshape(400, count)
    hidden, scores = np.empty((120, count), kind), np.empty((count, 10), kind)
    on = np.empty(hidden.shape, bool)
    dhidden, dquarter, dhalf = (np.empty_like(a) for a in (hidden, quarter, half))
    scratch1, scratch2 = np.empty((25, 8), kind), np.empty((200, 16), kind)
    loss_of = cross_entropy(scores, labels)
    ones = np.ones(count, kind)
    inner: Callable[[], Array] = lambda: image[0, 2:30, 2:30]

    def step() -> Any:
        np.copyto(inner(), x[:, 0].transpose(1, 2, 0))
        conv1.forward()
        pool1.forward()
        conv2.forward()
        pool2.forward()
        np.matmul(w1, features, out=hidden)
        np.add(hidden, c1[:, None], out=hidden)
        np.maximum(hidden, 0, out=hidden)
        np.matmul(hidden.T, w2.T, out=scores)
        np.add(scores, c2, out=scores)
        loss = loss_of()  # scores hold ∂L/∂scores from here on

        np.matmul(scores.T, hidden.T, out=dw2)
        np.matmul(ones, scores, out=dc2)
        np.matmul(w2.T, scores.T, out=dhidden)
        np.greater(hidden, 0, out=on)
        np.multiply(dhidden, on, out=dhidden)
        np.matmul(dhidden, features.T, out=dw1)
        np.matmul(dhidden, ones, out=dc1)
        np.matmul(w1.T, dhidden, out=dquarter.reshape(400, count))
        slope = pool2.backward(dquarter, db2)
        conv2.weight_gradient(slope, dk2, scratch2)
        conv2.input_gradient(slope, dhalf)
        conv1.weight_gradient(pool1.backward(dhalf, db1), dk1, scratch1)

        update()
        return [loss, k1, b1, k2, b2, w1, c1, w2, c2]

    return step
