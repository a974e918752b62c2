"""The rule of each optimizer as an equation: by hand, and as the optimizer itself computes it."""

from __future__ import annotations

import inspect
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import autograd as ag
import optim

RULES = sorted(
    name
    for name, found in vars(optim).items()
    if inspect.isclass(found)
    and issubclass(found, optim.Optimizer)
    and found is not optim.Optimizer
)


def test_every_optimizer_is_here():
    assert len(RULES) == 16


def trained(optimizer, value, rounds=2, **options):
    """The update steps of some iterations on f = sum(2·w²), whose gradient is 4·w."""
    w = ag.tensor(value, requires_grad=True, name="w")
    chosen = getattr(optim, optimizer)([w], **options)

    def closure():
        chosen.zero_grad()
        f = (w * w * 2.0).sum()
        f.backward()
        return f

    with ag.record() as tape:
        for _ in range(rounds):
            if optimizer in ("LBFGS", "Newton"):
                chosen.step(closure)
            else:
                closure()
                chosen.step()
    return [s for s in tape.steps() if s.title.startswith("Update")], w


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_written_with_the_numbers_of_the_run(name):
    value = [[0.5, -1.0], [2.0, 3.0]] if name == "Muon" else 0.5
    steps, w = trained(name, value)
    assert steps
    for step in steps:
        assert step.title == f"Update of w by {name}"
        written = step.equation.text
        assert "w ← w" in written
        assert "change" not in written, "it is the rule that is shown"
        ET.fromstring(step.equation.mathml)
        assert step.equation.latex.count("{") == step.equation.latex.count("}")
    assert steps[-1].ledger.now.data == w.tolist()


BY_HAND = [
    ("SGD", {"lr": 0.1}, "w ← w − lr · ∂f/∂w = 0.5 − 0.1 × 2.0 = 0.3"),
    (
        "SGD",
        {"lr": 0.1, "weight_decay": 0.2},
        "g ← ∂f/∂w + weight_decay · w = 2.0 + 0.2 × 0.5 = 2.1, "
        "w ← w − lr · g = 0.5 − 0.1 × 2.1 = 0.29",
    ),
    (
        "Adam",
        {"lr": 0.1},
        "m ← β₁ · 0 + (1 − β₁) · g = 0.9 × 0 + (1 − 0.9) × 2.0 = 0.2, "
        "v ← β₂ · 0 + (1 − β₂) · g · g = 0.999 × 0 + (1 − 0.999) × 2.0 × 2.0 = 0.004, "
        "whole ← (1 − β₂)^0.5 = (1 − 0.999)^0.5 = 0.0316228, "
        "w ← w − lr · whole / (1 − β₁) · m / (sqrt(v) + eps · whole) = 0.5 − 0.1 × 0.0316228 / "
        "(1 − 0.9) × 0.2 / (sqrt(0.004) + 1e-08 × 0.0316228) = 0.4, where g = ∂f/∂w = 2.0",
    ),
    (
        "RMSprop",
        {"lr": 0.1},
        "squares ← α · 0 + (1 − α) · g · g = 0.99 × 0 + (1 − 0.99) × 2.0 × 2.0 = 0.04, "
        "step ← g / (sqrt(squares) + eps) = 2.0 / (sqrt(0.04) + 1e-08) = 10.0, "
        "w ← w − lr · step = 0.5 − 0.1 × 10.0 = -0.5, where g = ∂f/∂w = 2.0",
    ),
    (
        "Lion",
        {"lr": 0.1},
        "direction ← sign(β₁ · 0 + (1 − β₁) · g) = sign(0.9 × 0 + (1 − 0.9) × 2.0) = 1.0, "
        "exp_avg ← β₂ · 0 + (1 − β₂) · g = 0.99 × 0 + (1 − 0.99) × 2.0 = 0.02, "
        "w ← w − lr · direction = 0.5 − 0.1 × 1.0 = 0.4, where g = ∂f/∂w = 2.0",
    ),
    (
        "Newton",
        {},
        "w ← w − lr·(H + damping·I)⁻¹·∇, with the Hessian H of all parameters = 0.0",
    ),
]


@pytest.mark.parametrize(("name", "options", "written"), BY_HAND)
def test_the_first_step_by_hand(name, options, written):
    (step,), _ = trained(name, 0.5, rounds=1, **options)
    assert step.equation.text == written


def test_momentum_remembers():
    (_, second), _ = trained("SGD", 0.5, lr=0.1, momentum=0.5)
    assert second.equation.text == (
        "b ← momentum · b + g = 0.5 × 2.0 + 1.2 = 2.2, w ← w − lr · b = 0.3 − 0.1 × 2.2 = 0.08, "
        "where g = ∂f/∂w = 1.2"
    )


