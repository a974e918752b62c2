"""Expressions: what is read, what is refused and where, and that numbers are Python's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd as ag
from autograd.cli.evaluate import evaluate
from autograd.cli.grammar import MAX_DEPTH, MAX_LENGTH, parse
from autograd.cli.values import variables


def compute(text: str, *assignments: str) -> ag.Tensor:
    expression = parse(text)
    return evaluate(expression, variables(expression, assignments))


def names(count: int) -> list[str]:
    return [f"{name}=1" for name in "xyz"[:count]]


# --- what is read ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(x+y)*z", -12.0),
        ("y // 2 + y % 3", 4.0),
        ("x - y*z", 18.0),
        ("-x**2", -4.0),
        ("(-x)**2", 4.0),
        ("2**-1 * x", -1.0),
        ("+x / 4", -0.5),
        ("maximum(x, y)", 5.0),
        ("where(x > y, x, -2*z)", 8.0),
        ("where((x < 0) & ~(y == 0), 1, 0)", 1.0),
        ("tanh(0*x)", 0.0),
        ("power(y, 2)", 25.0),
        ("pow(2, 100)", 2.0**100),
        ("1_0 + 0x10 + 1e1", 36.0),
        ("stack([x, y, z])[1]", 5.0),
        ("max(stack([x, y, z]), dim=0)[0]", 5.0),
        ("sum(stack([x, y, z]), 0, keepdim=True)[-1]", -1.0),
        ("reshape(stack([x, y]), (2, 1))[0, 0]", -2.0),
        ("(x +\n y)\t*\r z", -12.0),
    ],
)
def test_values(text, value):
    expression = parse(text)
    given = [a for a in ("x=-2", "y=5", "z=-4") if a[0] in expression.names]
    assert compute(text, *given).item() == pytest.approx(value)


def test_vectors_and_matrices():
    assert compute("w @ x", "w=[[1, 2], [3, 4]]", "x=[1, -1]").tolist() == [-1.0, -1.0]
    assert compute("sum(x * x)", "x=[1, 2, 3]").item() == 14.0


def test_the_circuit_of_the_lecture():  # A1
    expression = parse("(x+y)*z")
    leaves = variables(expression, ["x=-2", "y=5", "z=-4"])
    f = evaluate(expression, leaves)
    f.backward()
    assert f.item() == -12
    assert [leaf.grad.item() for leaf in leaves.values()] == [-4, -4, 3]
    assert (f.name, [leaf.name for leaf in leaves.values()]) == ("f", ["x", "y", "z"])


def test_a_variable_may_be_called_f():
    assert compute("f * 2", "f=3").name is None
    assert compute("f", "f=3").name == "f"


def test_names_are_normalised_as_python_does():
    assert compute("ﬁ + 1", "ﬁ=2").item() == 3


def test_each_operation_points_to_its_part_of_the_expression():
    f = compute("(x+y)*tanh(z)", "x=-2", "y=5", "z=-4")
    places = {}
    waiting = [f.node]
    while waiting:
        node = waiting.pop()
        places[node.op.name] = node.where.text[node.where.column : node.where.end_column]
        waiting += [edge for edge in node.operands if hasattr(edge, "op")]
    assert places == {"mul": "(x+y)*tanh(z)", "add": "x+y", "tanh": "tanh(z)"}


def test_columns_count_characters_not_bytes():
    f = compute("é + ü*2", "é=1", "ü=2")
    inner = f.node.operands[1].where
    assert (inner.text[inner.column : inner.end_column], inner.file) == ("ü*2", "expression")


def test_numbers_alone_are_a_graph_too():
    assert compute("2*3 + 4").item() == 10
    assert compute("2*3 + 4").node.op.name == "add"
    assert compute("7").item() == 7


def test_powers_stay_floats():
    assert compute("9**9**9**9").item() == math.inf
    assert compute("2**10000 * x", "x=1").item() == math.inf
    assert compute("pow(10, 400)").item() == math.inf


def test_an_operation_that_a_user_registered():
    @ag.primitive(
        symbol="cube",
        formula="x**3",
        d=("3 * x**2",),
        lesson="Three times the square.",
        samples=lambda draw: [ag.call(draw(2))],
        aliases=("third_power",),
    )
    def cube(x):
        """x³."""
        return x**3

    try:
        assert compute("cube(x) + third_power(x)", "x=2").item() == 16
        with pytest.raises(ag.ExpressionError, match="did you mean cube"):
            parse("cub(x)")
    finally:
        ag.unregister("cube")
    with pytest.raises(ag.ExpressionError, match="no function 'cube'"):
        parse("cube(x)")


def test_an_operation_of_a_user_that_returns_no_tensor_or_fails():
    @ag.primitive(
        symbol="odd",
        formula="odd(x)",
        lesson="It fails.",
        samples=lambda draw: [ag.call(draw(2))],
    )
    def odd(x):
        """Fails."""
        raise KeyError("lost")

    try:
        with pytest.raises(ag.ExpressionError, match="column 5: odd: 'lost'"):
            compute("1 + odd(x)", "x=2")
    finally:
        ag.unregister("odd")


# --- what is refused, and where ---------------------------------------------------------

REFUSED = [
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("x +* y", 4, "cannot stand here"),
    ("x +", 4, "missing at the end"),
    ("3x + y", 1, "3\\*x"),
    ("x y", 3, "cannot stand here"),
    ("(x + y", 1, "never closed"),
    ("x + y)", 6, "unmatched"),
    ("x^2", 2, "write x\\*\\*2"),
    ("2 × x", 3, "write \\*"),
    ("x·y", 2, "write \\*"),
    ("x ÷ y", 3, "write /"),
    ("x − y", 3, "write the hyphen"),
    ("x # y", 3, "comment"),
    ("x\0", 2, "cannot be part"),
    ("x + \x1b[0m", 5, "cannot be part"),
    ("x\udcff", 2, "cannot be part"),
    ("f = x + y", 1, "alone"),
    ("x.grad", 1, "dot"),
    ("1 + x.sum()", 5, "called by their name"),
    ("x.__class__", 1, "dot"),
    ("x['a']", 3, "whole number"),
    ("x[0:1]", 3, "whole number"),
    ("x[1.0]", 3, "whole number"),
    ("x[True]", 3, "whole number"),
    ("x[y]", 3, "whole number"),
    ("lambda: x", 1, "lambda"),
    ("1 + 'abc'", 5, "only numbers"),
    ("f'{x}'", 1, "text"),
    ("True", 1, "only numbers"),
    ("x + None", 5, "only numbers"),
    ("2j", 1, "only numbers"),
    ("...", 1, "only numbers"),
    ("[x, y]", 1, "list"),
    ("x, y", 1, "comma"),
    ("{x: y}", 1, "only names"),
    ("{x}", 1, "only names"),
    ("[a for a in x]", 1, "only names"),
    ("(a for a in x)", 1, "only names"),
    ("1 + (a := 3)", 6, ":="),
    ("x if y else z", 1, "where"),
    ("0 < x < 1", 1, "one comparison"),
    ("x and y", 1, "&"),
    ("not x", 1, "~x"),
    ("x is y", 1, "=="),
    ("x in y", 1, "in is not available"),
    ("x << 2", 1, "<<"),
    ("await x", 1, "only names"),
    ("(yield)", 2, "only names"),
    ("__import__('os')", 1, "no function '__import__'"),
    ("x + tahn(y)", 5, "did you mean .*tanh"),
    ("open(x)", 1, "no function"),
    ("eval(x)", 1, "no function"),
    ("frobnicate(x)", 1, "--help"),
    ("sin(x)(y)", 1, "called by their name"),
    ("sum()", 1, "needs an operand"),
    ("sum(dim=0)", 1, "needs an operand"),
    ("sum(*x)", 5, "before an argument"),
    ("sum(x, **y)", 10, "before an argument"),
    ("sum(x, dim=y)", 12, "takes a number"),
    ("sum(x, dim='a')", 12, "takes a number"),
    ("sum([x, y])", 5, "list"),
    ("tanh(True)", 6, "only numbers"),
    ("tanh(1e999)", 6, "too large"),
    ("tanh(x, y)", 9, "a plain number"),
    ("sum(x, 1e999)", 8, "at most 4096"),
    ("broadcast_to(x, (2, 5000))", 21, "at most 4096"),
    ("sum(x, dim=-99999999999999999999)", 13, "at most 4096"),
    ("9" * 400, 1, "too large"),
    ("0x" + "f" * 1000, 1, "too large"),
    ("x + 1e999", 5, "too large"),
    ("cat([x, 'y'])", 9, "only numbers"),
    ("permute(x, 'a')", 12, "a plain number"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED)
def test_refusals_name_the_column(text, column, words):
    with pytest.raises(ag.ExpressionError, match=words) as caught:
        parse(text)
    message = str(caught.value)
    assert message.startswith(f"column {column}: ")
    assert len(message.splitlines()) == 3
    assert set(message.splitlines()[2].strip()) == {"^"}
    assert all(c.isprintable() or c == "\n" for c in message)


def test_the_caret_stands_below_the_place():
    with pytest.raises(ag.ExpressionError) as caught:
        parse("x + tahn(y)")
    _, shown, carets = str(caught.value).splitlines()
    assert (shown, carets) == ("    x + tahn(y)", "        ^^^^")


def test_a_long_expression_is_shown_around_the_place():
    with pytest.raises(ag.ExpressionError) as caught:
        parse("x + " * 60 + "tahn(y)" + " + x" * 30)
    _, shown, carets = str(caught.value).splitlines()
    assert len(shown) < 80
    assert shown[carets.index("^") :].startswith("tahn(y)")


@pytest.mark.parametrize(
    "bomb",
    [
        "(" * 10_000,
        "(" * 190 + "x" + ")" * 190 + "**" * 2,
        "-" * 5_000,
        "-" * (MAX_LENGTH - 1) + "x",
        "~" * 1_000 + "x",
        "x" + "**x" * 600,
        "x" + "+x" * 900,
        "x" + "[0]" * 600,
        "sin(" * 150 + "x" + ")" * 150,
        "reshape(x, " + "[" * 150 + "]" * 150 + ")",
        "9" * 1_999,
        "9" * 100_000,
        "[" * 10_000,
        "x if " * 300 + "x",
        "lambda:" * 280 + "x",
    ],
)
def test_bombs_end_in_an_error(bomb):
    with pytest.raises(ag.ExpressionError, match="column"):
        compute(bomb, "x=1")


def test_depth_up_to_the_limit_is_fine():
    assert compute("x" + "+x" * (MAX_DEPTH - 1), "x=1").item() == MAX_DEPTH


@pytest.mark.parametrize(
    "text",
    [
        "broadcast_to(x, (1000, 1000, 1000))",
        "broadcast_to(x, (3000, 1)) * broadcast_to(x, (3000,))",
    ],
)
def test_results_too_large_to_draw(text):
    with pytest.raises(ag.RangeError, match="4096 elements"):
        compute(text, "x=1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tanh(x, 1, 2)", "column 1: tanh"),
        ("1 + max(x, 0, True, 5)", "column 5: max"),
        ("sum(x, dims=0)", "has no parameter 'dims'"),
        ("max(x, dim=0)", "column 1: this gives 2 values"),
        ("1 + max(x, dim=0)", "column 5: this gives 2 values"),
        ("max(x, dim=0)[2]", "column 15: there are 2 values"),
        ("max(x, dim=0)[0, 1]", "column 15: there are 2 values"),
        ("to(x, 5)", "column 1: to"),
    ],
)
def test_calls_that_do_not_fit(text, words):
    with pytest.raises(ag.ExpressionError, match=words):
        compute(text, "x=[1, 2, 3]")


@pytest.mark.parametrize(
    ("text", "kind"),
    [("x + y", ag.ShapeError), ("x[9] + y", ag.IndexingError), ("where(x, y, 0)", ag.DTypeError)],
)
def test_computations_that_fail_are_no_matter_of_grammar(text, kind):
    with pytest.raises(kind) as caught:
        compute(text, "x=[1, 2, 3]", "y=[1, 2]")
    assert not isinstance(caught.value, ag.ExpressionError)


# --- values -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("-2", -2.0),
        ("1e3", 1000.0),
        ("+.5", 0.5),
        ("1_000", 1000.0),
        (" 7 ", 7.0),
        ("inf", math.inf),
    ],
)
def test_numbers_as_typed(typed, value):
    assert compute("x", f"x={typed}").item() == value


def test_nan_is_a_value():
    assert math.isnan(compute("x + 1", "x=nan").item())


def test_lists_as_typed():
    assert compute("x", "x=[1, -2.5, -inf]").tolist() == [1.0, -2.5, -math.inf]
    assert compute("x", "x= [[1,2],[3,4]]").tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert compute("x", "x=[]").shape == (0,)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("x", "column 1: expected NAME=VALUE"),
        ("=3", "column 1: '' is not a name"),
        ("1x=2", "column 1: '1x' is not a name"),
        ("lambda=2", "'lambda' is not a name"),
        ("x=", "column 3: an empty value"),
        ("x=abc", "column 3: 'abc' is not a number"),
        ("x=1 2", "column 3: '1 2' is not a number"),
        ("x=1e999", "column 3: this number is too large"),
        ("x=True", "column 3: 'True' is not a number"),
        ("x=\x1b[0m", "column 3: '�\\[0m' is not a number"),
        ("x=[1,2", "column 3: '\\[' was never closed"),
        ("x=[1,2]]", "column 8: unmatched"),
        ("x=[1)+(2]", "column 5: closing"),
        ("x=['a']", "column 4: a list holds numbers"),
        ("x=[1, y]", "column 7: a list holds numbers"),
        ("x=[True]", "column 4: a list holds numbers"),
        ("x=[-[1]]", "column 4: a list holds numbers"),
        ("x=[1e999]", "column 4: a list holds numbers"),
        ("x=[" + "9" * 400 + "]", "column 4: a list holds numbers"),
        ("x=[1,[2]]", "column 3: the rows of a matrix"),
        ("x=[1 for _ in x]", "column 3: a list holds numbers"),
        ("x=[1].append(2)", "column 3: a list holds numbers"),
        ("x=" + "[" * 10_000, "column"),
        ("x=" + "[" * 150 + "]" * 150, "column 3"),
    ],
)
def test_values_that_are_refused(assignment, words):
    with pytest.raises(ag.ExpressionError, match=words):
        compute("x", assignment)


def test_missing_unused_and_repeated_names():
    with pytest.raises(ag.ExpressionError, match="no value for x, z; add x=1 z=1"):
        compute("(x+y)*z", "y=5")
    with pytest.raises(ag.ExpressionError, match="q is not in the expression; its names are: x"):
        compute("x", "x=1", "q=2")
    with pytest.raises(ag.ExpressionError, match="x is given twice"):
        compute("x", "x=1", "x=2")
    with pytest.raises(ag.ExpressionError, match=r"write sin\(x\)"):
        compute("sin + 1")


# --- anything at all --------------------------------------------------------------------


def survives(text: str) -> None:
    """Any text either gives a tensor or raises one of our own errors."""
    try:
        expression = parse(text)
    except ag.ExpressionError:
        return
    given = [f"{name}=[0.5, 2]" for name in expression.names]
    try:
        assert isinstance(compute(text, *given), ag.Tensor)
    except ag.GlassError:
        return


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text):
    survives(text)


PIECES = [*"xyz0123456789()[]+-*/,.<>=~&|@:'\\ ", "**", "==", "sum", "max", "dim=", "True", "None"]
PIECES += [op.name for op in ag.operations()]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=16))
def test_any_heap_of_pieces(pieces):
    survives("".join(pieces))


ARGUMENTS = st.sampled_from(
    ["x", "y", "x > y", "x[0]", "[x, y]", "[]", "(2, 1)", "0", "1", "-1", "2.5", "None", "True"]
    + [f"{word}={value}" for word in ("dim", "keepdim", "index") for value in (0, -2, 99, True)]
    + ["shape=(2,)", "dtype=3"]
)


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from([op.name for op in ag.operations()]),
    st.lists(ARGUMENTS, min_size=1, max_size=4),
)
def test_any_call(name, arguments):
    survives(f"{name}({', '.join(arguments)})")


LEAVES = st.one_of(
    st.sampled_from(["x", "y", "z"]),
    st.floats(0, 100).map(lambda number: f"{number:.3f}"),
    st.integers(0, 9).map(str),
)
ARITHMETIC = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        inner.map(lambda t: f"-{t}"),
        inner.map(lambda t: f"({t})**2"),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(ARITHMETIC)
def test_arithmetic_is_pythons_own(text):
    numbers = {"x": np.float64(-2.0), "y": np.float64(5.0), "z": np.float64(0.25)}
    expression = parse(text)
    with np.errstate(all="ignore"):
        try:
            wanted = eval(text, {"__builtins__": {}}, numbers)
        except (ZeroDivisionError, OverflowError):
            return  # of Python's own numbers; ours are NumPy's, and give inf or nan
    found = compute(text, *(f"{name}={numbers[name]}" for name in expression.names)).item()
    assert found == pytest.approx(float(wanted), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("text", ["tile(x, (64, 65))", "tile(x, (4096, 4096, 4096, 4096))"])
def test_a_result_of_too_many_elements_or_of_more_than_there_is_memory(text):
    with pytest.raises(ag.RangeError, match=r"tile: a result of more than 4096 elements"):
        compute(text, "x=1")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("[" + "~" * 9000 + "1]", "nested too deeply"),
        ("[" + "not " * 3000 + "1]", "nested too deeply"),
        ("[\udcff]", "surrogates not allowed"),
    ],
)
def test_values_that_python_cannot_read(value, words):
    with pytest.raises(ag.ExpressionError, match=words):
        compute("x", f"x={value}")
