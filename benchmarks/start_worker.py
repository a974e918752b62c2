"""Starts a worker: ``python -P start_worker.py PEER WORKLOAD_FILE``.

It brings in the package `benchmarks` without its parent folder, in which a package named
`autograd` lies that would hide a peer of that name.
"""

import importlib
import importlib.util
import sys
from pathlib import Path


def main() -> None:
    """Load the package by its path, then serve."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "benchmarks", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    sys.modules["benchmarks"] = importlib.util.module_from_spec(spec)
    importlib.import_module("benchmarks.worker").serve(*sys.argv[1:])


if __name__ == "__main__":
    main()
