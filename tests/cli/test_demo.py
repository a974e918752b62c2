"""The demo in small: what it builds is right, what it writes is there, and twice the same."""

from __future__ import annotations

import html
import re
import statistics

import pytest

import autograd as ag
from autograd.cli import demo
from autograd.cli.demo import circuit, digits, hello, page, progress
from autograd.cli.main import main
from autograd.core import packages


@pytest.fixture
def without(monkeypatch):
    """Make a package look as if it were not installed."""

    def hide(name):
        real = packages.import_module

        def import_module(wanted, *rest):
            if wanted.split(".")[0] == name:
                raise ImportError(wanted)
            return real(wanted, *rest)

        monkeypatch.setattr(packages, "import_module", import_module)

    return hide


def test_the_circuit(tmp_path, capsys):  # A1
    circuit.show_circuit(tmp_path)
    out = capsys.readouterr().out
    assert all(words in out for words in ("f = -12", "∂f/∂x = -4", "∂f/∂y = -4", "∂f/∂z = 3"))
    assert "-12" in (tmp_path / "circuit.svg").read_text(encoding="utf-8")
    assert "q = x + y" in (tmp_path / "circuit.html").read_text(encoding="utf-8")


def test_hello_is_learned(tmp_path, capsys):  # C1
    assert hello.show_hello(tmp_path) == "ello"
    assert 'it says "ello"' in capsys.readouterr().out
    picture = html.unescape((tmp_path / "hello.svg").read_text(encoding="utf-8"))
    for label in ("t = 1", "t = 4", "RNNCell(4→3)", "Linear(3→4)", '"h"', '"l"'):
        assert label in picture, label


def test_the_network_for_hello_is_the_lectures(capsys):  # C1
    model = hello.Speller()
    shapes = {name: p.shape for name, p in model.named_parameters()}
    assert shapes == {"cell.weight_ih": (3, 4), "cell.weight_hh": (3, 3), "output.weight": (4, 3)}
    assert [letter.tolist().index(1.0) for letter in hello.one_hot("hello")] == [0, 1, 2, 2, 3]


def test_the_digits_are_split_by_class():
    (images, labels), (held_out, held_out_labels) = digits.load(0)
    assert (len(images), len(held_out)) == (1198, 599)
    assert len(labels) + len(held_out_labels) == 1797
    assert images.min() == 0
    assert images.max() == 1
    for digit in range(10):
        share = (held_out_labels == digit).sum() / ((labels == digit).sum() or 1)
        assert share == pytest.approx(0.5, abs=0.02)


def test_the_digits_are_learned(capsys):
    outcomes = [digits.outcome(seed) for seed in (0, 1)]
    assert all(outcome.accuracy >= 0.96 for outcome in outcomes)
    assert all(outcome.seconds < 15 for outcome in outcomes)


def test_the_table_ends_with_the_median():
    outcomes = [digits.Outcome(seed, 0.9 + seed / 100, 1.0) for seed in (0, 1, 5)]
    lines = digits.table(outcomes).splitlines()
    assert [line.split()[0] for line in lines] == ["seed", "0", "1", "5", "median"]
    assert lines[-1].split()[1] == f"{statistics.median([0.9, 0.91, 0.95]):.2%}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Everything that the demo leaves, after a short training."""
    path = tmp_path_factory.mktemp("demo")
    circuit.show_circuit(path)
    said = hello.show_hello(path)
    outcomes = digits.show_digits(path, seeds=[0, 1], epochs=1)
    page.write_page(path, said, outcomes)
    return path


def test_what_the_demo_leaves(folder):
    left = {path.name for path in folder.iterdir()}
    assert left == {"circuit.svg", "circuit.html", "hello.svg", "digits.svg", "index.html"}


def test_digits_are_grouped_by_layer(folder):
    picture = html.unescape((folder / "digits.svg").read_text(encoding="utf-8"))
    for label in ("fc1: Linear(64→64)", "relu: ReLU", "fc2: Linear(64→10)", "CrossEntropyLoss"):
        assert label in picture, label
    assert "images" in picture
    assert "not kept" not in picture


def test_the_index_is_one_file_that_asks_for_nothing(folder):
    text = (folder / "index.html").read_text(encoding="utf-8")
    outside = re.sub(r'(srcdoc|src)="[^"]*"', "", text)
    assert re.findall(r'\bsrc="(?!data:)', text) == []
    assert "http" not in outside.replace('http-equiv="Content-Security-Policy"', "")
    for link in re.findall(r'href="([^"#:]+)"', outside):
        assert (folder / link).exists()
    assert text.count("<img alt=") == 3
    assert "“ello”" in text


def test_two_runs_leave_the_same_bytes(folder, tmp_path):
    circuit.show_circuit(tmp_path)
    hello.show_hello(tmp_path)
    digits.draw_training_step(tmp_path / "digits.svg")
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes(), path.name


def test_the_command_runs_every_part(tmp_path, monkeypatch, capsys):
    def short(folder):
        return digits.show_digits(folder, seeds=[0], epochs=1)

    monkeypatch.setattr(demo, "show_digits", short)
    assert main(["demo", "--out", str(tmp_path / "deep" / "demo")]) == 0
    out = capsys.readouterr().out
    for name in ("circuit.svg", "circuit.html", "hello.svg", "digits.svg", "index.html"):
        assert name in out
        assert (tmp_path / "deep" / "demo" / name).stat().st_size > 1000


@pytest.mark.parametrize(
    ("package", "distribution"), [("sklearn", "scikit-learn"), ("tqdm", "tqdm")]
)
def test_a_missing_package_is_named_with_the_way_to_get_it(
    package, distribution, without, tmp_path, capsys
):
    without(package)
    with pytest.raises(ag.MissingPackageError):
        progress.need(package, distribution)
    assert main(["demo", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert distribution in error
    assert 'pip install "glassgrad[demo]"' in error
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file" / "demo")]) == 1
    assert "file" in capsys.readouterr().err
