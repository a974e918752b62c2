"""Asks PyTorch about every case of tests/layer_cases.py and writes layers.npz beside this file.

Run it where PyTorch is installed: ``python tests/nn/reference/make_layers.py``.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from layer_cases import CASES  # noqa: E402
from layer_reference import by_pytorch, write  # noqa: E402

if __name__ == "__main__":
    references = {str(case): by_pytorch(case, seed) for seed, case in enumerate(CASES)}
    assert len(references) == len(CASES), "two cases have the same name"
    write(HERE / "layers.npz", references)
