"""``glassgrad step … --text`` in a terminal of its own: keys, and what is left behind."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

import autograd as ag
from autograd.stepper import keyboard as keys
from autograd.stepper.step import Question
from autograd.stepper.terminal import Walker

pty = pytest.importorskip("pty", reason="terminals of this kind are POSIX only")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

ROOT = Path(ag.__file__).resolve().parent.parent
CIRCUIT = [sys.executable, "-m", "autograd", "step", "(x+y)*z", "x=-2", "y=5", "z=-4", "--text"]
RIGHT, LEFT, HOME, END = "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F"
OWN_SCREEN, BACK = "\x1b[?1049h", "\x1b[?1049l"


class Window:
    """A program in a pseudo terminal: what it shows, what it is sent, how it leaves."""

    def __init__(self, command, size=(24, 90), **environment):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        known = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            cwd=ROOT,
            env={**known, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.shown = ""

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text):
        os.write(self.master, text.encode())

    def read(self, seconds):
        if select.select([self.master], [], [], seconds)[0]:
            self.shown += os.read(self.master, 65536).decode(errors="replace")
            return True
        return False

    def wait_for(self, text, seconds=20):
        """Read until a text is shown; it and what is before it is then forgotten."""
        end = time.monotonic() + seconds
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} never came; last: {self.shown[-600:]!r}"
            self.read(0.1)
        seen, _, self.shown = self.shown.partition(text)
        return seen

    def ended(self, seconds=20):
        """The exit status, once all that was written has been read."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "it still runs"
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode

    def is_as_before(self):
        return termios.tcgetattr(self.slave) == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for end in (self.master, self.slave):
            os.close(end)


@pytest.fixture
def window():
    made = []

    def open_window(command=CIRCUIT, **options):
        made.append(Window(command, **options))
        return made[-1]

    yield open_window
    for one in made:
        one.close()


def step_of(one, number):
    one.wait_for(f"step {number} of 8")


# --- keys ---------------------------------------------------------------------------------


def test_the_keys_go_through_the_steps(window):
    one = window()
    step_of(one, 1)
    assert not one.is_as_before(), "single keys, without echo"
    for key, number in [
        (RIGHT, 2),
        (" ", 3),
        ("\x1bOC", 4),
        (LEFT, 3),
        (END, 8),
        (HOME, 1),
        ("b", 4),
        ("\x1b[4~", 8),
        ("\x1b[1~", 1),
    ]:
        one.send(key)
        step_of(one, number)
    one.send("\x1b[1;5C\x1b[15~?")  # keys that mean nothing here
    one.send("q")
    assert one.ended() == 0
    assert one.is_as_before()
    assert one.shown.endswith(BACK)


def test_a_step_shows_code_equation_ledger_and_sentence(window):
    one = window()
    one.wait_for(OWN_SCREEN)
    one.send("b" + RIGHT)
    step_of(one, 5)
    seen = one.wait_for("q quit")
    assert "38;5;" in seen
    screen = re.sub(r"\x1b\[[0-9;]*m", "", seen)
    for text in (
        "Gradient of x + y, through ×",
        "> 1  (x+y)*z",
        "∂f/∂(x + y) += z × ∂f/∂f = -4.0 × 1.0 = -4.0",
        "before 0 | this path -4.0 | now -4.0",
        "When x + y moves a little, f moves -4.0 times as much.",
    ):
        assert text in screen
    assert "━" in screen
    assert "╍" in screen


def test_predicting_in_the_terminal(window):
    one = window()
    step_of(one, 1)
    one.send("pb" + RIGHT)
    one.wait_for("What is ∂f/∂(x + y) now?")
    assert "this path" not in one.wait_for("q quit")
    one.send("4\r")
    one.wait_for("the sign is wrong")
    one.send("\x7f-4\r")
    one.wait_for("now -4.0")
    one.send("q")
    assert one.ended() == 0


def test_no_colours_where_none_are_wanted(window):
    one = window(NO_COLOR="1")
    assert "38;5;" not in one.wait_for("q quit")
    one.send("q")
    assert one.ended() == 0


def test_a_new_size_of_the_window_is_followed(window):
    one = window(size=(24, 90))
    one.wait_for("q quit")
    one.resize(6, 30)
    one.wait_for("a taller window")
    one.resize(40, 100)
    one.wait_for("The inputs")
    one.send("q")
    assert one.ended() == 0


# --- the terminal afterwards --------------------------------------------------------------


def test_ctrl_c_restores_the_terminal(window):
    one = window()
    one.wait_for("q quit")
    one.send("\x03")
    assert one.ended() == 130
    assert one.is_as_before()
    assert "\x1b[?25h" in one.shown
    assert BACK in one.shown
    assert "Traceback" not in one.shown


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_being_told_to_end_restores_the_terminal(window, name):
    one = window()
    one.wait_for("q quit")
    one.process.send_signal(getattr(signal, name))
    assert one.ended() == 128 + getattr(signal, name)
    assert one.is_as_before()
    assert BACK in one.shown


