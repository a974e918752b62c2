"""Files that PyTorch's side wrote are read here, and the other way round."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
files = pytest.importorskip("safetensors.torch")


def test_a_safetensors_file_goes_both_ways(tmp_path):
    ours = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).to(np.float32)
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    files.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    nn.load_weights(tmp_path / "theirs.safetensors", ours)
    x = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    expected = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(ag.tensor(x)).data, expected, rtol=1e-5, atol=1e-6)

    nn.init.normal_(ours[0].weight, rng=1)
    nn.save_weights(ours, tmp_path / "ours.safetensors")
    theirs.load_state_dict(files.load_file(tmp_path / "ours.safetensors"))
    for mine, its in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_array_equal(mine.data, its.detach().numpy())


def test_a_dtype_that_numpy_lacks_is_named(tmp_path):
    files.save_file({"w": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "a.safetensors")
    with pytest.raises(nn.FileFormatError, match=r"(?s)a\.safetensors cannot be read.*NumPy does"):
        nn.load_weights(tmp_path / "a.safetensors")
