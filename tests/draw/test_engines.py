"""Layout engines that sleep, crash, print garbage or are not there."""

import json
import os
import sys
import time
from pathlib import Path

import pytest

import autograd as ag
from autograd.draw import engines
from autograd.draw.layout import lay_out

pytestmark = pytest.mark.skipif(os.name == "nt", reason="stub programs are shell scripts")


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Puts a program named `dot` first on the path."""

    def make(script):
        program = tmp_path / "dot"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return tmp_path

    return make


@pytest.fixture
def alone(monkeypatch):
    """No pygraphviz: the stub is the only engine."""
    monkeypatch.setattr(engines, "_pygraphviz", lambda: None)


def test_the_system_comes_first(stub):
    stub("exit 1")
    assert [engine.name.split()[0] for engine in engines.engines()] == ["Graphviz", "pygraphviz"]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exec sleep 60", "did not finish within 0.5 seconds"),
        ("sleep 60 & sleep 60", "did not finish within 0.5 seconds"),
        ("trap '' TERM INT HUP; while true; do :; done", "did not finish within 0.5 seconds"),
        ("echo oh dear >&2; exit 3", "ended with code 3. oh dear"),
        ("kill -SEGV $$", "ended with code -11"),
        ("echo garbage", "printed something else than a layout"),
        ("echo '{}'", "printed something else than a layout"),
        ("echo '[[1]]'", "printed something else than a layout"),
        ("printf '\\377\\376'", "printed something else than a layout"),
        ("true", "printed something else than a layout"),
        ("head -c 100000 /dev/zero | tr '\\0' '['", "printed something else than a layout"),
    ],
)
def test_a_bad_engine_gives_a_clear_error(circuit, stub, alone, script, words):
    stub(script)
    started = time.monotonic()
    with pytest.raises(ag.LayoutError) as caught:
        lay_out(circuit.graph().view, budget=0.5 if "0.5" in words else 10)
    assert words in str(caught.value)
    assert "to_text()" in str(caught.value)
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("script", ["exec sleep 60", "exit 3", "echo garbage"])
def test_after_a_bad_engine_comes_the_next(circuit, stub, script, monkeypatch):
    stub(script)
    monkeypatch.setattr(engines, "BUDGET", 2.0)
    picture = circuit.graph()
    assert picture.layout.engine.startswith("pygraphviz")
    assert "Laid out by pygraphviz" in picture.to_svg()


def test_everything_that_an_engine_started_is_ended(circuit, stub, alone):
    folder = stub('sleep 61.5 & echo $! > "${0%dot}child"; sleep 61.5')
    with pytest.raises(ag.LayoutError):
        lay_out(circuit.graph().view, budget=0.7)
    child = int((folder / "child").read_text())
    for _ in range(50):
        if not _runs(child):
            return
        time.sleep(0.1)
    pytest.fail("the engine's own child still runs")


def _runs(process):
    """Whether a process is alive and more than an entry that nobody has collected yet."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited on Linux")
def test_an_engine_that_eats_memory_is_stopped(circuit, stub, alone):
    eater = "import sys; x = bytearray(3 << 30); print(len(x))"
    stub(f"exec {sys.executable} -c '{eater}'")
    with pytest.raises(ag.LayoutError, match="MemoryError"):
        circuit.graph().to_svg()


def test_a_program_that_cannot_be_started(circuit, stub, alone):
    (stub("") / "dot").write_text("#!/no/such/interpreter\n")
    with pytest.raises(ag.LayoutError, match="Graphviz ended with code"):
        circuit.graph().to_svg()


def test_the_version_of_the_engine_is_read_from_what_it_says(circuit, stub, alone):
    stub("echo 'dot - graphviz version 12.3.4 (0)' >&2; echo '{}'")
    with pytest.raises(ag.LayoutError, match=r"Graphviz 12\.3\.4 printed something else"):
        circuit.graph().to_svg()


@pytest.mark.parametrize(
    ("found", "accepted"), [("2.0.4", True), ("2.10", True), ("1.14", False), ("2.0.3", False)]
)
def test_only_a_pygraphviz_that_carries_graphviz_counts(monkeypatch, found, accepted):
    monkeypatch.setattr(engines, "version", lambda _: found)
    assert (engines._pygraphviz() == found) is accepted


def test_without_any_engine_the_error_names_both_ways(circuit, alone, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    picture = circuit.graph()
    with pytest.raises(ag.MissingPackageError) as caught:
        picture.to_svg()
    assert "apt install graphviz" in str(caught.value)
    assert 'pip install "pygraphviz>=2.0.4"' in str(caught.value)
    assert "f: f64[] = q · z" in picture.to_text()
    assert "digraph" in picture.to_dot().source
    picture.save(tmp_path / "f.dot")
    picture.save(tmp_path / "f.txt")
    shown = picture._repr_html_()
    assert "apt install graphviz" in shown
    assert "<pre>" in shown
    with pytest.raises(ag.MissingPackageError):
        picture.save(tmp_path / "f.svg")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["f.dot", "f.txt"]


def test_modules_in_the_working_folder_are_not_the_engine(circuit, tmp_path, monkeypatch):
    (tmp_path / "pygraphviz.py").write_text("raise SystemExit('wrong module')")
    (tmp_path / "resource.py").write_text("raise SystemExit('wrong module')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(engines.shutil, "which", lambda _: None)
    assert circuit.graph().layout.engine.startswith("pygraphviz")


def test_many_nodes_are_laid_out_soon():
    x = ag.tensor(1.0, requires_grad=True, name="x")
    for _ in range(70):
        x = x * 0.5 + x
    started = time.monotonic()
    x.graph(depth=None).to_svg()
    assert time.monotonic() - started < 5


def test_an_engine_that_is_gone_by_the_time_it_is_run(tmp_path):
    answer = engines.run(engines.Engine("Gone", (str(tmp_path / "gone"),)), "digraph {}")
    assert answer.output == ""
    assert answer.failure.startswith("could not be started: [Errno 2]")


def test_no_pygraphviz_is_no_engine(monkeypatch):
    def missing(name):
        raise engines.PackageNotFoundError(name)

    monkeypatch.setattr(engines, "version", missing)
    assert not any(engine.name.startswith("pygraphviz") for engine in engines.engines())


def test_arrows_that_are_no_curves_are_no_layout(circuit, stub, alone):
    edges = [{"id": f"edge-{i}", "pos": "e,9,9 1,1 2,2"} for i in range(6)]
    objects = [{"name": str(i), "pos": "1,1"} for i in range(7)]
    stub(f"echo '{json.dumps({'bb': '0,0,9,9', 'objects': objects, 'edges': edges})}'")
    with pytest.raises(ag.LayoutError, match="printed something else than a layout"):
        circuit.graph().to_svg()
