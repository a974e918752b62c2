"""The harness of the benchmarks, on a toy workload with peers of its own."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CalledProcessError

import numpy as np
import pytest

from benchmarks import environments, report
from benchmarks.client import Client, WorkerError
from benchmarks.environments import interpreter, variables
from benchmarks.harness import QUICK, SLOW, Effort, measure
from benchmarks.limits import Case
from benchmarks.memory import FORGET, peak
from benchmarks.peers import PEERS, Peer
from benchmarks.results import Outcome, Result
from benchmarks.run import chosen, main
from benchmarks.workload import Workload, files, load

TOY = Path(__file__).with_name("toy.py")
EFFORT = Effort(sample=0.001, case=0.1, fewest=3, most=4)
PUBLIC = set(PEERS)
NAMES = ("quick", "slow", "wrong", "missing", "dying")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    known = dict(PEERS)
    load(TOY)
    folder = tmp_path_factory.mktemp("bench")
    peers = [PEERS[name] for name in NAMES]
    yield measure(TOY, peers, folder, EFFORT, lambda text: None)
    PEERS.clear()
    PEERS.update(known)


def test_times_are_taken_in_turns_and_divided_by_the_number_of_operations(
    outcome: Outcome,
) -> None:
    result = outcome.results[0]
    assert set(result.samples) == {"quick", "slow"}
    assert 3 <= len(result.samples["quick"]) == len(result.samples["slow"]) <= 4
    low, middle, high = result.quartiles("quick")
    assert 0 < low <= middle <= high < 0.01
    assert outcome.versions == {"quick": "1.0", "slow": "2.0", "wrong": "3.0", "dying": "4.0"}


def test_a_run_that_measures_itself_is_asked_as_often_as_it_says(outcome: Outcome) -> None:
    assert outcome.results[1].samples == {"quick": [16000.0, 16000.0]}


def test_failures_are_told_by_peer_and_case(outcome: Outcome) -> None:
    assert outcome.problems == {"missing": "ImportError: no module of that name"}
    first, second = (result.problems for result in outcome.results)
    assert first["wrong"] == "other values: value 0 is 998.828, the reference has 997.828"
    assert first["dying"] == "ended with status 7; see toy-dying.txt"
    assert second["wrong"].startswith("ZeroDivisionError")


def test_figures_come_of_medians_and_say_what_is_missing(outcome: Outcome) -> None:
    (memory, _), (ratio, value), (absent, nothing) = outcome.figures()
    assert memory.name == "sum, compiled, peak memory over NumPy by hand"
    assert ratio.name == "slow over quick"
    assert value is not None
    assert value > 1
    assert (absent.name, nothing) == ("never measured", None)


def test_the_report_has_tables_verdicts_and_complaints(outcome: Outcome, tmp_path: Path) -> None:
    text = report.write([outcome], report.setting("python -m benchmarks toy"), tmp_path)
    assert "| toy | 1 | never measured | – | 1 | **not measured** |" in text
    assert "**missed** |" in text
    assert "| sum | 1 thread | × | first call | peak memory |" in text
    assert "| Quick | 16000 bytes (16000 bytes – 16000 bytes) | 1.00 |" in text
    assert "| Wrong | **failed** |" in text
    assert "| Missing | absent |" in text
    assert "- Wrong, sum: other values: value 0 is" in text
    assert "- Missing is absent: ImportError: no module of that name" in text
    assert (tmp_path / "results.md").read_text(encoding="utf-8") == text
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert found["setting"]["command"] == "python -m benchmarks toy"
    assert found["workloads"][0]["cases"][1]["peers"]["quick"]["median"] == 16000


def test_ratios_to_the_reference_stand_beside_the_times() -> None:
    work = load(files()["conv2d"])
    result = Result(work.cases[1], {"glassgrad": [3.0, 2.0, 4.0], "torch": [2.0]})
    outcome = Outcome(work, results=[result])
    assert [value for _, value in outcome.figures()] == [1.5]
    text = report.markdown([outcome], report.setting(""))
    assert "| conv2d | 1 | forward and backward | 1.5× | 1.6× | reached |" in text
    assert "| glassgrad | 3 s (2.5 s – 3.5 s) | 1.50 |" in text
    assert "| PyTorch eager | 2 s | 1.00 |" in text


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (1.234, "s", "1.23 s"),
        (0.0305, "s", "30.5 ms"),
        (2.5e-6, "s", "2.5 µs"),
        (3.1e-10, "s", "0.31 ns"),
        (0.4567, "×", "0.457×"),
        (599.4, "bytes", "599 bytes"),
        (1.04, "", "1.04"),
    ],
)
def test_amounts_have_three_digits(value: float, unit: str, shown: str) -> None:
    assert report.amount(value, unit) == shown


def test_every_workload_has_a_question_cases_and_peers_that_exist() -> None:
    for name, path in files().items():
        work = load(path)
        assert work.name == name
        assert work.question.endswith(".")
        assert work.cases
        assert {"glassgrad"} <= work.makers.keys() <= PEERS.keys()
        assert work.lacking.keys() <= PEERS.keys() - work.makers.keys()


@pytest.mark.parametrize(
    "name", ["mlp", "lenet", "char_lstm", "min_char_rnn", "moons", "hessian", "hvp"]
)
def test_every_peer_takes_part_in_a_headline_or_it_is_said_why_not(name: str) -> None:
    work = load(files()[name])
    assert work.makers.keys() | work.lacking.keys() | {"primitives"} == PUBLIC


def test_who_does_not_take_part_is_named_with_the_reason() -> None:
    text = report.markdown([Outcome(load(files()["hvp"]))], report.setting(""))
    assert "- MyGrad does not take part: it has first derivatives only" in text


def test_this_library_runs_as_a_peer(tmp_path: Path) -> None:
    with Client(PEERS["glassgrad"], files()["small_op"], tmp_path) as client:
        case = "mul, chain, forward and backward"
        assert client.greet()
        assert client.ask("prepare", case=case, values=str(tmp_path / "v.npz"))["absent"] is False
        assert client.ask("time", number=1)["value"] > 0
        with pytest.raises(WorkerError, match="ValueError"):
            client.ask("prepare", case="no such case", values="")


def test_a_worker_gets_one_thread_and_no_foreign_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    assert variables(threads=2)["OPENBLAS_NUM_THREADS"] == "2"
    found = variables()
    assert found["OMP_NUM_THREADS"] == found["OPENBLAS_NUM_THREADS"] == "1"
    assert "PYTHONPATH" not in found


def test_each_library_chooses_its_own_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("MKL_ENABLE_INSTRUCTIONS", "AVX2")
    assert not {"OPENBLAS_CORETYPE", "MKL_ENABLE_INSTRUCTIONS"} & set(variables())


def test_a_peer_with_packages_has_an_environment_of_its_own(tmp_path: Path) -> None:
    alone = Peer("alone", "Alone", str, packages=("some-package==1.0",))
    mark = tmp_path / "alone" / "packages.txt"
    mark.parent.mkdir()
    mark.write_text("some-package==1.0")
    assert Path(interpreter(alone, tmp_path)).is_relative_to(tmp_path / "alone")


def test_a_quick_run_has_no_time_for_what_takes_minutes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert chosen(quick=False) == list(files())
    assert set(files()) - set(chosen(quick=True)) == {"chain", "first_call", "moons"}
    assert "unless named: chain, first_call, moons" in capsys.readouterr().err


def test_the_command_knows_its_workloads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert "conv2d" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["no_such_workload"])
    assert "no workload 'no_such_workload'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--peers", "torch,nobody", "hessian"])
    assert "no peer 'nobody'" in capsys.readouterr().err


def test_a_case_is_timed_unless_it_measures_itself() -> None:
    assert Case("time").timed
    assert not Case("memory", unit="bytes").timed
    assert not Case("import", measures=True).timed


def test_bounds_are_wider_on_two_threads_where_they_are_ratios_of_times() -> None:
    case = Case("step", at_most=1.0, compiled=0.5, seconds=0.3, first_call=2.0, memory=1.2)
    bounds = [(figure.bound(1), figure.bound(2)) for figure in case.figures("torch")]
    assert bounds == [(1.0, 1.3), (0.5, 0.65), (0.3, 0.3), (2.0, 2.0), (1.2, 1.2)]


def test_first_call_memory_and_seconds_have_figures() -> None:
    work = Workload("w", "Why?", (Case("step", seconds=0.3, first_call=2.0, memory=1.2),), dict)
    result = Result(
        work.cases[0],
        samples={"glassgrad": [0.25], "compiled": [0.1]},
        first_calls={"compiled": 3.0},
        memory={"compiled": 110.0, "numpy": 100.0},
    )
    found = Outcome(work, results=[result]).figures()
    assert [(figure.name, value) for figure, value in found] == [
        ("step", 0.25),
        ("step, compiled, first call", 3.0),
        ("step, compiled, peak memory over NumPy by hand", 1.1),
    ]
    assert len(Outcome(work, threads=2, results=[result]).figures()) == 2


def test_peers_are_timed_memory_is_weighed_and_the_first_call_is_taken_apart(
    outcome: Outcome,
) -> None:
    first, second = outcome.results
    assert first.first_calls.keys() == first.memory.keys() == {"quick", "slow"}
    assert first.first_calls["slow"] > 0
    assert not second.first_calls


@pytest.mark.skipif(not FORGET.exists(), reason="only Linux tells")
def test_peak_memory_is_what_a_run_holds_beside_what_was_made_ready() -> None:
    def make() -> Callable[[], object]:
        kept = np.ones(4_000_000)  # 32 MB
        return lambda: kept + 1  # and 32 MB more

    assert 60e6 < peak(make) < 80e6


def test_who_keeps_everybody_waiting_is_left_out(tmp_path: Path) -> None:
    with Client(PEERS["glassgrad"], TOY, tmp_path, patience=0.01) as client:
        with pytest.raises(WorkerError, match="not ready within"):
            client.greet()
        with pytest.raises(WorkerError, match="not ready within"):
            client.ask("measure")


def test_a_quick_run_leaves_out_who_compiles_for_long(tmp_path: Path) -> None:
    slow = dataclasses.replace(PEERS["numpy"], slow=True)
    work = files()["hessian"]
    outcome = measure(work, [slow], tmp_path, QUICK, lambda text: None)
    assert outcome.problems == {"numpy": SLOW}
    assert not outcome.results[0].samples


def test_who_cannot_be_installed_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*command: object, **options: object) -> None:
        raise CalledProcessError(1, "pip")

    monkeypatch.setattr(environments.subprocess, "run", refuse)
    monkeypatch.setattr(environments.venv, "create", lambda *given, **options: None)
    nobody = dataclasses.replace(PEERS["numpy"], packages=("no-such-package==1",))
    outcome = measure(files()["hessian"], [nobody], tmp_path, EFFORT, lambda text: None)
    assert outcome.problems == {"numpy": "no-such-package==1 cannot be installed"}
    text = report.markdown([outcome], report.setting(""))
    assert "| NumPy by hand | absent |" in text
    assert "- NumPy by hand is absent: no-such-package==1 cannot be installed" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--threads", "0"], "'0'; it is measured with 1, 2 or 1,2"),
        (["--threads", "many"], "'many'; it is measured with 1, 2 or 1,2"),
        (["--threads", ""], "''; it is measured with 1, 2 or 1,2"),
        (["--seconds", "0"], "'0'; give a number of seconds above 0"),
        (["--seconds", "-1"], "'-1'; give a number of seconds above 0"),
        (["--seconds", "nan"], "'nan'; give a number of seconds above 0"),
        (["--seconds", "soon"], "'soon'; give a number of seconds above 0"),
        (["--peers", "nobody"], "no peer 'nobody'; there are compiled, "),
        (["nothing"], "no workload 'nothing'; there are "),
        (["--out", __file__, "hessian"], "no results can be written there"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert said in capsys.readouterr().err


def test_what_was_measured_until_ctrl_c_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work = load(files()["hessian"])
    done: list[int] = []

    def measured(file: Path, peers: list[Peer], *others: object) -> Outcome:
        if done:
            raise KeyboardInterrupt
        done.append(1)
        return Outcome(work, 1, results=[Result(work.cases[0], {"numpy": [1.0, 3.0]})])

    monkeypatch.setattr("benchmarks.run.measure", measured)
    assert main(["hessian", "mlp", "--threads", "1", "--out", str(tmp_path)]) == 130
    said = capsys.readouterr()
    assert f"ended early; 1 measured, in {tmp_path}" in said.err
    assert "## hessian" in said.out
    kept = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [found["name"] for found in kept["workloads"]] == ["hessian"]


def test_ctrl_c_while_a_worker_is_awaited_leaves_no_clock_behind(tmp_path: Path) -> None:
    class Ended:
        def readline(self) -> str:
            raise KeyboardInterrupt

        def close(self) -> None:
            pass

    before = threading.active_count()
    with Client(PEERS["numpy"], TOY, tmp_path) as client:
        process = client._process
        answers, process.stdout = process.stdout, Ended()  # type: ignore[assignment]
        with pytest.raises(KeyboardInterrupt):
            client.greet()
        process.stdout = answers
    assert threading.active_count() == before
