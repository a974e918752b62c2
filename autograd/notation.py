"""Formulas to read: one expression as plain text, LaTeX or MathML.

Operations state values and derivatives as Python expressions. Here they become
mathematics, with the learner's own names in place of the operands'. Numbers that are
known (an exponent, say) are filled in and folded: ``y * x**(y - 1)`` with y = 2 reads 2·x.
"""

from __future__ import annotations

import ast
import operator
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

Names = Mapping[str, str | float]
"""What to write for each name: another name, or a number (a float)."""

LONGEST = 200
"""Names and labels are cut to this many characters."""


def clean(text: str, longest: int = LONGEST) -> str:
    """Text that can be shown anywhere: one line, without control characters, cut when endless.

    Lone surrogates and the characters that XML forbids are dropped too.
    """
    line = "".join(" " if c.isspace() else c for c in text[: 4 * longest])
    shown = "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cs", "Cn"))
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


_BINARY: dict[type[ast.AST], tuple[int, str, str, str]] = {
    # precedence, text, LaTeX, MathML
    ast.BitOr: (1, " or ", r" \lor ", "∨"),
    ast.BitAnd: (2, " and ", r" \land ", "∧"),
    ast.Add: (4, " + ", " + ", "+"),
    ast.Sub: (4, " − ", " - ", "−"),
    ast.Mult: (5, " · ", r" \cdot ", "·"),
    ast.Div: (5, " / ", " / ", "/"),
    ast.MatMult: (5, " @ ", r" \mathbin{@} ", "@"),
}
_COMPARE: dict[type[ast.AST], tuple[str, str]] = {
    ast.Eq: (" = ", " = "),
    ast.NotEq: (" ≠ ", r" \ne "),
    ast.Lt: (" < ", " < "),
    ast.LtE: (" ≤ ", r" \le "),
    ast.Gt: (" > ", " > "),
    ast.GtE: (" ≥ ", r" \ge "),
}
_FOLD: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_UNARY, _POWER, _ATOM = 6, 7, 9
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def text(formula: str, names: Names | None = None, simplify: bool = True) -> str:
    """A formula as one line of plain text: ``1 − out²``; as it stands unless `simplify`.

    >>> text("y * pow(x, where(y == 0, 0, y - 1))", {"x": "w", "y": 2})
    '2 · w'
    """
    return _write(formula, names or {}, _TEXT, simplify)


def latex(formula: str, names: Names | None = None, simplify: bool = True) -> str:
    """A formula in LaTeX's mathematics, without dollar signs.

    >>> latex("1 / x", {"x": "net"})
    '\\\\frac{1}{\\\\mathrm{net}}'
    """
    return _write(formula, names or {}, _LATEX, simplify)


def mathml(formula: str, names: Names | None = None, simplify: bool = True) -> str:
    """A formula as a MathML row, everything in it escaped.

    >>> mathml("x + y", {"x": "<b>"})
    '<mrow><mi>&lt;b&gt;</mi><mo>+</mo><mi>y</mi></mrow>'
    """
    return f"<mrow>{_write(formula, names or {}, _MATHML, simplify)}</mrow>"


def words_latex(sentence: str) -> str:
    """A sentence as LaTeX text, everything in it escaped."""
    return _LATEX.words(sentence)


def words_mathml(sentence: str) -> str:
    """A sentence as MathML text, everything in it escaped."""
    return f"<mrow>{_MATHML.words(sentence)}</mrow>"


def _write(formula: str, names: Names, style: _Style, simplify: bool) -> str:
    found = _parsed(formula)
    if found is None:
        return style.words(formula)
    known = tuple((letter, names[letter]) for letter in found[1] if letter in names)
    return _written(formula, known, style, simplify)


@lru_cache(maxsize=8192)
def _written(
    formula: str, known: tuple[tuple[str, str | float], ...], style: _Style, simplify: bool
) -> str:
    """A formula with those names that occur in it: a program repeats its lines."""
    found = _parsed(formula)
    assert found is not None, "a sentence is no formula"
    return style.write(_Fold(dict(known), simplify).visit(found[0]))[0]


