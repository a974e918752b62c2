"""LeNet with pictures as (H, C, W, N), the batch last.

Windows are then gathered along long rows, and each row of a picture is a product of its own:
28 products of (8, 25) with (25, 1792) take a third of the time of one with (25, 50176).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.by_hand.entropy import cross_entropy
from benchmarks.by_hand.updates import flat, momentum
from benchmarks.workload import Run

Array = np.ndarray[Any, Any]
KERNEL = 5


class Convolution:
    """For each row, weights (O, C·25) times columns (C·25, W·N)."""

    def __init__(self, picture: Array, weight: Array) -> None:
        windows = sliding_window_view(picture, (KERNEL, KERNEL), axis=(0, 2))
        self.windows = windows.transpose(0, 1, 4, 5, 2, 3)  # H, C, 5, 5, W, N
        self.columns = np.empty(self.windows.shape, picture.dtype)
        high, channels, _, _, wide, count = self.windows.shape
        self.rows = self.columns.reshape(high, channels * KERNEL**2, wide * count)
        self.weight = weight.reshape(len(weight), -1)
        self.out = np.empty((high, len(weight), wide, count), picture.dtype)
        self.parts = np.empty((high, self.weight.shape[1], len(weight)), picture.dtype)

    def forward(self) -> None:
        """Gather the windows and multiply: `out`, without a bias."""
        np.copyto(self.columns, self.windows)
        np.matmul(self.weight, self.rows, out=self._rows_of(self.out))

    def weight_gradient(self, slope: Array, into: Array) -> None:
        """The sum over rows of columns @ dzᵀ."""
        np.matmul(self.rows, self._rows_of(slope).transpose(0, 2, 1), out=self.parts)
        np.sum(self.parts.transpose(0, 2, 1), axis=0, out=into.reshape(self.weight.shape))

    def input_gradient(self, slope: Array, into: Array) -> None:
        """Wᵀ @ dz, whose columns are added where they came from."""
        np.matmul(self.weight.T, self._rows_of(slope), out=self.rows)
        into.fill(0)
        high, wide = len(slope), slope.shape[2]
        for i in range(KERNEL):
            for j in range(KERNEL):
                place = into[i : i + high, :, j : j + wide]
                np.add(place, self.columns[:, :, i, j], out=place)

    def _rows_of(self, picture: Array) -> Array:
        return picture.reshape(*picture.shape[:2], -1)


class Pool:
    """The largest of each 2×2; then bias and ReLU, which do not change which one it is."""

    def __init__(self, given: Array, bias: Array) -> None:
        self.corners = [given[i::2, :, j::2] for i in (0, 1) for j in (0, 1)]
        self.largest, self.pair, self.out = (
            np.empty(self.corners[0].shape, given.dtype) for _ in range(3)
        )
        self.mask = np.empty(self.largest.shape, bool)
        self.slope = np.empty_like(given)
        self.slopes = [self.slope[i::2, :, j::2] for i in (0, 1) for j in (0, 1)]
        self.bias = bias[:, None, None]

    def forward(self) -> None:
        """`out` = relu(largest + bias)."""
        a, b, c, d = self.corners
        np.maximum(a, b, out=self.largest)
        np.maximum(c, d, out=self.pair)
        np.maximum(self.largest, self.pair, out=self.largest)
        np.add(self.largest, self.bias, out=self.out)
        np.maximum(self.out, 0, out=self.out)

    def backward(self, slope: Array, db: Array) -> Array:
        """∂L/∂given, where `slope` is ∂L/∂out and is changed; the bias's gradient goes to db."""
        np.greater(self.out, 0, out=self.mask)
        np.multiply(slope, self.mask, out=slope)
        np.sum(slope, axis=(0, 2, 3), out=db)
        for corner, found in zip(self.corners, self.slopes, strict=True):
            np.equal(corner, self.largest, out=self.mask)
            np.multiply(slope, self.mask, out=found)
        return self.slope


def training(x: Array, labels: Array, params: list[Array], lr: float, decay: float) -> Run:
    """Forward, backward and momentum; pictures come as (N, 1, 28, 28)."""
    theta, (k1, b1, k2, b2, w1, c1, w2, c2) = flat(params)
    grad, (dk1, db1, dk2, db2, dw1, dc1, dw2, dc2) = flat([np.zeros_like(p) for p in params])
    update = momentum(theta, grad, lr, decay)
    count, kind = len(x), x.dtype

    padded = np.zeros((32, 1, 32, count), kind)
    inside = padded[2:30, 0, 2:30]
    conv1 = Convolution(padded, k1)
    pool1 = Pool(conv1.out, b1)
    conv2 = Convolution(pool1.out, k2)
    pool2 = Pool(conv2.out, b2)
    features = np.empty((16, 5, 5, count), kind)  # C, H, W, as the weights of the head have it
    lines = features.reshape(400, count)
    hidden, scores = np.empty((120, count), kind), np.empty((count, 10), kind)
    on = np.empty(hidden.shape, bool)
    dhidden, dfeatures, dhalf = (np.empty_like(a) for a in (hidden, features, pool1.out))
    loss_of = cross_entropy(scores, labels)
    ones = np.ones(count, kind)

    def step() -> Any:
        np.copyto(inside, x[:, 0].transpose(1, 2, 0))
        conv1.forward()
        pool1.forward()
        conv2.forward()
        pool2.forward()
        np.copyto(features, pool2.out.transpose(1, 0, 2, 3))
        np.matmul(w1, lines, out=hidden)
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
        np.matmul(dhidden, lines.T, out=dw1)
        np.matmul(dhidden, ones, out=dc1)
        np.matmul(w1.T, dhidden, out=dfeatures.reshape(400, count))
        slope = pool2.backward(dfeatures.transpose(1, 0, 2, 3), db2)
        conv2.weight_gradient(slope, dk2)
        conv2.input_gradient(slope, dhalf)
        conv1.weight_gradient(pool1.backward(dhalf, db1), dk1)

        update()
        return [loss, k1, b1, k2, b2, w1, c1, w2, c2]

    return step
