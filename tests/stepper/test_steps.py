"""Every number, name and line of the steps."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from support import arrays_of, function_of, leaves

import autograd as ag
from autograd.core.primitive import Draw

A1 = [
    ("forward", None, "x = -2.0, y = 5.0, z = -4.0"),
    ("forward", 6, "q = x + y = -2.0 + 5.0 = 3.0"),
    ("forward", 7, "f = q · z = 3.0 × -4.0 = -12.0"),
    ("backward", 7, "∂f/∂f = 1"),
    ("backward", 7, "∂f/∂q += z × ∂f/∂f = -4.0 × 1.0 = -4.0"),
    ("backward", 7, "∂f/∂z += q × ∂f/∂f = 3.0 × 1.0 = 3.0"),
    ("backward", 6, "∂f/∂x += 1 × ∂f/∂q = 1.0 × -4.0 = -4.0"),
    ("backward", 6, "∂f/∂y += 1 × ∂f/∂q = 1.0 × -4.0 = -4.0"),
]


def equations(root, gradient=None):
    return [step.equation.text for step in ag.steps(root, gradient)]


def backward(root):
    return [step for step in ag.steps(root) if step.event is not None]


def test_the_circuit_of_the_lecture(circuit):
    steps = ag.steps(circuit)
    assert [(s.phase, s.line and s.line.line, str(s.equation)) for s in steps] == A1
    assert [s.number for s in steps] == list(range(1, 9))


def test_each_step_says_what_happens_with_names_and_numbers(circuit):
    said = [step.sentence for step in ag.steps(circuit)]
    assert said[1] == "From x = -2.0 and y = 5.0 comes q = 3.0."
    assert said[5] == "When z moves a little, f moves 3.0 times as much."
    assert said[6] == (
        "When x moves a little, q moves 1.0 times as much, and f moves -4.0 times as much "
        "as q: along this path the gradient is -4.0."
    )


def test_each_backward_step_has_the_rule_and_the_columns(circuit):
    step = ag.steps(circuit)[6]
    assert step.title == "Gradient of x, through +"
    assert step.lesson == "Addition hands the gradient on to both operands unchanged."
    assert step.source == "q = x + y"
    assert (step.line.file, step.line.column, step.line.end_column) == ("circuit.py", 4, 9)
    assert str(step.ledger) == "before 0 | this path -4.0 | now -4.0"


def test_a_value_used_twice_gets_its_gradient_in_two_steps():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    first, second = backward(x * x)
    assert first.equation.text == second.equation.text == "∂L/∂x += x × ∂L/∂L = 3.0 × 1.0 = 3.0"
    assert (first.title, second.title) == (
        "Gradient of x, path 1 of 2, through ×",
        "Gradient of x, path 2 of 2, through ×",
    )
    assert (first.ledger.before, second.ledger.before.data) == (None, 3.0)
    assert (first.ledger.now.data, second.ledger.now.data) == (3.0, 6.0)
    assert "in its place ① only" in first.sentence
    assert "Added to the 3.0 that had arrived before, that makes 6.0." in second.sentence


def test_a_diamond_adds_up_over_its_paths():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    a = 3 * x
    b = x**2
    f = a * b
    paths = [s.ledger for s in backward(f) if s.title.startswith("Gradient of x,")]
    assert [(p.place, p.paths, p.path.data, p.now.data) for p in paths] == [
        (1, 2, 24.0, 24.0),
        (2, 2, 12.0, 36.0),
    ]


def test_the_last_sum_is_the_gradient(circuit):
    circuit.backward()
    last = {step.value: step.ledger.now.data for step in backward(circuit)}
    assert last == {0: -4.0, 1: -4.0, 2: -4.0, 3: 3.0}


def test_the_root_of_an_unnamed_result_is_called_l():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    seed = ag.steps(x * x)[2]
    assert seed.equation.text == "∂L/∂L = 1"
    assert seed.sentence.startswith("L stands for the result, x · x.")


def test_a_letter_that_is_taken_is_not_used_for_the_root():
    x = ag.tensor(1.0, requires_grad=True, name="L")
    assert equations(x * x)[2] == "∂f/∂f = 1"


def test_without_gradient_there_are_forward_steps_only():
    x = ag.tensor([1.0, 2.0], name="x")
    with ag.record():
        y = x + 1
    assert {step.phase for step in ag.steps(y)} == {"forward"}
    with ag.no_grad():
        z = ag.tensor(1.0, requires_grad=True) * 2
    assert [step.phase for step in ag.steps(z)] == ["forward"]
    with pytest.raises(ag.GradientError, match="requires_grad=True"):
        y.step_through(backward=True)


def test_an_array_has_a_backward_pass_only_from_a_gradient():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    y = x * x
    assert {step.phase for step in ag.steps(y)} == {"forward"}
    assert "∂y/∂y = [10.0, 1.0]" in equations(y, [10.0, 1.0])
    with pytest.raises(ag.GradientError, match="only a single number"):
        y.step_through(backward=True)
    with pytest.raises(ag.GradientError, match=r"steps\(\)"):
        ag.steps(y, [1.0, 2.0, 3.0])


def test_what_is_no_tensor_is_refused():
    with pytest.raises(ag.ArgumentError, match=r"steps\(\) explains a tensor"):
        ag.steps(3.0)


def test_broadcasting_is_undone_in_words_and_numbers():
    x = ag.tensor(np.ones((4, 2)), name="x")
    b = ag.tensor([0.0, 1.0], requires_grad=True, name="b")
    f = (x + b).sum()
    last = ag.steps(f)[-1]
    assert last.equation.text == "∂f/∂b += sum over dim 0 of (1 ⊙ ∂f/∂(x + b)) = [4.0, 4.0]"
    assert "b was broadcast from (2,) to (4, 2)" in last.sentence


def test_a_rule_that_is_no_product_names_the_learners_operands():
    images = ag.tensor(np.ones((4, 3)), name="images")
    weights = ag.tensor(np.ones((3, 2)), requires_grad=True, name="weights")
    scores = images @ weights
    f = scores.sum()
    last = ag.steps(f)[-1]
    assert last.equation.text == (
        "∂f/∂weights += imagesᵀ @ g = [[4.0, 4.0], [4.0, 4.0], [4.0, 4.0]], where g = ∂f/∂scores"
    )


def test_joining_is_no_broadcasting():
    a = ag.tensor([[1.0, 2.0]], requires_grad=True, name="a")
    f = ag.cat([a, 2 * a]).sum()
    assert not any("sum over dim" in text or "broadcast" in text for text in equations(f))


def test_where_and_broadcast_to_undo_broadcasting():
    b = ag.tensor([1.0, 2.0], requires_grad=True, name="b")
    spread = ag.broadcast_to(b, (3, 2)).sum()
    assert "+= sum over dim 0 of (g) = [3.0, 3.0]" in equations(spread)[-1]
    chosen = ag.where(np.eye(2) > 0, b, 0.0).sum()
    assert "+= sum over dim 0 of (where(" in equations(chosen)[-1]


def test_large_arrays_are_summed_up():
    x = ag.tensor(np.full(1000, 3.0), requires_grad=True, name="x")
    f = (2 * x).sum()
    assert ag.steps(f)[-1].equation.text.endswith(f"= a (1000,) array of norm {2 * 1000**0.5:.6g}")


def test_a_constant_is_written_as_the_number_that_it_is():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    f = x**2
    assert equations(f)[:2] == ["x = 3.0", "f = x² = 3.0^2 = 9.0"]
    assert equations(f)[-1] == "∂f/∂x += 2 · x × ∂f/∂f = 6.0 × 1.0 = 6.0"


def test_the_equation_in_latex(circuit):
    assert ag.steps(circuit)[6].equation.latex == (
        r"\begin{aligned} \frac{\partial f}{\partial x} &\mathrel{+}= "
        r"\underbrace{1}_{\text{local}} \times "
        r"\underbrace{\frac{\partial f}{\partial q}}_{\text{upstream}} \\  &= 1.0 \times "
        r"\left(-4.0\right) \\  &= -4.0 \end{aligned}"
    )


def test_the_equation_in_mathml(circuit):
    math = ET.fromstring(ag.steps(circuit)[6].equation.mathml)
    braces = [e for e in math.iter("munder") if e.get("class")]
    assert [("".join(e[0].itertext()), e[1].text) for e in braces] == [
        ("1", "local"),
        ("∂f∂q", "upstream"),
    ]
    assert len(math.findall(".//mtr")) == 3


def differentiable_samples():
    for op in ag.operations():
        for number, call in enumerate(op.samples(Draw()) if op.differentiable else ()):
            if arrays_of(call):
                yield pytest.param(op, call, id=f"{op.name}-{number}")


@pytest.mark.parametrize(("op", "call"), list(differentiable_samples()))
def test_every_operation_can_be_stepped_through(op, call):
    made = function_of(op, call)(*leaves(call))
    root = made[0] if isinstance(made, (tuple, list)) else made
    steps = ag.steps(root, np.ones(root.shape)) if root.requires_grad else ag.steps(root)
    for step in steps:
        assert step.equation.text
        assert step.sentence.endswith(".")
        ET.fromstring(step.equation.mathml)
        assert step.equation.latex.count("{") == step.equation.latex.count("}")


def test_the_text_of_a_step(circuit):
    assert str(ag.steps(circuit)[6]).splitlines() == [
        "7. Gradient of x, through +  [backward]",
        "   circuit.py, line 6:  q = x + y",
        "   ∂f/∂x += 1 × ∂f/∂q = 1.0 × -4.0 = -4.0",
        "   before 0 | this path -4.0 | now -4.0",
        "   " + ag.steps(circuit)[6].sentence,
        "   Proof: x ± h, h = 1e-05, moves f by -4.0 · 2h.",
    ]


def test_the_last_step_says_why_there_is_no_backward_pass():
    x = ag.tensor([1.0, 2.0], requires_grad=True, name="x")
    *_, last = (x * 2).step_through().steps
    assert last.phase == "forward"
    assert "starts from a single number: reduce it first" in last.sentence
    *_, last = (x * 2).step_through([1.0, 1.0]).steps
    assert "reduce it first" not in last.sentence


def test_a_negative_second_factor_is_in_brackets():
    x = ag.tensor(2.0, requires_grad=True, name="x")
    z = ag.tensor(-4.0, requires_grad=True, name="z")
    q = x + 1
    step = (q * z).step_through().steps[-1]
    assert "1.0 × -4.0" in step.equation.text
    assert "<mrow><mo>(</mo><mn>−4.0</mn><mo>)</mo></mrow>" in step.equation.mathml