@lru_cache(maxsize=1024)
def _parsed(formula: str) -> tuple[ast.AST, tuple[str, ...]] | None:
    """The tree of a formula, which nobody may change, and its names; None for a sentence."""
    try:
        tree = ast.parse(formula, mode="eval").body
    except (SyntaxError, ValueError):
        return None
    letters = (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return tree, tuple(dict.fromkeys(letters))


class _Fold(ast.NodeTransformer):
    """Fills in the numbers that are known and folds what they decide."""

    def __init__(self, names: Names, simplify: bool) -> None:
        self.names = names
        self.simplify = simplify

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Visits a copy: the tree itself is kept for the next time."""
        parts = {k: list(v) if isinstance(v, list) else v for k, v in ast.iter_fields(node)}
        return super().generic_visit(type(node)(**parts))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        written = self.names.get(node.id, node.id)
        if isinstance(written, str):
            return ast.Name(written)
        return ast.Constant(int(written) if float(written).is_integer() else written)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        left: ast.expr = self.visit(node.left)
        right: ast.expr = self.visit(node.right)
        a, b = _number(left), _number(right)
        if not self.simplify:
            return ast.BinOp(left, node.op, right)
        if a is not None and b is not None and type(node.op) in _FOLD:
            return ast.Constant(_FOLD[type(node.op)](a, b))
        if isinstance(node.op, (ast.Pow, ast.Mult, ast.Div)) and b == 1:
            return left
        if isinstance(node.op, ast.Mult) and a == 1:
            return right
        return ast.BinOp(left, node.op, right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        if len(node.ops) > 1 or type(node.ops[0]) not in _FOLD:
            return node
        left, right = self.visit(node.left), self.visit(node.comparators[0])
        a, b = _number(left), _number(right)
        if a is not None and b is not None:
            return ast.Constant(_FOLD[type(node.ops[0])](a, b))
        return ast.Compare(left, node.ops, [right])

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not isinstance(node.func, ast.Name) or node.keywords:
            return node
        args: list[ast.expr] = [self.visit(argument) for argument in node.args]
        name = node.func.id
        if name == "where" and len(args) == 3 and isinstance(args[0], ast.Constant):
            return args[1 if args[0].value else 2]
        if name == "pow" and len(args) == 2:
            return self.visit_BinOp(ast.BinOp(args[0], ast.Pow(), args[1]))
        return ast.Call(ast.Name(name), args, [])


def _number(node: ast.AST) -> float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, (int, float)) else None


def _is_compound(name: str) -> bool:
    """Whether a name is itself a formula, such as ``a + b``, that needs brackets."""
    depth = 0
    for character in name:
        depth += (character in "([") - (character in ")]")
        if depth == 0 and character in " −":
            return True
    return False


class _Style:
    """Writes a tree; each piece comes with its precedence, so that brackets are rare."""

    fractions = True

    def words(self, sentence: str) -> str:
        raise AssertionError("a style defines it")

    def name(self, name: str) -> str:
        raise AssertionError("a style defines it")

    def number(self, value: Any) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)

    def bracket(self, inner: str) -> str:
        return f"({inner})"

    def binary(self, op: ast.operator, left: str, right: str) -> str:
        raise AssertionError("a style defines it")

    def power(self, base: str, exponent: ast.AST) -> str:
        raise AssertionError("a style defines it")

    def negative(self, inner: str) -> str:
        return f"−{inner}"

    def opposite(self, inner: str) -> str:
        return f"not {inner}"

    def compare(self, op: ast.cmpop, left: str, right: str) -> str:
        return f"[{left}{_COMPARE[type(op)][0]}{right}]"

    def call(self, name: str, args: list[ast.AST]) -> str:
        return f"{name}({', '.join(self.write(a)[0] for a in args)})"

    def write(self, node: ast.AST) -> tuple[str, int]:
        """The written node and its precedence."""
        match node:
            case ast.Name(id=name):
                return self.name(name), 0 if _is_compound(name) else _ATOM
            case ast.Constant(value=value):
                negative = isinstance(value, (int, float)) and value < 0
                return self.number(value), _UNARY if negative else _ATOM
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.negative(self._at(operand, _POWER)), _UNARY
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                return self.opposite(self._at(operand, _ATOM)), _UNARY
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                return self.power(self._at(left, _ATOM), right), _POWER
            case ast.BinOp(left=left, op=ast.Div() as op, right=right) if self.fractions:
                return self.binary(op, self.write(left)[0], self.write(right)[0]), _ATOM
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                level = _BINARY[type(op)][0]
                tight = isinstance(op, (ast.Sub, ast.Div))
                return self.binary(op, self._at(left, level), self._at(right, level + tight)), level
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return self.compare(op, self.write(left)[0], self.write(right)[0]), _ATOM
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                return self.call(name, list(args)), _ATOM
            case ast.Subscript(value=value, slice=index):
                return f"{self.write(value)[0]}[{self.write(index)[0]}]", _ATOM
            case ast.Tuple(elts=elements):
                return ", ".join(self.write(e)[0] for e in elements), 0
        return self.words(ast.unparse(node)), 0

    def _at(self, node: ast.AST, level: int) -> str:
        written, precedence = self.write(node)
        return written if precedence >= level else self.bracket(written)


class _Text(_Style):
    fractions = False

    def words(self, sentence: str) -> str:
        return sentence

    def name(self, name: str) -> str:
        return name

    def number(self, value: Any) -> str:
        return super().number(value).replace("-", "−")

    def binary(self, op: ast.operator, left: str, right: str) -> str:
        return f"{left}{_BINARY[type(op)][1]}{right}"

    def power(self, base: str, exponent: ast.AST) -> str:
        written, precedence = self.write(exponent)
        if isinstance(exponent, ast.Constant) and isinstance(exponent.value, int):
            return base + str(exponent.value).translate(_SUPERSCRIPT)
        return f"{base}^{written if precedence == _ATOM else self.bracket(written)}"

    def call(self, name: str, args: list[ast.AST]) -> str:
        inner = ", ".join(self.write(a)[0] for a in args)
        if name == "abs":
            return f"|{inner}|"
        if name == "transpose" and args:
            return f"{self._at(args[0], _ATOM)}ᵀ"
        return f"{'ln' if name == 'log' else name}({inner})"


_TEX_ESCAPES = str.maketrans(
    {c: rf"\{c}" for c in "#$%&_{}"} | {"\\": r"\backslash ", "^": r"\hat{}", "~": r"\sim "}
)


class _Latex(_Style):
    def words(self, sentence: str) -> str:
        return rf"\text{{{sentence.translate(_TEX_ESCAPES)}}}"

    def name(self, name: str) -> str:
        return name if len(name) == 1 else rf"\mathrm{{{name.translate(_TEX_ESCAPES)}}}"

    def bracket(self, inner: str) -> str:
        return rf"\left({inner}\right)"

    def negative(self, inner: str) -> str:
        return f"-{inner}"

    def opposite(self, inner: str) -> str:
        return rf"\lnot {inner}"

    def compare(self, op: ast.cmpop, left: str, right: str) -> str:
        return rf"\left[{left}{_COMPARE[type(op)][1]}{right}\right]"

    def binary(self, op: ast.operator, left: str, right: str) -> str:
        if isinstance(op, ast.Div):
            return rf"\frac{{{left}}}{{{right}}}"
        return f"{left}{_BINARY[type(op)][2]}{right}"

    def power(self, base: str, exponent: ast.AST) -> str:
        return f"{base}^{{{self.write(exponent)[0]}}}"

    def call(self, name: str, args: list[ast.AST]) -> str:
        inner = ", ".join(self.write(a)[0] for a in args)
        match name:
            case "exp":
                return f"e^{{{inner}}}"
            case "sqrt":
                return rf"\sqrt{{{inner}}}"
            case "abs":
                return rf"\left|{inner}\right|"
            case "transpose" if args:
                return f"{self._at(args[0], _ATOM)}^{{\\mathsf{{T}}}}"
            case "sin" | "cos" | "tan" | "tanh" | "sinh" | "cosh":
                return rf"\{name}\left({inner}\right)"
        title = r"\ln" if name == "log" else rf"\operatorname{{{name.translate(_TEX_ESCAPES)}}}"
        return rf"{title}\left({inner}\right)"


class _MathML(_Style):
    def words(self, sentence: str) -> str:
        return f"<mtext>{escape(sentence)}</mtext>"

    def name(self, name: str) -> str:
        return f"<mi>{escape(name)}</mi>"

    def number(self, value: Any) -> str:
        return f"<mn>{super().number(value).replace('-', '−')}</mn>"

    def bracket(self, inner: str) -> str:
        return f"<mo>(</mo>{inner}<mo>)</mo>"

    def negative(self, inner: str) -> str:
        return f"<mo>−</mo>{inner}"

    def opposite(self, inner: str) -> str:
        return f"<mo>¬</mo>{inner}"

    def compare(self, op: ast.cmpop, left: str, right: str) -> str:
        sign = escape(_COMPARE[type(op)][0].strip())
        return f"<mo>[</mo>{left}<mo>{sign}</mo>{right}<mo>]</mo>"

    def binary(self, op: ast.operator, left: str, right: str) -> str:
        if isinstance(op, ast.Div):
            return f"<mfrac><mrow>{left}</mrow><mrow>{right}</mrow></mfrac>"
        return f"{left}<mo>{_BINARY[type(op)][3]}</mo>{right}"

    def power(self, base: str, exponent: ast.AST) -> str:
        return f"<msup><mrow>{base}</mrow><mrow>{self.write(exponent)[0]}</mrow></msup>"

    def call(self, name: str, args: list[ast.AST]) -> str:
        inner = "<mo>,</mo>".join(self.write(a)[0] for a in args)
        match name:
            case "exp":
                return f"<msup><mi>e</mi><mrow>{inner}</mrow></msup>"
            case "sqrt":
                return f"<msqrt>{inner}</msqrt>"
            case "abs":
                return f"<mo>|</mo>{inner}<mo>|</mo>"
            case "transpose" if args:
                return f"<msup><mrow>{self._at(args[0], _ATOM)}</mrow><mo>ᵀ</mo></msup>"
        title = "ln" if name == "log" else escape(name)
        return f"<mi>{title}</mi><mo>(</mo>{inner}<mo>)</mo>"


_TEXT, _LATEX, _MATHML = _Text(), _Latex(), _MathML()
