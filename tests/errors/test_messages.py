"""What common mistakes are told: `messages.txt` holds each mistake and the whole message.

The file is read for tone: what was written, why it cannot work, what to write instead. Each
block is code after ``>>>`` and the error that it raises. To add a mistake, write its code; to
accept new messages run ``UPDATE_MESSAGES=1 pytest tests/errors`` and read the difference.
"""

from __future__ import annotations

import copy
import linecache
import os
import pickle
import re
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd as ag

FILE = Path(__file__).parent / "messages.txt"
PROMPT = re.compile(r"^(>>>|\.\.\.) ?", re.MULTILINE)
WIDTH = 96
BUILT_IN = (ValueError, TypeError, RuntimeError, IndexError, AttributeError, AssertionError)


def blocks() -> list[str]:
    """The file in paragraphs: headings, and code with its error."""
    return FILE.read_text(encoding="utf-8").strip().split("\n\n")


def code_of(block: str) -> str:
    lines = [line for line in block.split("\n") if PROMPT.match(line)]
    return "\n".join(PROMPT.sub("", line) for line in lines)


def names() -> dict[str, object]:
    """What the code may use: x (2, 3) and s () require a gradient, n (3,) holds integers."""
    ag.manual_seed(0)
    x = ag.tensor(np.arange(6.0).reshape(2, 3), requires_grad=True, name="x")
    s = ag.tensor(2.0, requires_grad=True, name="s")
    n = ag.tensor([1, 2, 3])
    return {"ag": ag, "np": np, "copy": copy, "pickle": pickle, "x": x, "s": s, "n": n}


def run(code: str) -> Exception:
    """The error that a mistake raises; its lines can be shown, as those of a file can."""
    lines = [line + "\n" for line in code.split("\n")]
    linecache.cache["<you>"] = (len(code), None, lines, "<you>")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        with pytest.raises(ag.GlassError) as caught:
            exec(compile(code, "<you>", "exec"), names())
    return caught.value


def shown(code: str, error: Exception) -> str:
    """A block of the file."""
    written = "\n".join(
        f"{'...' if index else '>>>'} {line}".rstrip()
        for index, line in enumerate(code.split("\n"))
    )
    text = f"{type(error).__name__}: {error}"
    wrap = textwrap.TextWrapper(WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{written}\n{wrap.fill(text)}"


MISTAKES = [code_of(block) for block in blocks() if code_of(block)]


def test_the_file_is_up_to_date():
    made = [shown(code, run(code)) if (code := code_of(block)) else block for block in blocks()]
    if os.environ.get("UPDATE_MESSAGES"):
        FILE.write_text("\n\n".join(made) + "\n", encoding="utf-8")
    assert made == blocks()


def test_there_are_enough_mistakes_and_none_twice():
    assert len(MISTAKES) >= 40
    assert len(set(MISTAKES)) == len(MISTAKES)


@pytest.mark.parametrize("code", MISTAKES)
def test_a_message_teaches(code):
    """Sentences of one paragraph, no memory address, no absolute path, no bare word."""
    error = run(code)
    message = str(error)
    assert message == " ".join(message.split())
    assert message.endswith(".")
    assert len(message) > 30
    assert not re.search(r"0x[0-9a-f]{6}|(?<![\w.])/[a-z]+/", message)
    assert isinstance(error, BUILT_IN)
