"""``python -m benchmarks.publish``: what `make bench` found, put where the README shows it.

It copies the tables to docs/benchmarks.md, writes docs/benchmarks.json (without the single
samples) and docs/benchmarks.svg, and fills the table in README.md.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks import chart
from benchmarks.peers import PEERS, ROOT

BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
PICTURE = "![Time of each workload relative to PyTorch eager, by library](docs/benchmarks.svg)"
FOLDER = ROOT / "build" / "bench"


def main(folder: Path = FOLDER, root: Path = ROOT) -> int:
    """Publish what lies in a folder."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    docs, readme = root / "docs", root / "README.md"
    tables = (folder / "results.md").read_text(encoding="utf-8")
    (docs / "benchmarks.md").write_text(tables, encoding="utf-8")
    text = json.dumps(_without_samples(results), indent=1, ensure_ascii=False)
    (docs / "benchmarks.json").write_text(text + "\n", encoding="utf-8")
    chart.draw(results, docs / "benchmarks.svg")
    readme.write_text(filled(readme.read_text(encoding="utf-8"), results), encoding="utf-8")
    return 0


def filled(readme: str, results: dict[str, Any]) -> str:
    """A README with chart and table between its two marks.

    Raises:
        ValueError: the marks are not there.
    """
    inner = f"{BEGIN}\n\n{PICTURE}\n\n{table(results)}\n\n{END}"
    text, count = re.subn(f"{BEGIN}.*{END}", lambda _: inner, readme, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"the README needs {BEGIN} and {END}, once")
    return text


def table(results: dict[str, Any]) -> str:
    """Ratios to PyTorch eager on one thread, and under what circumstances."""
    lines = chart.rows(results)
    columns = [name for name in chart.looks() if any(name in ratios for _, _, ratios in lines)]
    heads = ["one thread", PEERS[chart.BASE].title, *(PEERS[name].title for name in columns)]
    out = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(columns) + 1) + "|"]
    for name, base, ratios in lines:
        cells = [_ratio(ratios.get(column), column) for column in columns]
        out.append(" | ".join([f"| {name}", f"{base * 1e3:.3g} ms", *cells]) + " |")
    where = results["setting"]
    versions = ", ".join(
        f"{PEERS[name].title} {version}"
        for name, version in results["versions"].items()
        if name not in ("compiled", "glassgrad", "numpy", "primitives", "torch_compile")
    )
    note = (
        f"Measured with `{where['command']}` on {where['date']}: {where['machine']}, "
        f"{where['cores']} cores, load {where['load']} before it began; Python {where['python']}, "
        f"NumPy {where['numpy']}, {versions}. [All tables](docs/benchmarks.md): what was to be "
        "reached and whether it was, quartiles, first calls, peak memory, and who was "
        "absent."
    )
    return "\n".join([*out, "", note])


def _ratio(value: float | None, column: str) -> str:
    if value is None:
        return "–"
    text = f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    return f"**{text}**" if column == "compiled" else text


def _without_samples(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_samples(v) for k, v in value.items() if k != "samples"}
    return [_without_samples(v) for v in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
