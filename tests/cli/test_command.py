"""The commands: what they print and write, and with which exit code they end."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd as ag
from autograd.cli import main as command
from autograd.cli.main import main

CIRCUIT = ["(x+y)*z", "x=-2", "y=5", "z=-4"]
ROOT = Path(ag.__file__).resolve().parent.parent


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "autograd", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=60,
        check=False,
        **options,
    )


# --- what is printed and written --------------------------------------------------------


def test_draw_prints_the_graph(capsys):
    assert main(["draw", *CIRCUIT]) == 0
    out = capsys.readouterr().out
    assert "-12" in out
    assert all(name in out for name in ("x", "y", "z", "f"))


def test_draw_writes_a_picture(tmp_path, capsys):
    path = tmp_path / "f.svg"
    assert main(["draw", *CIRCUIT, "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith("<svg")
    assert capsys.readouterr().out.splitlines() == [
        "f = (x+y)*z = -12",
        "∂f/∂x = -4",
        "∂f/∂y = -4",
        "∂f/∂z = 3",
        f"Wrote {path}",
    ]


def test_step_prints_the_steps(capsys):
    assert main(["step", *CIRCUIT, "--text"]) == 0
    out = capsys.readouterr().out
    assert "∂f/∂z" in out
    assert "expression, line 1:  (x+y)*z" in out


def test_step_writes_a_page(tmp_path):
    path = tmp_path / "f.html"
    assert main(["step", *CIRCUIT, "-o", str(path)]) == 0
    page = path.read_text(encoding="utf-8")
    assert "<html" in page
    assert page.index("(x+y)*z") > 0


@pytest.mark.parametrize(
    ("name", "kind"), [("draw", kind) for kind in ("svg", "html", "dot")] + [("step", "html")]
)
def test_two_processes_write_the_same_bytes(name, kind, tmp_path):
    one, two = tmp_path / f"one.{kind}", tmp_path / f"two.{kind}"
    assert main([name, *CIRCUIT, "-o", str(one)]) == 0
    done = run(name, *CIRCUIT, "-o", str(two), env={**os.environ, "PYTHONHASHSEED": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["-x*y", "x=1e3", "y=2"], "f = -x*y = -2000"),
        (["x+1", "x=nan"], "f = x+1 = nan"),
        (["-x", "x=-2"], "f = -x = 2"),
        (["--", "--x", "x=3"], "f = --x = 3"),
        (["x*w", "x=[1,2,3]", "w=-1"], "f = x*w = [-1.0, -2.0, -3.0]"),
        (["x > 1", "x=2"], "f = x > 1 = True"),
        (["2*3"], "f = 2*3 = 6"),
        (["x", "x=2"], "f = x = 2"),
    ],
)
def test_expressions_on_the_command_line(arguments, first, tmp_path, capsys):
    path = tmp_path / "f.svg"
    assert main(["draw", "-o", str(path), *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[0] == first
    assert path.exists()


def test_an_input_that_no_gradient_reaches(tmp_path, capsys):
    assert main(["draw", "where(x > 0, y, 1)", "x=1", "y=2", "-o", str(tmp_path / "f.svg")]) == 0
    assert "∂f/∂x = none, for no gradient reaches it" in capsys.readouterr().out


def test_hostile_text_is_only_text(tmp_path):
    path = tmp_path / "f.html"
    assert main(["step", "a < b", "a=1", "b=2", "-o", str(path)]) == 0
    assert "a < b" not in path.read_text(encoding="utf-8").replace("a &lt; b", "")


# --- help -------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["draw", "-h"], ["step", "--help"]])
def test_help_has_examples(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert 'glassgrad draw "(x+y)*z" x=-2 y=5 z=-4' in out
    assert all(len(line) <= 100 for line in out.splitlines())


def test_help_of_an_expression_lists_the_functions(capsys):
    with pytest.raises(SystemExit):
        main(["draw", "--help"])
    out = capsys.readouterr().out
    assert all(operation.name in out for operation in ag.operations())


def test_no_command_prints_the_help(capsys):
    assert main([]) == 0
    assert "examples:" in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"glassgrad {ag.__version__}\n"


# --- exit codes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["draw", "x +* y", "x=1", "y=1"], 2, "column 4"),
        (["draw", "(x+y)*z", "x=1"], 2, "no value for y, z"),
        (["draw", "x", "x=1", "q=1"], 2, "q is not in the expression"),
        (["draw", "x", "x=abc"], 2, "column 3: 'abc' is not a number"),
        (["draw", "tahn(x)", "x=1"], 2, "did you mean"),
        (["step", "tanh(x, x)", "x=1", "--text"], 2, "column 9: tanh"),
        (["draw", "x + y", "x=[1,2]", "y=[1,2,3]"], 1, "do not broadcast"),
        (["draw", "broadcast_to(x, (1000, 1000))", "x=1"], 1, "4096 elements"),
        (["draw", "x*x", "x=1", "-o", "nowhere/at/all/f.svg"], 1, "nowhere"),
        (["step", "x*x", "x=1", "-o", "nowhere/at/all/f.html"], 1, "nowhere"),
        (["draw", "x*x", "x=1", "-o", "f.xyz"], 1, ".xyz"),
        (["step", "x*x", "x=1", "-o", "f.xyz"], 1, ".xyz"),
    ],
)
def test_errors_are_one_clear_message(arguments, code, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    printed = capsys.readouterr()
    assert printed.err.startswith("glassgrad: error: ")
    assert words in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments", [["draw"], ["paint", "x"], ["step", "x", "x=1"], ["draw", "x", "--txet"]]
)
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: glassgrad" in capsys.readouterr().err


def test_a_folder_where_a_file_should_be(tmp_path, capsys):
    folder = tmp_path / "f.svg"
    folder.mkdir()
    assert main(["draw", "x*x", "x=1", "-o", str(folder)]) == 1
    assert "f.svg" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["f.svg"]


def test_interrupted(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "evaluate", interrupt)
    assert main(["draw", "x", "x=1"]) == 130
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_exit_codes_of_the_process():
    assert run("draw", *CIRCUIT).returncode == 0
    assert run("draw", "x + y", "x=[1,2]", "y=[1,2,3]").returncode == 1
    failed = run("draw", "x.y", "x=1")
    assert failed.returncode == 2
    assert failed.stderr.splitlines() == [
        "glassgrad: error: column 1: a dot after a name is not possible; write tanh(x) instead "
        "of x.tanh().",
        "    x.y",
        "    ^^^",
    ]


def test_a_terminal_without_our_signs(tmp_path):
    done = run(
        "draw",
        "x*x",
        "x=1",
        "-o",
        str(tmp_path / "f.svg"),
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0
    assert "\\u2202f/\\u2202x = 2" in done.stdout


def test_a_reader_that_has_enough_is_no_error():
    arguments = [sys.executable, "-m", "autograd", "draw", *CIRCUIT]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


def test_the_command_is_installed_as_glassgrad():
    script = Path(sys.executable).with_name("glassgrad")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("glassgrad ")


@pytest.mark.parametrize("form", [["step", "--text"], ["draw"], ["draw", "-o"], ["step", "-o"]])
def test_it_says_why_there_is_no_gradient(form, tmp_path, capsys):
    ending = "svg" if form[0] == "draw" else "html"
    output = [str(tmp_path / f"f.{ending}")] if form[-1] == "-o" else []
    assert main([form[0], "x*2", "x=[1,2]", *form[1:], *output]) == 0
    assert "starts from a single number: reduce it first" in capsys.readouterr().out


def test_a_stepper_is_no_picture_in_the_words_of_the_command_line(tmp_path, capsys):
    assert main(["step", *CIRCUIT, "-o", str(tmp_path / "f.svg")]) == 1
    assert capsys.readouterr().err.endswith("for a picture, use glassgrad draw.\n")


def test_the_output_may_go_to_a_text_that_is_no_terminal():
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        assert main(["draw", *CIRCUIT]) == 0
    assert "f: f64[]" in written.getvalue()
