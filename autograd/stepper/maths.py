"""Formulas for steps, written three times at once: as text, as LaTeX and as MathML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from autograd import notation
from autograd.draw.trace import Local, Operation
from autograd.draw.wording import LONGEST, clean

_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


@dataclass(frozen=True)
class Maths:
    """A piece of a formula; pieces are joined with ``+``.

    Attributes:
        text: one line of plain text.
        latex: LaTeX's mathematics, without dollar signs.
        mathml: MathML elements that stand in a row.
    """

    text: str
    latex: str
    mathml: str

    def __add__(self, other: Maths) -> Maths:
        return Maths(self.text + other.text, self.latex + other.latex, self.mathml + other.mathml)


@dataclass(frozen=True)
class Line:
    """One line of an equation; without a left side it continues the line above.

    Attributes:
        left: what is computed, None to continue.
        relation: ``=``, or ``+=`` where it is added to what is there.
        right: what it equals.
    """

    left: Maths | None
    relation: str
    right: Maths


@dataclass(frozen=True)
class Equation:
    """Lines of mathematics, from the rule to the number; ``str`` gives one line of text.

    Attributes:
        lines: the mathematics.
        where: what letters in it stand for.
    """

    lines: tuple[Line, ...]
    where: tuple[Line, ...] = ()

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """One line: ``∂f/∂x += 1 × ∂f/∂q = 1.0 × -4.0 = -4.0``."""
        letters = f", where {_text(self.where)}" if self.where else ""
        return _text(self.lines) + letters

    @property
    def latex(self) -> str:
        """Aligned lines, without dollar signs."""
        signs = {"+=": r"\mathrel{+}="}
        lines = (
            f"{line.left.latex if line.left else ''} "
            f"&{signs.get(line.relation, line.relation)} {line.right.latex}"
            for line in (*self.lines, *self.where)
        )
        rows = r" \\ ".join(lines)
        return rf"\begin{{aligned}} {rows} \end{{aligned}}"

    @property
    def mathml(self) -> str:
        """A ``<math>`` element, one row of a table for each line."""
        rows = (
            f"<mtr><mtd>{line.left.mathml if line.left else ''}</mtd>"
            f"<mtd><mo>{line.relation}</mo></mtd><mtd>{line.right.mathml}</mtd></mtr>"
            for line in (*self.lines, *self.where)
        )
        return f'<math display="block"><mtable>{"".join(rows)}</mtable></math>'


def _text(lines: Iterable[Line]) -> str:
    parts = (
        f", {line.left.text} {line.relation} {line.right.text}"
        if line.left
        else f" = {line.right.text}"
        for line in lines
    )
    return "".join(parts).removeprefix(", ")


def equation(left: Maths, relation: str, *rows: Maths) -> Equation:
    """One left side, and what it equals ever more plainly."""
    first, *others = rows
    return Equation((Line(left, relation, first), *(Line(None, "=", row) for row in others)))


# --- pieces ----------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def name(word: str) -> Maths:
    """A variable, or a formula that serves as a name."""
    known = {"x": word}
    return Maths(
        notation.text("x", known), notation.latex("x", known), bare(notation.mathml("x", known))
    )


def bare(row: str) -> str:
    """What is inside an ``<mrow>``."""
    return row.removeprefix("<mrow>").removesuffix("</mrow>")


def words(sentence: str) -> Maths:
    """Plain words inside a formula."""
    return Maths(sentence, notation.words_latex(sentence), bare(notation.words_mathml(sentence)))


def number(written: str) -> Maths:
    """A number, or words where there are too many of them."""
    if written.startswith("a "):
        return words(written)
    return Maths(written, written, f"<mn>{escape(written.replace('-', '−'))}</mn>")


def second(written: str) -> Maths:
    """A number after a sign, in brackets where it is negative; plain text goes without."""
    plain = number(written)
    if not written.startswith("-"):
        return plain
    marked = bracket(plain)
    return Maths(plain.text, marked.latex, marked.mathml)


def sign(character: str, latex: str | None = None) -> Maths:
    """An operator with a space on either side."""
    return Maths(f" {character} ", f" {latex or character} ", f"<mo>{escape(character)}</mo>")


TIMES = sign("×", r"\times")
ELEMENTWISE = sign("⊙", r"\odot")


def bracket(inner: Maths) -> Maths:
    """Round brackets."""
    return Maths(
        f"({inner.text})",
        rf"\left({inner.latex}\right)",
        f"<mrow><mo>(</mo>{inner.mathml}<mo>)</mo></mrow>",
    )


@lru_cache(maxsize=4096)
def partial(root: str, by: str) -> Maths:
    """``∂f/∂x``: how fast the root changes with one of its values."""
    top, bottom = name(root), name(by)
    atom = bottom if by.isidentifier() else bracket(bottom)
    return Maths(
        f"∂{top.text}/∂{atom.text}",
        rf"\frac{{\partial {top.latex}}}{{\partial {atom.latex}}}",
        f"<mfrac><mrow><mo>∂</mo>{top.mathml}</mrow><mrow><mo>∂</mo>{atom.mathml}</mrow></mfrac>",
    )


def under(inner: Maths, word: str) -> Maths:
    """An under-brace with a word below; plain text goes without.

    In MathML the brace is the class of the element, which the page draws: few systems
    have a font that stretches one.
    """
    return Maths(
        inner.text,
        rf"\underbrace{{{inner.latex}}}_{{\text{{{word}}}}}",
        f'<munder class="{word}"><mrow>{inner.mathml}</mrow><mtext>{word}</mtext></munder>',
    )


def sum_over(dims: Iterable[int], inner: Maths) -> Maths:
    """The sum over some dimensions, which undoes broadcasting."""
    listed = ", ".join(map(str, dims))
    return Maths(
        f"sum over dim {listed} of {inner.text}",
        rf"\sum_{{\text{{dim {listed}}}}} {inner.latex}",
        f"<munder><mo>∑</mo><mtext>dim {listed}</mtext></munder>{inner.mathml}",
    )


def formula(op: Operation) -> Maths:
    """The formula of an operation, with the learner's names."""
    return short(Maths(op.text, op.latex, bare(op.mathml)))


def short(written: Maths) -> Maths:
    """A formula of endless names as the beginning of its text."""
    return words(clean(written.text)) if len(written.text) > LONGEST else written


def factor(local: Local) -> Maths:
    """A local derivative, in brackets where a multiplication sign would tear it apart."""
    written = short(Maths(local.text, local.latex, bare(local.mathml)))
    return bracket(written) if _is_sum(local.text) else written


def _is_sum(text: str) -> bool:
    """Whether any operator but a multiplication stands outside all brackets."""
    while _BRACKETED.search(text):
        text = _BRACKETED.sub("", text)
    return " " in text.replace(" · ", "")