def test_an_error_restores_the_terminal(window):
    code = (
        "import autograd as ag\n"
        "from autograd.stepper import terminal\n"
        "x = ag.tensor(2.0, requires_grad=True, name='x')\n"
        "stepper = (x * x).step_through()\n"
        "press = terminal.Walker.press\n"
        "def broken(self, key):\n"
        "    if key == 'x': raise RuntimeError('on purpose')\n"
        "    press(self, key)\n"
        "terminal.Walker.press = broken\n"
        "terminal.walk(stepper)\n"
    )
    one = window([sys.executable, "-c", code])
    one.wait_for("q quit")
    one.send("x")
    assert one.ended() == 1
    assert one.is_as_before()
    assert one.shown.index(BACK) < one.shown.index("RuntimeError: on purpose")


def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(window):
    one = window()
    one.wait_for("q quit")
    one.send("\x1a")
    one.wait_for(BACK)
    end = time.monotonic() + 10
    while Path(f"/proc/{one.process.pid}").exists() and _state(one.process.pid) != "T":
        assert time.monotonic() < end, "it was never stopped"
        time.sleep(0.02)
    assert one.is_as_before()
    one.process.send_signal(signal.SIGCONT)
    one.wait_for(OWN_SCREEN)
    step_of(one, 1)
    one.send("q")
    assert one.ended() == 0
    assert one.is_as_before()


def _state(process):
    """The state of a process, where the system tells it in /proc."""
    if not Path("/proc/self/stat").exists():
        pytest.skip("this system does not tell the state of a process in /proc")
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


# --- where there is no such terminal ------------------------------------------------------


@pytest.mark.parametrize(
    "environment", [{"TERM": "dumb"}, {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}]
)
def test_a_terminal_that_cannot_do_it_gets_the_listing(window, environment):
    one = window(**environment)
    assert one.ended() == 0
    assert OWN_SCREEN not in one.shown
    assert "8. Gradient of y, through +" in one.shown


def test_a_pipe_gets_the_listing(window):
    done = subprocess.run(CIRCUIT, capture_output=True, cwd=ROOT, encoding="utf-8", check=True)
    assert done.stdout.startswith("1. The inputs")
    assert "\x1b" not in done.stdout
    one = window(
        ["/bin/sh", "-c", f'"{sys.executable}" -m autograd step x*x x=2 --text < /dev/null']
    )
    assert one.ended() == 0
    assert OWN_SCREEN not in one.shown


# --- without a terminal -------------------------------------------------------------------


@pytest.fixture
def walker():
    x = ag.tensor(3.0, requires_grad=True, name="x")
    y = ag.tensor(-4.0, requires_grad=True, name="文字")
    stepper = (x * x * y).step_through()
    return Walker(stepper.steps, stepper.trace.files)


def wide(line):
    import unicodedata

    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in plain)


@pytest.mark.parametrize("width", [9, 20, 40, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 6, 12, 24, 60])
def test_the_screen_is_never_larger_than_the_window(walker, width, height):
    for predict in (False, True):
        walker.predict = predict
        for place in range(len(walker.steps)):
            walker.at = place
            lines = walker.screen(width, height)
            assert len(lines) == height
            assert max(map(wide, lines)) < width
            assert "\n" not in "".join(lines)


def test_every_escape_in_the_screen_is_ours(tmp_path):
    awful = "x = '\x1b[2J\x07' * 2"
    x = ag.tensor(3.0, requires_grad=True, name="a\x1b[2Jb")
    stepper = (x * x).step_through()
    walker = Walker(stepper.steps, {name: [awful] * 500 for name in stepper.trace.files})
    for place in range(len(walker.steps)):
        walker.at = place
        screen = "\n".join(walker.screen(80, 30))
        assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", screen)
        assert "\x07" not in screen


def test_answers(walker):
    walker.press("p")
    walker.press("b")
    walker.press("right")
    asked = walker.step.question
    assert isinstance(asked, Question)
    for typed, said in (("e", "Type a number"), ("7", "No. Local")):
        for key in (*typed, "enter"):
            walker.press(key)
        assert said in "\n".join(walker.screen(100, 30))
        for _ in typed:
            walker.press("delete")
    assert "this path" not in "\n".join(walker.screen(100, 30))
    walker.press("enter")
    assert "this path" in "\n".join(walker.screen(100, 30)), "Enter alone shows it"
    walker.press("p")
    assert not walker.predict


def test_keys_of_a_windows_console(monkeypatch):
    typed = iter(["\xe0", "M", "\xe0", "K", "\0", "G", "\xe0", "O", "\xe0", "!", "B", "\r", "\x03"])

    class Console:
        getwch = staticmethod(lambda: next(typed))

    monkeypatch.setattr(keys, "msvcrt", Console)
    got = keys.Keyboard(sys.__stdin__, sys.__stdout__).keys()
    assert [next(got) for _ in range(7)] == ["right", "left", "home", "end", "?", "b", "enter"]
    with pytest.raises(KeyboardInterrupt):
        next(got)
