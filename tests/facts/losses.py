"""Losses at zeros, bounds and ignored targets: PyTorch's answers, reproduced."""

from __future__ import annotations

import numpy as np
from facts.reference import at

import autograd as ag

SCORES, CLASSES = [[1.0, 2.0, 3.0], [1.0, 0.0, 0.0]], np.array([2, 0])
IGNORED, WEIGHT = np.array([2, -100]), np.array([1.0, 2.0, 3.0])
PROBABILITIES = np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])


def entropy(target, **options):
    """`cross_entropy` of the two rows of scores."""
    return at(lambda x: ag.cross_entropy(x, target, **options), SCORES)


def divergences():
    log_p = ag.log_softmax(ag.tensor(SCORES), 1)
    q = ag.softmax(ag.tensor(SCORES), 1)[:, np.array([1, 0, 2])]
    return [ag.kl_div(log_p, q, reduction=r).item() for r in ("mean", "batchmean", "sum")]


def binary(x, y, **options):
    target = np.array(y)
    return at(lambda t: ag.binary_cross_entropy_with_logits(t, target, **options), x)


LOSSES = {
    "bce with p=0": at(lambda p: ag.binary_cross_entropy(p, np.ones(2)), [0, 0.5]),
    "bce logits": binary([-1000, 1000], [1.0, 0.0]),
    "bce logits pos_weight": binary([0.5, 0.5], [1.0, 0.0], pos_weight=np.array([3.0])),
    "ce": entropy(CLASSES),
    "ce ls": entropy(CLASSES, label_smoothing=0.1),
    "ce weight": entropy(CLASSES, weight=WEIGHT),
    "ce weight+ls": entropy(CLASSES, weight=WEIGHT, label_smoothing=0.1),
    "ce ignore": entropy(IGNORED),
    "ce ignore + ls + weight": entropy(IGNORED, weight=WEIGHT, label_smoothing=0.1),
    "ce all ignored": entropy(np.array([-100, -100])),
    "ce all ignored sum": entropy(np.array([-100, -100]), reduction="sum"),
    "ce probs + ls": entropy(PROBABILITIES, label_smoothing=0.1),
    "ce target oob": entropy(np.array([3, 0])),
    "kl_div mean/batchmean": divergences,
    "smooth_l1 beta": at(lambda x: ag.smooth_l1_loss(x, np.zeros(3), beta=2.0), [2, 1, -3]),
    "huber delta": at(lambda x: ag.huber_loss(x, np.zeros(3), delta=2.0), [2, 1, -3]),
    "l1 at 0": at(lambda x: ag.l1_loss(x, np.zeros(2)), [0, 1]),
    "hinge_embedding": at(lambda x: ag.hinge_embedding_loss(x, np.array([1, -1])), [0.5, 0.5]),
    "margin_ranking at 0": at(lambda a, b: ag.margin_ranking_loss(a, b, np.ones(1)), [1.0], [1.0]),
    "cosine_sim zero": at(lambda a, b: ag.cosine_similarity(a, b, dim=0), [0, 0], [1, 0]),
    "normalize zero": at(lambda x: ag.normalize(x, dim=0), [0, 0]),
    "triplet": at(ag.triplet_margin_loss, [[0, 0]], [[1, 0]], [[0, 1]]),
    "pairwise_distance zero (eps)": at(ag.pairwise_distance, [[0, 0]], [[0, 0]]),
}
