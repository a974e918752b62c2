"""What becomes of the results: the chart, and the README's table."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks import chart, publish
from benchmarks.peers import PEERS, Peer

SAMPLES = {"lower_quartile": 1.0, "upper_quartile": 3.0, "samples": [1.0, 2.0, 3.0]}


def case(name: str, headline: bool, **medians: float) -> dict[str, Any]:
    peers = {peer: {"median": median, **SAMPLES} for peer, median in medians.items()}
    return {"name": name, "headline": headline, "peers": peers}


RESULTS = {
    "setting": {
        "date": "2026-01-02 03:04 UTC",
        "command": "python -m benchmarks",
        "machine": "a machine",
        "cores": 2,
        "load": 0.1,
        "python": "3.11",
        "numpy": "2.4",
    },
    "versions": {"torch": "2.13", "compiled": "0.1", "jax": "0.10"},
    "workloads": [
        {
            "name": "mlp",
            "threads": 1,
            "cases": [
                case("step", True, torch=2e-3, compiled=1e-3, jax=1.5e-3),
                case("forward", False, torch=1e-3, compiled=1e-3),
            ],
        },
        {"name": "mlp", "threads": 2, "cases": [case("step", True, torch=1e-3, compiled=1e-3)]},
        {"name": "hessian", "threads": 1, "cases": [case("step", True, torch=1e-3, jax=1e-5)]},
        {"name": "alone", "threads": 1, "cases": [case("step", True, compiled=1e-3)]},
    ],
}


def test_rows_are_headlines_on_one_thread_that_pytorch_has_too() -> None:
    assert chart.rows(RESULTS) == [
        ("mlp", 2e-3, {"compiled": 0.5, "jax": 0.75}),
        ("hessian", 1e-3, {"jax": pytest.approx(0.01)}),
    ]


def test_the_chart_is_readable_on_light_and_dark_pages(tmp_path: Path) -> None:
    file = tmp_path / "chart.svg"
    chart.draw(RESULTS, file)
    text = file.read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert "prefers-color-scheme:dark" in text
    assert {"glassgrad compiled", "JAX jit", "mlp"} <= set(re.findall(r">([^<>]+)</text>", text))
    light, dark = chart.LOOKS["jax"][1:]
    assert f"fill: {light}; fill: var(--jax)" in text
    assert f"--jax:{dark}" in text
    assert "#0101" not in text
    chart.draw(RESULTS, tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == text


def test_a_new_peer_is_in_chart_and_table_by_its_one_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PEERS, "newcomer", Peer("newcomer", "A newcomer", lambda threads: "1"))
    work = {"name": "mlp", "threads": 1, "cases": [case("step", True, torch=2e-3, newcomer=1e-3)]}
    results = {**RESULTS, "workloads": [work]}
    chart.draw(results, tmp_path / "chart.svg")
    assert ">A newcomer</text>" in (tmp_path / "chart.svg").read_text(encoding="utf-8")
    assert "| one thread | PyTorch eager | A newcomer |" in publish.table(results)


def test_publishing_fills_the_readme_and_the_docs(tmp_path: Path) -> None:
    folder, docs = tmp_path / "bench", tmp_path / "docs"
    folder.mkdir()
    docs.mkdir()
    (folder / "results.json").write_text(json.dumps(RESULTS), encoding="utf-8")
    (folder / "results.md").write_text("# Benchmarks\n", encoding="utf-8")
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{publish.BEGIN}\nold\n{publish.END}\nafter\n", encoding="utf-8")
    for _ in range(2):  # the second time in place of the first
        publish.main(folder, tmp_path)
    text = readme.read_text(encoding="utf-8")
    assert "| one thread | PyTorch eager | glassgrad compiled | JAX jit |" in text
    assert "(docs/benchmarks.svg)" in text
    assert "[All tables](docs/benchmarks.md)" in text
    assert "| mlp | 2 ms | **0.50** | 0.75" in text
    assert "| hessian | 1 ms | – | 0.010" in text
    assert "`python -m benchmarks` on 2026-01-02 03:04 UTC: a machine, 2 cores" in text
    assert "old" not in text
    assert text.count(publish.BEGIN) == 1
    assert (docs / "benchmarks.svg").exists()
    published = (docs / "benchmarks.json").read_text(encoding="utf-8")
    assert "samples" not in published
    assert json.loads(published)["workloads"][0]["cases"][0]["peers"]["jax"]["median"] == 1.5e-3


def test_a_readme_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the README needs"):
        publish.filled("no marks", RESULTS)
