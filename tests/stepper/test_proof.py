"""Central differences beside gradients, and what is said to an answer."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd.stepper.step import Question


def proofs(root, gradient=None):
    return {s.proof.place: s.proof for s in ag.steps(root, gradient) if s.proof}


def test_every_gradient_of_the_circuit_is_proved(circuit):
    found = proofs(circuit)
    assert {name: round(p.difference, 6) for name, p in found.items()} == {
        "x": -4.0,
        "y": -4.0,
        "q": -4.0,
        "z": 3.0,
    }
    assert all(p.agrees and p.root == "f" for p in found.values())


def test_the_step_that_completes_a_gradient_has_its_proof():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    first, second = [s for s in ag.steps(x * x) if s.event is not None]
    assert first.proof is None
    assert second.proof.difference == pytest.approx(6.0, rel=1e-6)


def test_of_an_array_the_steepest_element_is_moved():
    w = ag.tensor([[1.0, 2.0], [0.0, 4.0]], requires_grad=True, name="w")
    f = (w**2 * np.array([[1.0, 1.0], [1.0, -3.0]])).sum()
    assert proofs(f)["w[1, 1]"].difference == pytest.approx(-24.0, rel=1e-6)


def test_a_given_gradient_weighs_the_result():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    assert proofs(x * x, [10.0, 1.0])["x[0]"].difference == pytest.approx(20.0, rel=1e-6)


def test_several_outputs_are_followed():
    x = ag.tensor([3.0, 1.0, 2.0], requires_grad=True, name="x")
    values, _ = ag.sort(x)
    assert proofs(values[2] * 2)["x[0]"].agrees


def test_float32_is_proved_too():
    x = ag.tensor(np.float32([0.5, 2.0]), requires_grad=True, name="x")
    (proof, *_) = proofs((ag.tanh(x) * x).sum()).values()
    assert proof.agrees


def test_a_wrong_rule_is_found_out():
    @ag.primitive(
        symbol="?",
        formula="odd(x)",
        d=("2.01 * x",),
        lesson="A rule that is wrong by half a percent.",
        samples=lambda draw: [ag.call(draw())],
    )
    def odd(x):
        """x²."""
        return x * x

    try:
        x = ag.tensor(3.0, requires_grad=True, name="x")
        proof = proofs(odd(x))["x"]
    finally:
        ag.unregister("odd")
    assert not proof.agrees
    assert "the gradient says 6.03: there is a kink here" in str(proof)


def test_nothing_is_claimed_where_a_leaf_was_changed():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    f = x + x
    with ag.no_grad():
        x.copy_(5.0)
    assert proofs(f) == {}


def test_proofs_stay_true_when_a_leaf_is_changed_later(circuit):
    x = ag.tensor(3.0, requires_grad=True, name="x")
    stepper = (x + x).step_through()
    with ag.no_grad():
        x.copy_(5.0)
    assert stepper.steps[-1].proof.difference == pytest.approx(2.0, rel=1e-6)


def test_a_long_run_proves_its_leaves_first():
    x = ag.tensor(0.5, requires_grad=True, name="x")
    h = x
    for _ in range(200):
        h = ag.tanh(h + x)
    found = proofs(h)
    assert "x" in found
    assert 2 < len(found) < 200, "results are proved while the budget lasts"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (7.0, "right"),
        (7.05, "right"),
        (-7.0, "wrong sign"),
        (6.0, "forgot to add"),
        (3.0, "forgot upstream"),
        (4.0, "forgot upstream, added"),
        (2.0, "forgot local"),
        (100.0, "wrong"),
        (float("nan"), "wrong"),
    ],
)
def test_an_answer_is_understood(answer, said):
    assert Question("∂f/∂x", 3.0, 2.0, 1.0, 7.0).said(answer) == said


def test_a_step_asks_for_single_numbers_only(circuit):
    asked = [step.question for step in ag.steps(circuit)]
    assert asked[:4] == [None] * 4
    assert asked[6] == Question("∂f/∂x", 1.0, -4.0, 0.0, -4.0)
    w = ag.tensor([1.0, 2.0], requires_grad=True, name="w")
    assert {step.question for step in ag.steps((w * w).sum())} == {None}