def test_uphill_is_said():
    steps, _ = trained("SGD", 0.5, rounds=1, lr=0.1, maximize=True)
    assert "so that is uphill" in steps[0].sentence


def test_of_an_array_the_element_with_the_largest_gradient():
    (step,), w = trained("SGD", [[0.5, -1.0], [2.0, -3.0]], rounds=1, lr=0.1)
    assert (
        step.equation.text == "w[1, 1] ← w[1, 1] − lr · ∂f/∂(w[1, 1]) = -3.0 − 0.1 × -12.0 = -1.8"
    )
    assert "w[1, 1], the element with the largest gradient" in step.sentence
    assert step.ledger.now.data == w.tolist()
    assert r"\frac{\partial f}" in step.equation.latex
    assert "<mfrac>" in step.equation.mathml


def test_a_large_array_has_its_element_and_no_list():
    (step,), _ = trained("Adam", np.linspace(-1.0, 2.0, 300), rounds=1, lr=0.1)
    assert "= 1.9, where g = " in step.equation.text
    assert "w[299]" in step.equation.text
    assert step.ledger is None


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_short_floats_are_rounded_for_display_only(dtype):
    w = ag.tensor(np.array(0.5, dtype), requires_grad=True, name="w")
    optimizer = optim.SGD([w], lr=0.1)
    with ag.record() as tape:
        f = w * 2
        f.backward()
        optimizer.step()
    written = tape.steps()[-1].equation.text
    assert written.startswith("w ← w − lr · ∂f/∂w = 0.5 − 0.")


def test_names_do_not_clash():
    b = ag.tensor(0.5, requires_grad=True, name="b")
    optimizer = optim.SGD([b], lr=0.1, momentum=0.9)
    with ag.record() as tape:
        for _ in range(2):
            (b * 2.0).backward()
            optimizer.step()
    assert tape.steps()[-1].equation.text.startswith("b′ ← momentum · b′ + g = ")


def test_groups_have_options_of_their_own():
    v, w = (ag.tensor(1.0, requires_grad=True, name=name) for name in "vw")
    optimizer = optim.SGD([{"params": [v], "lr": 0.5}, {"params": [w]}], lr=0.25)
    with ag.record() as tape:
        (v + w).backward()
        optimizer.step()
    found = [s.equation.text for s in tape.steps() if s.phase == "update"]
    assert found == [
        "v ← v − lr · ∂L/∂v = 1.0 − 0.5 × 1.0 = 0.5",
        "w ← w − lr · ∂L/∂w = 1.0 − 0.25 × 1.0 = 0.75",
    ]


def test_a_parameter_that_stays_is_named_all_the_same():
    w = ag.tensor(0.0, requires_grad=True, name="w")
    optimizer = optim.SGD([w], lr=0.1)
    with ag.record() as tape:
        (w * w).backward()
        optimizer.step()
    step = tape.steps()[-1]
    assert step.sentence == "SGD leaves w as it is: 0.0."
    assert step.equation.text == "w ← w − lr · ∂L/∂w = 0.0 − 0.1 × 0.0 = 0.0"


class Odd(optim.Optimizer):
    """Moves by a rule that its `update` does not tell."""

    @staticmethod
    def update(param, grad, state, *, lr):
        return param - lr * grad, state

    def __init__(self, params):
        super().__init__(params, {"lr": 0.1})

    def _one_by_one(self, params, options):
        for param in params:
            param.copy_(param.data + 1.0)


def test_a_rule_that_gives_something_else_is_not_shown():
    w = ag.tensor(0.5, requires_grad=True, name="w")
    optimizer = Odd([w])
    with ag.record() as tape:
        (w * 2.0).backward()
        optimizer.step()
    assert tape.steps()[-1].equation.text == "w ← w + change = 0.5 + 1.0 = 1.5"
    assert tape.steps()[-1].title == "Update of w by Odd"


def test_a_rule_of_ones_own_that_cannot_be_rehearsed():
    class Stubborn(Odd):
        """Refuses tensors."""

        @staticmethod
        def update(param, grad, state, *, lr):
            if isinstance(param, ag.Tensor):
                raise TypeError("arrays only")
            return param - lr * grad, state

        _one_by_one = optim.Optimizer._one_by_one

    w = ag.tensor(0.5, requires_grad=True, name="w")
    optimizer = Stubborn([w])
    with ag.record() as tape:
        (w * 2.0).backward()
        optimizer.step()
    assert tape.steps()[-1].equation.text == "w ← w + change = 0.5 + -0.2 = 0.3"
