"""What is run here and in PyTorch, with the same numbers: optimizers and schedules.

NumPy and the standard library only, so that PyTorch's environment can read it too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}),
    "SGD dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5}),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "SGD up": ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    "Adagrad": ("Adagrad", {"lr": 0.1}),
    "Adagrad decays": ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1}),
    "Adagrad starts": ("Adagrad", {"initial_accumulator_value": 0.5, "eps": 0.1}),
    "Adagrad up": ("Adagrad", {"lr": 0.1, "maximize": True}),
    "Adadelta": ("Adadelta", {}),
    "Adadelta options": ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    "Adadelta up": ("Adadelta", {"maximize": True}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop centered": ("RMSprop", {"lr": 0.05, "centered": True, "alpha": 0.9, "eps": 0.1}),
    "RMSprop momentum": ("RMSprop", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    "RMSprop all": ("RMSprop", {"centered": True, "momentum": 0.5, "eps": 0.1, "maximize": True}),
    "Adam": ("Adam", {"lr": 0.1}),
    "Adam options": ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 0.1, "weight_decay": 0.1}),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "betas": (0.5, 0.6), "amsgrad": True}),
    "Adam decoupled": ("Adam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "Adam up": ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    "AdamW": ("AdamW", {"lr": 0.1}),
    "AdamW amsgrad": (
        "AdamW",
        {"lr": 0.1, "weight_decay": 0.5, "amsgrad": True, "betas": (0.5, 0.5)},
    ),
    "Adamax": ("Adamax", {"lr": 0.1}),
    "Adamax options": ("Adamax", {"betas": (0.8, 0.5), "eps": 0.1, "weight_decay": 0.1}),
    "NAdam": ("NAdam", {"lr": 0.1}),
    "NAdam options": ("NAdam", {"betas": (0.8, 0.9), "weight_decay": 0.1, "momentum_decay": 0.1}),
    "NAdam decoupled": ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "RAdam": ("RAdam", {"lr": 0.1}),
    "RAdam options": ("RAdam", {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0.1, "eps": 0.1}),
    "RAdam decoupled": ("RAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    "Rprop": ("Rprop", {"lr": 0.1}),
    "Rprop options": ("Rprop", {"lr": 0.2, "etas": (0.3, 1.5), "step_sizes": (0.05, 0.4)}),
    "Rprop up": ("Rprop", {"maximize": True}),
    "ASGD": ("ASGD", {"lr": 0.1}),
    "ASGD options": ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 3, "weight_decay": 0.1}),
    "Adafactor": ("Adafactor", {"lr": 0.1}),
    "Adafactor options": (
        "Adafactor",
        {"beta2_decay": -0.5, "eps": (0.1, 0.5), "d": 1.5, "weight_decay": 0.1, "maximize": True},
    ),
    "Muon": ("Muon", {"lr": 0.1}),
    "Muon options": (
        "Muon",
        {"nesterov": False, "momentum": 0.5, "ns_steps": 3, "weight_decay": 0.0},
    ),
    "Muon as AdamW": ("Muon", {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw"}),
}

STEPS = 10
KEPT = (1, 3, 10)


def start(name: str) -> list[np.ndarray]:
    """Two parameters; Muon takes matrices alone."""
    rng = np.random.default_rng(0)
    second = (4, 2) if OPTIMIZERS[name][0] == "Muon" else (2,)
    return [rng.normal(size=(2, 3)), rng.normal(size=second)]


def slope(param: np.ndarray, t: int) -> np.ndarray:
    """A gradient that depends on parameter and step, and turns its sign."""
    return np.sin(3 * param + t) + 0.5 * param


# --- L-BFGS -----------------------------------------------------------------------------------

LBFGS: dict[str, dict[str, Any]] = {
    "fixed": {"lr": 0.001, "max_iter": 5},
    "wolfe": {"line_search_fn": "strong_wolfe", "max_iter": 4},
    "wolfe long": {"line_search_fn": "strong_wolfe", "max_iter": 10, "history_size": 3, "lr": 0.5},
    "few": {"line_search_fn": "strong_wolfe", "max_eval": 3},
}


def rosenbrock(x: Any, y: Any) -> Any:
    """(1 − x)² + 100(y − x²)², least at (1, 1)."""
    return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x)


# --- schedules --------------------------------------------------------------------------------


def half_per_step(t: int) -> float:
    """Handed to LambdaLR."""
    return 0.5**t


def zigzag(t: int) -> float:
    """Handed to MultiplicativeLR."""
    return 0.5 if t % 2 else 1.5


def inverse(cycle: float) -> float:
    """Handed to CyclicLR."""
    return 1 / (cycle + 1)


SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "LambdaLR": ("LambdaLR", {"lr_lambda": half_per_step}),
    "LambdaLR two": ("LambdaLR", {"lr_lambda": [half_per_step, zigzag]}),
    "MultiplicativeLR": ("MultiplicativeLR", {"lr_lambda": zigzag}),
    "StepLR": ("StepLR", {"step_size": 3, "gamma": 0.5}),
    "MultiStepLR": ("MultiStepLR", {"milestones": [2, 9, 9], "gamma": 0.5}),
    "ConstantLR": ("ConstantLR", {}),
    "ConstantLR options": ("ConstantLR", {"factor": 0.5, "total_iters": 3}),
    "LinearLR": ("LinearLR", {}),
    "LinearLR down": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.25, "total_iters": 7}),
    "ExponentialLR": ("ExponentialLR", {"gamma": 0.9}),
    "PolynomialLR": ("PolynomialLR", {}),
    "PolynomialLR square": ("PolynomialLR", {"total_iters": 8, "power": 2.0}),
    "CosineAnnealingLR": ("CosineAnnealingLR", {"T_max": 5}),
    "CosineAnnealingLR floor": ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
    "WarmRestarts": ("CosineAnnealingWarmRestarts", {"T_0": 3}),
    "WarmRestarts longer": (
        "CosineAnnealingWarmRestarts",
        {"T_0": 2, "T_mult": 2, "eta_min": 0.01},
    ),
    "CyclicLR": ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "step_size_up": 3}),
    "CyclicLR halves": (
        "CyclicLR",
        {
            "base_lr": 0.1,
            "max_lr": 1.0,
            "step_size_up": 2,
            "step_size_down": 3,
            "mode": "triangular2",
        },
    ),
    "CyclicLR exp": (
        "CyclicLR",
        {
            "base_lr": 0.1,
            "max_lr": [1.0, 2.0],
            "step_size_up": 4,
            "mode": "exp_range",
            "gamma": 0.9,
        },
    ),
    "CyclicLR own": (
        "CyclicLR",
        {
            "base_lr": 0.1,
            "max_lr": 1.0,
            "step_size_up": 2,
            "scale_fn": inverse,
            "cycle_momentum": False,
        },
    ),
    "OneCycleLR": ("OneCycleLR", {"max_lr": 1.0, "total_steps": 20}),
    "OneCycleLR linear": (
        "OneCycleLR",
        {"max_lr": [1.0, 0.5], "epochs": 5, "steps_per_epoch": 4, "anneal_strategy": "linear"},
    ),
    "OneCycleLR three": (
        "OneCycleLR",
        {"max_lr": 1.0, "total_steps": 20, "three_phase": True, "cycle_momentum": False},
    ),
}

PLATEAUS: dict[str, dict[str, Any]] = {
    "min": {"patience": 1, "factor": 0.5},
    "cool": {"patience": 0, "factor": 0.5, "cooldown": 2, "min_lr": [0.05, 0.2]},
    "max": {"mode": "max", "threshold_mode": "abs", "threshold": 0.5, "patience": 2},
    "max rel": {"mode": "max", "threshold": 0.1, "patience": 2},
    "min abs": {"threshold_mode": "abs", "threshold": 0.3, "patience": 1, "eps": 0.02},
}
METRICS = [
    3.0,
    2.0,
    1.9,
    1.9,
    1.8,
    1.8,
    1.8,
    2.5,
    2.5,
    3.0,
    3.4,
    3.5,
    3.5,
    3.5,
    1.0,
    1.0,
    1.0,
    1.0,
    1.0,
]

EPOCHS = 19
BASE_LR = (0.4, 0.8)


def combined(lib: Any, optimizer: Any) -> dict[str, Callable[[], Any]]:
    """Schedules made of schedules."""

    def warm() -> Any:
        return lib.LinearLR(optimizer, start_factor=0.25, total_iters=4)

    return {
        "sequence": lambda: lib.SequentialLR(
            optimizer,
            [warm(), lib.CosineAnnealingLR(optimizer, T_max=6), lib.StepLR(optimizer, 2, 0.5)],
            milestones=[4, 10],
        ),
        "sequence of products": lambda: lib.SequentialLR(
            optimizer,
            [warm(), lib.MultiplicativeLR(optimizer, zigzag), lib.ExponentialLR(optimizer, 0.9)],
            milestones=[3, 5],
        ),
        "sequence of restarts": lambda: lib.SequentialLR(
            optimizer,
            [lib.ConstantLR(optimizer, 0.1, 2), lib.CosineAnnealingWarmRestarts(optimizer, 3)],
            milestones=[2],
        ),
        "chain": lambda: lib.ChainedScheduler([warm(), lib.ExponentialLR(optimizer, 0.9)]),
        "chain of three": lambda: lib.ChainedScheduler(
            [lib.ConstantLR(optimizer, 0.5, 3), lib.StepLR(optimizer, 4, 0.5), warm()]
        ),
    }


COMBINED = ("sequence", "sequence of products", "sequence of restarts", "chain", "chain of three")
SWA: dict[str, dict[str, Any]] = {
    "cos": {"swa_lr": 0.05},
    "linear": {"swa_lr": [0.05, 1.0], "anneal_epochs": 4, "anneal_strategy": "linear"},
    "at once": {"swa_lr": 0.05, "anneal_epochs": 0},
}
