"""The stepper in a terminal: one step on the screen, the arrow keys go on and back."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from autograd.stepper.keyboard import Keyboard, possible as possible
from autograd.stepper.source import visible
from autograd.stepper.step import Question, Step
from autograd.stepper.stepper import Stepper, Training

_WIDEST = 100
_AROUND = 2
"""Lines of source before and after the one that runs."""

_BOLD, _FAINT, _MARKED = "1", "2", "4"
_HUES = {"forward": "38;5;32", "backward": "38;5;166", "update": "38;5;136"}
_BARS = {"forward": "━", "backward": "╍", "update": "═"}

_NUMBER = frozenset("0123456789.-+e")

_VERDICTS = {
    "right": "Right.",
    "wrong sign": "Not quite: the sign is wrong.",
    "forgot to add": "That is this path alone: what had arrived before must be added.",
    "forgot upstream": "That is the local derivative: multiply it by the upstream gradient.",
    "forgot upstream, added": "Multiply the local derivative by the upstream gradient, then add.",
    "forgot local": "That is the upstream gradient: multiply it by the local derivative.",
    "wrong": "No. Local derivative times upstream gradient, added to what was there.",
}


def walk(stepper: Stepper) -> None:
    """Show the steps one by one, until q is pressed; only where `possible` says so."""
    pictures = stepper.pictures if isinstance(stepper, Training) else [stepper.picture]
    files = {name: lines for one in pictures for name, lines in one.trace.files.items()}
    walker = Walker(stepper.steps, files, predict=stepper.predict)
    shown = None
    with Keyboard(sys.stdin, sys.stdout) as keyboard:
        keys = keyboard.keys()
        while not walker.done:
            size = shutil.get_terminal_size()
            if keyboard.stale or size != shown:
                keyboard.draw(walker.screen(size.columns, size.lines, _has_colours()))
                shown = size
            key = next(keys, "q")
            keyboard.stale = keyboard.stale or bool(key)
            walker.press(key)


def _has_colours() -> bool:
    """Whether 256 colours may be used (see no-color.org); without them all is still there."""
    known = os.environ.get("TERM", "") + os.environ.get("COLORTERM", "")
    many = "256" in known or "truecolor" in known or "24bit" in known or os.name == "nt"
    return many and not os.environ.get("NO_COLOR")


class Walker:
    """Where one is among the steps, and what the screen shows there.

    Attributes:
        at: the place of the step, from 0.
        done: whether q was pressed.
        predict: whether gradients are asked for before they are shown.
    """

    def __init__(
        self, steps: Sequence[Step], files: Mapping[str, Sequence[str]], predict: bool = False
    ) -> None:
        self.steps, self._files = steps, files
        self.at, self.done, self.predict = 0, False, predict
        self._shown: set[int] = set()  # places whose answer is on the screen
        self._typed, self._verdict = "", ""

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return self.steps[self.at]

    @property
    def _question(self) -> Question | None:
        asked = self.predict and self.at not in self._shown
        return self.step.question if asked else None

    # --- keys ---------------------------------------------------------------------------------

    def press(self, key: str) -> None:
        """Do what a key means; other keys do nothing."""
        if self._question and (key in ("enter", "delete") or key in _NUMBER):
            self._answer(key)
        elif key in ("right", " ", "down", "enter"):
            self._go(self.at + 1)
        elif key in ("left", "up"):
            self._go(self.at - 1)
        elif key in ("home", "end"):
            self._go(0 if key == "home" else len(self.steps) - 1)
        elif key == "b":
            self._backward()
        elif key == "p":
            self.predict = not self.predict
            self._typed = self._verdict = ""
        elif key == "q":
            self.done = True

    def _go(self, place: int) -> None:
        self.at = max(0, min(len(self.steps) - 1, place))
        self._typed = self._verdict = ""

    def _backward(self) -> None:
        """To the start of the next backward pass, or else of the first."""
        phases = [step.phase for step in self.steps]
        starts = [
            place
            for place, phase in enumerate(phases)
            if phase == "backward" and phases[max(place - 1, 0)] != "backward"
        ]
        ahead = [place for place in starts if place > self.at]
        if starts:
            self._go((ahead or starts)[0])

    def _answer(self, key: str) -> None:
        if key == "delete":
            self._typed = self._typed[:-1]
        elif key != "enter":
            self._typed = (self._typed + key)[:24]
        elif self._typed:
            self._judge()
        else:
            self._shown.add(self.at)

    def _judge(self) -> None:
        question = self._question
        assert question is not None, "only a question is answered"
        try:
            said = question.said(float(self._typed))
        except ValueError:
            self._verdict = "Type a number, such as -4 or 0.25."
            return
        self._verdict = _VERDICTS[said]
        if said == "right":
            self._shown.add(self.at)

    # --- the screen -----------------------------------------------------------------------------

    def screen(self, width: int, height: int, colour: bool = True) -> list[str]:
        """What is shown, as lines with escape sequences for bold, underlined and two hues."""
        paint = _Paint(min(width - 1, _WIDEST), colour)
        body = [*self._head(paint), "", *self._code(paint), "", *self._explanation(paint)]
        room = max(height - 2, 1)
        if len(body) > room:
            body = [*body[: room - 1], paint.line("… (a taller window shows the rest)", _FAINT)]
        return [*body, *[""] * (room - len(body)), "", self._help(paint)][:height]

    def _head(self, paint: _Paint) -> Iterator[str]:
        step = self.step
        place = f"{step.phase}, step {self.at + 1} of {len(self.steps)}"
        yield paint.line(place, _HUES.get(step.phase, ""))
        yield self._progress(paint)
        yield ""
        yield from paint.block(step.title, _BOLD)

    def _progress(self, paint: _Paint) -> str:
        """A track: solid forward, dashed backward, and where one is."""
        count = len(self.steps)
        room = max(min(paint.width, 60), 1)
        cells = []
        for cell in range(room):
            phase = self.steps[min(cell * count // room, count - 1)].phase
            cells.append((_BARS.get(phase, "━"), _HUES.get(phase, "")))
        mark = self.at * (room - 1) // max(count - 1, 1)
        cells[mark] = ("●", _BOLD)
        parts = groupby(cells, key=lambda cell: cell[1])
        return "".join(
            paint.text("".join(sign for sign, _ in part), style) for style, part in parts
        )

    def _code(self, paint: _Paint) -> Iterator[str]:
        """The learner's line with its neighbours; what runs is underlined."""
        line = self.step.line
        lines = self._files.get(line.file, ()) if line else ()
        if line is None or not 0 < line.line <= len(lines):
            return
        yield paint.line(visible(line.file), _FAINT)
        wide = len(str(len(lines)))
        for number in range(
            max(1, line.line - _AROUND), min(len(lines), line.end_line + _AROUND) + 1
        ):
            text = visible(lines[number - 1]).replace("\t", " ")
            runs = line.line <= number <= line.end_line
            start = line.column if number == line.line else len(text) - len(text.lstrip())
            end = line.end_column if number == line.end_line else len(text)
            head = f"{'>' if runs else ' '} {number:{wide}}  "
            yield paint.code(head, text, (start, end) if runs else None)

    def _explanation(self, paint: _Paint) -> Iterator[str]:
        question = self._question
        if question is not None:
            yield from self._asked(question, paint)
            return
        step = self.step
        for line in step.equation.text.splitlines():
            yield from paint.block(line, _BOLD, indent="    ")
        if step.ledger is not None:
            yield paint.line(f"    {step.ledger}", _HUES.get(step.phase, ""))
        yield ""
        if self._verdict:
            yield from paint.block(self._verdict, _BOLD)
        for text in (step.sentence, step.lesson, str(step.proof) if step.proof else ""):
            yield from paint.block(text)

    def _asked(self, question: Question, paint: _Paint) -> Iterator[str]:
        """The chain rule without its numbers, and a place for the answer."""
        yield from paint.block(self.step.equation.text.split(" = ")[0], _BOLD, indent="    ")
        yield ""
        yield paint.line(f"What is {question.name} now?  {self._typed}_", _BOLD)
        yield from paint.block(self._verdict or "Type a number and Enter; Enter alone shows it.")

    def _help(self, paint: _Paint) -> str:
        predict = "stop asking" if self.predict else "predict"
        keys = f"← → step   Home End   b backward pass   p {predict}   q quit"
        return paint.line(keys, _FAINT)


