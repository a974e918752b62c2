"""The same program writes the same bytes, whatever Python's hashes are and whatever ran before."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
import hashlib

import numpy as np

import autograd as ag
import nn


def circuit():
    given = {"x": -2.0, "y": 5.0, "z": -4.0}
    x, y, z = (ag.tensor(v, requires_grad=True, name=n) for n, v in given.items())
    q = x + y
    f = q * z
    return f


def net():
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 3, rng=1), nn.Tanh())
    out = model(ag.tensor([[0.5, -1.0]], name="x"))
    a, b, c = out.unbind(dim=1)
    loss = (ag.cat([a * b, b * c, out[0]]) ** 2).sum()
    return loss


def unrolled():
    layer = nn.RNN(2, 3, num_layers=2, bidirectional=True, rng=0)
    outputs, state = layer(ag.tensor(np.ones((4, 2)), name="x"))
    return outputs.sum() + state.sum()


def forms(f):
    picture, stepper = f.graph(gradients=True), f.step_through()
    yield "svg", picture.to_svg()
    yield "text", picture.to_text()
    yield "dot", picture.to_dot().source
    yield "json", picture.to_json()
    yield "closed", f.graph(gradients="only", depth=1).to_svg("dark")
    yield "steps", str(stepper)
    yield "page", stepper.html()
    yield "cell", stepper._repr_html_()


for again in range(2):
    for make in (circuit, net, unrolled):
        for form, text in forms(make()):
            digest = hashlib.sha256(text.encode()).hexdigest()
            print(again, make.__name__, form, digest, sep="\\t")
"""


def digests(folder, seed):
    """For each run and form what the program wrote, the first and the second time."""
    done = subprocess.run(
        [sys.executable, "-W", "error", str(folder / "program.py")],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": ""},
    )
    assert not done.returncode, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    halves = ({(*key,): digest for n, *key, digest in rows if n == again} for again in "01")
    return tuple(halves)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("program")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    return [digests(folder, seed) for seed in ("1", "4711")]


def test_hashes_change_nothing(written):
    (first, _), *others = written
    assert len(first) == 24
    assert len(set(first.values())) == 24, "each form of each run is another"
    for other, _ in others:
        assert other == first


def test_what_ran_before_changes_nothing(written):
    for first, second in written:
        assert first == second
