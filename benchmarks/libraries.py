"""Peers whose parameters are arrays: what a training step needs of each, under one name.

Adding such a peer is one function here; `Workload.through` then runs it on every workload
whose loss is written for a `Library`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.rules import Rule

Loss = Callable[..., Any]
Run = Callable[[], Any]


@dataclass(frozen=True)
class Library:
    """The operations of a library.

    Attributes:
        array: an array of NumPy as one of its own.
        train: a run that computes a loss of its parameters, and moves them by a rule.
        relu, tanh, sigmoid: elementwise.
        entropy: the sum of −log softmax(scores)[label].
        clip: each number cut to ±most.
        scan: (state, x) → (state, out) over the first axis of `xs`; the outs, stacked.
        conv: of (N, C, H, W) with (O, C, K, K), bias and padding.
        pool: the largest of every 2×2.
    """

    array: Callable[[Any], Any]
    train: Callable[[Loss, list[Any], Rule], Run]
    relu: Callable[[Any], Any]
    tanh: Callable[[Any], Any]
    sigmoid: Callable[[Any], Any]
    entropy: Callable[[Any, Any], Any]
    clip: Callable[[Any, float], Any]
    scan: Callable[[Callable[..., Any], Any, Any], Any]
    conv: Callable[[Any, Any, Any, int], Any]
    pool: Callable[[Any], Any]


def _stepwise(stack: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """A scan as a loop in Python."""

    def scan(cell: Callable[..., Any], state: Any, xs: Any) -> Any:
        outs = []
        for t in range(xs.shape[0]):
            state, out = cell(state, xs[t])
            outs.append(out)
        return stack(outs)

    return scan


def jax() -> Library:
    """The step is one compiled function, which may reuse the buffers that it is given."""
    import jax
    import jax.numpy as jnp

    def train(loss_of: Loss, params: list[Any], rule: Rule) -> Run:
        def advance(params: Any, state: Any) -> Any:
            loss, grads = jax.value_and_grad(loss_of)(params)
            return loss, *rule.step(params, grads, state)

        now = [jnp.array(p) for p in params]
        state = [jnp.array(s, now[0].dtype) for s in rule.start(now)]
        compiled = jax.jit(advance, donate_argnums=(0, 1))

        def step() -> Any:
            nonlocal now, state
            loss, now, state = compiled(now, state)
            return [loss, *now]

        return step

    def entropy(scores: Any, labels: Any) -> Any:
        logs = jax.nn.log_softmax(scores)
        return -logs[jnp.arange(len(labels)), labels].sum()

    def conv(x: Any, w: Any, b: Any, pad: int) -> Any:
        out = jax.lax.conv_general_dilated(x, w, (1, 1), [(pad, pad)] * 2)
        return out + b[:, None, None]

    def pool(x: Any) -> Any:
        size = (1, 1, 2, 2)
        return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, size, size, "VALID")

    return Library(
        array=jnp.asarray,
        train=train,
        relu=jax.nn.relu,
        tanh=jnp.tanh,
        sigmoid=jax.nn.sigmoid,
        entropy=entropy,
        clip=lambda a, most: jnp.clip(a, -most, most),
        scan=lambda cell, state, xs: jax.lax.scan(cell, state, xs)[1],
        conv=conv,
        pool=pool,
    )


def hips() -> Library:
    """It has no softmax and no convolution: they are composed of what it has."""
    import autograd.numpy as anp

    from autograd import value_and_grad

    def train(loss_of: Loss, params: list[Any], rule: Rule) -> Run:
        both = value_and_grad(loss_of)
        now, state = [p.copy() for p in params], rule.start(params)

        def step() -> Any:
            nonlocal now, state
            loss, grads = both(now)
            now, state = rule.step(now, grads, state)
            return [loss, *now]

        return step

    def entropy(scores: Any, labels: Any) -> Any:
        shifted = scores - anp.max(scores, axis=1, keepdims=True)
        totals = anp.log(anp.sum(anp.exp(shifted), axis=1))
        return anp.sum(totals - shifted[np.arange(len(labels)), labels])

    def conv(x: Any, w: Any, b: Any, pad: int) -> Any:
        x = anp.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)], "constant") if pad else x
        size = w.shape[-1]
        high, wide = x.shape[2] - size + 1, x.shape[3] - size + 1
        slices = [x[:, :, i : i + high, j : j + wide] for i in range(size) for j in range(size)]
        windows = anp.stack(slices, 2)  # N, C, K·K, H, W
        kernel = anp.reshape(w, (*w.shape[:2], size * size))
        out = anp.tensordot(windows, kernel, ((1, 2), (1, 2))) + b
        return anp.transpose(out, (0, 3, 1, 2))

    def pool(x: Any) -> Any:
        n, c, h, w = x.shape
        return anp.max(anp.reshape(x, (n, c, h // 2, 2, w // 2, 2)), axis=(3, 5))

    return Library(
        array=lambda a: a,
        train=train,
        relu=lambda a: anp.maximum(a, 0),
        tanh=anp.tanh,
        sigmoid=lambda a: 0.5 * anp.tanh(0.5 * a) + 0.5,
        entropy=entropy,
        clip=lambda a, most: np.clip(a, -most, most),
        scan=_stepwise(anp.stack),
        conv=conv,
        pool=pool,
    )


def mygrad() -> Library:
    """Its own layers where it has them; tensors are changed in place by NumPy's rules."""
    import mygrad as mg
    from mygrad.nnet.activations import relu, sigmoid
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    def train(loss_of: Loss, params: list[Any], rule: Rule) -> Run:
        leaves = [mg.tensor(p) for p in params]
        state = rule.start(params)

        def step() -> Any:
            nonlocal state
            loss = loss_of(leaves)
            loss.backward()
            values, grads = [p.data for p in leaves], [p.grad for p in leaves]
            new, state = rule.step(values, grads, state)
            for leaf, value in zip(leaves, new, strict=True):
                leaf.data[...] = value
            return [loss.item(), *new]

        return step

    return Library(
        array=lambda a: a,
        train=train,
        relu=relu,
        tanh=mg.tanh,
        sigmoid=sigmoid,
        entropy=lambda scores, labels: softmax_crossentropy(scores, labels) * len(labels),
        clip=lambda a, most: np.clip(a, -most, most),
        scan=_stepwise(mg.stack),
        conv=lambda x, w, b, pad: conv_nd(x, w, stride=1, padding=pad) + b.reshape(-1, 1, 1),
        pool=lambda x: max_pool(x, (2, 2), 2),
    )


