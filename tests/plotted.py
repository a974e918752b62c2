"""What the tests of plots share: curves by label, and every plot there is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import autograd as ag
import nn


def curves(axes):
    """The lines of some axes by label."""
    return {line.get_label(): line for line in axes.get_lines()}


def net(*sizes, rng=0):
    """Linear layers with tanh between them."""
    generator = np.random.default_rng(rng)
    layers = []
    for wide, narrow in pairwise(sizes):
        layers += [nn.Linear(wide, narrow, rng=generator), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def recurrence(steps=6, size=3, scale=0.8, phi=ag.tanh, rng=1):
    """The states of h_t = φ(W h_{t−1} + x_t), and W."""
    draw = np.random.default_rng(rng)
    weight = draw.normal(size=(size, size))
    weight *= scale / np.linalg.norm(weight, 2)
    states = [ag.tensor(draw.normal(size=size), requires_grad=True)]
    for t in range(steps):
        with ag.scope("t", step=t + 1):
            h = phi(ag.tensor(weight) @ states[-1] + draw.normal(size=size))
        states.append(h)
    return states, weight


def gallery(theme):
    """A figure of every plot in a theme, by name."""
    model, states = net(2, 3), recurrence()[0]
    x = np.random.default_rng(2).normal(size=(12, 2))
    y = np.arange(12) % 3
    loss = nn.CrossEntropyLoss()(model(ag.tensor(x)), ag.tensor(y))
    loss.backward()
    images, conv = np.ones((2, 1, 8, 8)), nn.Sequential(nn.Conv2d(1, 3, 3, rng=0), nn.ReLU())
    course = {"loss": [3.0, 1.0, 2.0], "validation_loss": [3.0, 2.0, 4.0]}
    return {
        "layers": ag.plot.gradient_norms(model, theme=theme),
        "time": ag.plot.gradient_norms(states[-1].sum(), theme=theme),
        "jacobians": ag.plot.jacobian_norms(states, 0.8, theme=theme),
        "weights": ag.plot.histograms(model, theme=theme),
        "activations": ag.plot.histograms(model, x, theme=theme),
        "curves": ag.plot.loss_curves(course, theme=theme),
        "boundary": ag.plot.decision_boundary(model, x, y, resolution=20, theme=theme),
        "paths": ag.plot.paths(lambda x, y: x**2 + y**2, [(1, 1), (0, 0.5)], theme=theme),
        "filters": ag.plot.filters(conv, theme=theme),
        "colours": ag.plot.filters(nn.Conv2d(3, 5, 3, rng=0), theme=theme),
        "maps": ag.plot.activation_maps(conv, images, theme=theme),
    }