class _Paint:
    """Text as a terminal shows it: cut or wrapped to a width, and styled where that is wanted."""

    def __init__(self, width: int, colour: bool) -> None:
        self.width = max(width, 8)
        self.colour = colour

    def text(self, text: str, style: str) -> str:
        """Styled; without colours bold and underlined remain."""
        wanted = style if self.colour or style in (_BOLD, _MARKED) else ""
        return f"\x1b[{wanted}m{text}\x1b[0m" if wanted and text else text

    def line(self, text: str, style: str = "") -> str:
        """One line, cut where the terminal ends."""
        return self.text(_cut(text, self.width), style)

    def block(self, text: str, style: str = "", indent: str = "") -> Iterator[str]:
        """As many lines as it takes."""
        for line in textwrap.wrap(
            text, self.width, initial_indent=indent, subsequent_indent=indent
        ):
            yield self.text(_cut(line, self.width), style)

    def code(self, head: str, text: str, run: tuple[int, int] | None) -> str:
        """A line of source after its number; the columns of `run` are underlined."""
        room = self.width - len(head)
        text = _cut(text, max(room, 1))
        if run is None:
            return self.text(head + text, _FAINT)
        before, marked, after = text[: run[0]], text[run[0] : run[1]], text[run[1] :]
        return f"{self.text(head, _BOLD)}{before}{self.text(marked, _MARKED)}{after}"


def _cut(text: str, room: int) -> str:
    """As much as fits into so many columns; characters of Chinese and the like take two."""
    used = 0
    for place, character in enumerate(text):
        if not unicodedata.combining(character):
            used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > room:
            return text[:place]
    return text
