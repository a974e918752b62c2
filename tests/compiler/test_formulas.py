"""What stands behind each statement is true: formulas are computed beside the code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from autograd.compiler.capture import capture
from autograd.compiler.textbook import nest_steps

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SIGNS = {"−": "-", "·": "*", "≤": "<=", "≥": ">=", "≠": "!=", "∞": "np.inf", "ᵀ": ".T", "^": "**"}


def rng():
    return np.random.default_rng(7)


def t(*shape, grad=False):
    return ag.tensor(rng().standard_normal(shape), requires_grad=grad)


# --- formulas as Python ----------------------------------------------------------------------


def python(formula):
    """A formula as an expression: ``h²`` as ``h**(2)``, ``Σ(x, dim 1)`` as ``total(x, 1)``."""
    text = formula.replace("∂L/∂", "d_").replace("Σ", "total")
    for sign, written in SIGNS.items():
        text = text.replace(sign, written)
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: f"**({m[0].translate(SUPERSCRIPTS)})", text)
    text = re.sub(rf"\b({'|'.join(KNOWN)})\(", r"of_\1(", text)
    text = re.sub(r"\|(\w+)\|", r"of_abs(\1)", text)
    text = re.sub(r", dim (-?\d+|\([\d, ]+\))", r", dim=\1", text)
    return re.sub(r"√(\w+)", r"np.sqrt(\1)", text).replace("√(", "np.sqrt(")


def total(x, dim=None):
    return np.sum(x, axis=dim, keepdims=dim is not None)


def largest(x, other=None, dim=None):
    return np.maximum(x, other) if other is not None else np.max(x, axis=dim, keepdims=True)


KNOWN = {
    "total": total,
    "max": largest,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "abs": np.abs,
    "where": np.where,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "mean": np.mean,
    "sign": np.sign,
    "vdot": np.vdot,
    "sum": np.sum,
    "cat": lambda *parts: np.concatenate(parts, axis=1),
    "repeat": lambda x: x,
    "reshape": lambda x: x,
}


FUNCTIONS = {"np": np} | {f"of_{name}": function for name, function in KNOWN.items()}


def statements(body):
    for line in body:
        if isinstance(line, ast.With):
            yield from statements(line.body)
        elif isinstance(line, (ast.Assign, ast.AugAssign)):
            yield line


def said(lines, line):
    """The formula behind a statement, or above it."""
    beside = re.search(r"  # (.*)$", lines[line.lineno - 1])
    above = lines[line.lineno - 2].strip()
    text = beside[1] if beside else above.removeprefix("# ") if above[:2] == "# " else ""
    return re.sub(r"(, )?line \d+$", "", re.sub(r"^[\w.]+: ", "", text))


def checked(source, given):
    """Runs a source statement by statement, and computes each formula with what is there then."""
    tree, lines = ast.parse(source), source.splitlines()
    space = {}
    exec(compile(ast.Module(tree.body[:-1], []), "head", "exec"), space)
    step = tree.body[-1]
    space |= dict(zip([arg.arg for arg in step.args.args], given, strict=False))
    found = []
    for line in statements(step.body):
        before = {name: np.copy(v) if isinstance(v, np.ndarray) else v for name, v in space.items()}
        exec(compile(ast.Module([line], []), "line", "exec"), space)
        formula, target = said(lines, line), (getattr(line, "targets", None) or [line.target])[0]
        words = "+=" in formula or formula.startswith(("a flat array", "one flat array"))
        if isinstance(target, ast.Name) and formula and not words:
            compute(formula, target.id, before, space[target.id])
            found.append(formula)
    return found


def compute(formula, name, before, value):
    parts = formula.split(" = ")
    left = python(parts[0])
    for part in parts[1:] if len(parts) > 1 and left.isidentifier() else parts:
        right = eval(python(part), {"__builtins__": {}}, before | FUNCTIONS)
        right, wanted = np.asarray(right, float), np.asarray(value, float)
        if right.size == wanted.size:
            right = right.reshape(wanted.shape)
        same = np.broadcast_to(right, wanted.shape)
        np.testing.assert_allclose(same, wanted, rtol=1e-5, atol=1e-12, err_msg=f"{name}: {part}")


# --- programs --------------------------------------------------------------------------------


def lecture_e2():
    """The LSTM step of lecture E2."""
    w_x, w_h, bias = t(3, 8, grad=True), t(2, 8, grad=True), t(8, grad=True)

    def lstm_step(x, h, c):
        a = x @ w_x + h @ w_h + bias
        i, f, o, g = a.chunk(4, 1)
        i, f, o, g = ag.sigmoid(i), ag.sigmoid(f), ag.sigmoid(o), ag.tanh(g)
        c1 = f * c + i * g
        h1 = o * ag.tanh(c1)
        return ag.grad(h1.sum(), [w_x, w_h, bias])

    return lstm_step, (t(2, 3), t(2, 2), t(2, 2))


def regression():
    w, b = t(3, 1, grad=True), t(1, grad=True)

    def step(x, y):
        w.grad = b.grad = None
        prediction = x @ w + b
        error = prediction - y
        loss = (error**2).mean()
        loss.backward()
        with ag.no_grad():
            w.sub_(0.1 * w.grad)
            b.sub_(0.1 * b.grad)
        return loss

    return step, (t(5, 3), t(5, 1))


def network():
    model = nn.Sequential(nn.Linear(3, 2, bias=False), nn.ReLU())
    rule = optim.Adam(model.parameters(), lr=0.01)

    def step(x, y):
        rule.zero_grad()
        out = model(x)
        weights = ag.exp(out) / ag.exp(out).sum(1, keepdim=True)
        loss = ag.abs(weights - y).sum() - ag.log(1.0 + out * out).mean()
        loss.backward()
        rule.step()
        return loss

    return step, (t(5, 3), t(5, 2))


def scalars():
    a, b = ag.tensor(2.0, requires_grad=True), ag.tensor(-3.0, requires_grad=True)

    def step(c):
        f = (a * b + c).tanh() / (b - c) ** 2
        f.backward()
        return f

    return step, (ag.tensor(0.5),)


PROGRAMS = [lecture_e2, regression, network, scalars]


def run_with_arguments(step, args):
    """The source of the latest call, and what its function was given."""
    step(*args)
    step(*args)
    variant, seen = step.latest, []
    run = variant.run

    def spy(*given):
        seen[:] = [np.copy(v) if isinstance(v, np.ndarray) else v for v in given]
        return run(*given)

    variant.run = spy
    step(*args)
    return step.source, seen


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_formula_is_what_its_statement_computes(program):
    function, args = program()
    source, given = run_with_arguments(ag.compile(function), args)
    assert given
    assert len(checked(source, given)) >= 10


def test_a_wrong_formula_would_be_found():
    function, args = regression()
    source, given = run_with_arguments(ag.compile(function), args)
    wrong = source.replace("xᵀ @ ∂L/∂prediction", "xᵀ @ ∂L/∂prediction · 2")
    assert wrong != source
    with pytest.raises(AssertionError, match="d_w"):
        checked(wrong, given)


def test_the_gradients_of_an_lstm_step_are_those_of_the_lecture():
    function, args = lecture_e2()
    source = ag.derive(function, *args)
    for formula in (
        "a = x @ w_x + h @ w_h + bias",
        "c1 = f_2 * c + i_2 * g_2",
        "∂L/∂c1 = ∂L/∂tanh · (1 − tanh²)",
        "∂L/∂f_2 = ∂L/∂c1 · c",
        "∂L/∂f = ∂L/∂f_2 · f_2 · (1 − f_2)",
        "∂L/∂a = cat(∂L/∂i, ∂L/∂f, ∂L/∂o, ∂L/∂g)",
        "xᵀ @ ∂L/∂a",
    ):
        assert formula in source, formula


def test_a_textbook_computes_what_the_function_does():
    function, args = lecture_e2()
    space = {}
    compiled = ag.compile(function)
    text = ag.derive(function, *args)
    exec(text, space)
    _, given = run_with_arguments(compiled, args)
    for mine, right in zip(space["lstm_step"](*given), function(*args), strict=True):
        np.testing.assert_allclose(mine, right.data, rtol=1e-12)


def test_steps_of_a_loop_are_named_apart():
    w = t(3, 3, grad=True)

    def loop(h):
        for _ in range(2):
            h = ag.tanh(h @ w)
        h.sum().backward()

    compiled = ag.compile(loop)
    compiled(t(2, 3))
    assert "∂L/∂matmul_2 = 1 − h_3²" in compiled.source
    assert "∂L/∂h_2 = ∂L/∂matmul_2 @ wᵀ" in compiled.source
    assert "∂L/∂matmul = ∂L/∂h_2 · (1 − h_2²)" in compiled.source


@pytest.mark.parametrize("program", PROGRAMS)
def test_sources_are_laid_out_as_ruff_would(program, tmp_path):
    pytest.importorskip("ruff", reason="pip install 'glassgrad[lint]'")
    function, args = program()
    compiled = ag.compile(function)
    compiled(*args)
    for name, source in (("step", compiled.source), ("text", ag.derive(function, *args))):
        file = tmp_path / f"{name}.py"
        file.write_text(source, encoding="utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "ruff",
                "format",
                "--isolated",
                "--line-length=100",
                "--diff",
                str(file),
            ],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_line_is_longer_than_a_hundred_columns(program):
    function, args = program()
    compiled = ag.compile(function)
    compiled(*args)
    for source in (compiled.source, ag.derive(function, *args)):
        assert max(map(len, source.splitlines())) <= 100


def test_numbers_of_pythons_own_need_no_word_about_warnings():
    def circuit(x, y, z):
        ((x + y) * z).backward()

    leaves = [ag.tensor(number, requires_grad=True) for number in (-2.0, 5.0, -4.0)]
    compiled = ag.compile(circuit)
    compiled(*leaves)
    assert [leaf.grad.item() for leaf in leaves] == [-4.0, -4.0, 3.0]
    assert "errstate" not in compiled.source
    assert "errstate" not in ag.derive(circuit, *leaves)  # nor has a textbook one


def test_the_beginning_says_what_names_mean_and_what_is_changed():
    function, args = regression()
    compiled = ag.compile(function)
    compiled(*args)
    space = {}
    exec(compiled.source, space)
    said = " ".join(space["__doc__"].split())
    assert said.startswith("step, written out as NumPy by glassgrad. d_x, in formulas ∂L/∂x,")
    assert f"Lines are those of tests/compiler/{Path(__file__).name}." in said
    assert said.endswith("Changed in place: b, w.")


def test_steps_before_and_after_they_stand_inside_formulas():
    def f(x):
        y = ag.exp(-x) * 2.0
        return ag.sqrt(y + y * y) + 1.0

    before = capture(f, (t(3),), {}).program
    after = nest_steps(before)
    assert [line.name for line in after.instructions] == [line.name for line in before.instructions]
    inside = [line.name for line in after.instructions if line.outs[0].number in after.nested]
    assert inside == ["np.negative", "np.exp", "np.multiply", "np.add", "np.sqrt"]
    assert not before.nested
    source = ag.derive(f, t(3))
    assert "y = np.exp(-x) * 2.0" in source
    assert "np.sqrt(y + y * y) + 1.0" in source


def test_a_step_stays_where_it_is_if_what_it_reads_is_changed_before_it_is_used():
    def f(x):
        y = ag.exp(x)
        z = y.clone()
        square = (y * y).sum() + 0.0
        z += square
        early = z * 3.0
        z += 1.0
        return early + z

    space = {}
    exec(ag.derive(f, t(3)), space)
    (found,) = space["f"](t(3).data)
    np.testing.assert_allclose(found, f(t(3)).data, rtol=1e-14)


def test_only_what_is_transposed_is_written_so():
    def f(x):
        kept = [np.transpose(x, (0, 1)), np.swapaxes(x, 1, 1), np.transpose(x, (-2, -1))]
        turned = [np.transpose(x), np.transpose(x, (1, 0)), np.swapaxes(x, 0, -1), x.mT]
        return [ag.exp(y) for y in (*kept, *turned)]

    compiled, x = ag.compile(f), t(2, 3)
    space = {}
    exec(ag.derive(f, x), space)
    for found in (compiled(x), [ag.tensor(y) for y in space["f"](x.data)]):
        for mine, right in zip(found, f(x), strict=True):
            np.testing.assert_array_equal(mine.data, right.data)


def test_the_formula_of_an_operation_stands_at_its_end_alone():
    norm = nn.BatchNorm1d(3)

    def step(x):
        return norm(x).sum()

    compiled = ag.compile(step)
    compiled(t(6, 3))
    assert compiled.source.count("(x − mean(x)) / sqrt(var(x) + eps)") == 1


@pytest.mark.parametrize("name", ["w", "fc1_weight", "a_weight_with_a_long_name"])
def test_what_was_written_over_is_not_named_afterwards(name):
    weight = t(40, 60, grad=True)
    space = {"ag": ag, name: weight, "x": t(50, 40), "rule": optim.Adam([weight], lr=0.01)}
    text = f"""
def step():
    rule.zero_grad()
    ((x @ {name}) ** 2).mean().backward()
    rule.step()
"""
    exec(compile(text, "<a person's>", "exec"), space)
    compiled = ag.compile(space["step"])
    compiled(), compiled()
    lines = compiled.source.splitlines()
    (at,) = (at for at, line in enumerate(lines) if line.startswith(f"    {name} -= "))
    taken = lines[at].split("  #")[0].split(" -= ")[1]
    formula = " ".join(lines[at - 2 : at + 1]).split(f"{name} − ")[1].split(", line")[0]
    assert formula == taken or not re.search(rf"\b{taken}\b", formula)