def tinygrad() -> Library:
    """The step is one captured list of kernels (TinyJit), which assigns to its tensors."""
    from tinygrad import Tensor, TinyJit

    def train(loss_of: Loss, params: list[Any], rule: Rule) -> Run:
        leaves = [Tensor(p).realize() for p in params]
        state = [Tensor(np.asarray(s, params[0].dtype)).realize() for s in rule.start(params)]

        @TinyJit
        def advance() -> Any:
            loss = loss_of(leaves)
            new = rule.step(leaves, loss.gradient(*leaves), state)
            kept = [
                old.assign(value)
                for pair in zip((leaves, state), new, strict=True)
                for old, value in zip(*pair, strict=True)
            ]
            return Tensor.realize(loss, *kept)

        def step() -> Any:
            return [advance().numpy(), *leaves]

        return step

    def entropy(scores: Any, labels: Any) -> Any:
        return scores.sparse_categorical_crossentropy(labels, reduction="sum")

    return Library(
        array=lambda a: Tensor(a).realize(),
        train=train,
        relu=Tensor.relu,
        tanh=Tensor.tanh,
        sigmoid=Tensor.sigmoid,
        entropy=entropy,
        clip=lambda a, most: a.clip(-most, most),
        scan=_stepwise(lambda outs: outs[0].stack(*outs[1:])),
        conv=lambda x, w, b, pad: x.conv2d(w, b, padding=pad),
        pool=lambda x: x.max_pool2d((2, 2), 2),
    )


LIBRARIES = {"jax": jax, "hips": hips, "mygrad": mygrad, "tinygrad": tinygrad}
