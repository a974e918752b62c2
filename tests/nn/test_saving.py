"""Weights and checkpoints: there and back bit for bit, kills, damage, words."""

import copy
import json
import os
import pickle
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from families import examples
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import autograd as ag
import nn
import optim
from nn import saving

ROOT = Path(ag.__file__).resolve().parent.parent
ENDINGS = (".npz", ".safetensors")


class Mixed(nn.Module):
    """Parameters and buffers of several dtypes and shapes, one shared."""

    def __init__(self, seed=0):
        draw = np.random.default_rng(seed)
        self.first = nn.Linear(3, 2, dtype=np.float32, rng=draw)
        self.scale = nn.Parameter(draw.normal())
        self.empty = nn.Parameter(np.ones((0, 3)))
        self.turned = nn.Parameter(draw.normal(size=(4, 3)).T)
        self.again = nn.Linear(3, 2)
        self.again.weight = self.first.weight
        self.register_buffer("count", np.array(draw.integers(100)))
        self.register_buffer("seen", draw.normal(size=5) > 0)


def bits(state):
    return {
        name: (x.dtype, x.shape, np.asarray(getattr(x, "data", x)).tobytes())
        for name, x in state.items()
    }


# --- weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_come_back_bit_for_bit(tmp_path, ending):
    model, other = Mixed(0), Mixed(1)
    path = nn.save_weights(model, tmp_path / f"model{ending}")
    assert path == tmp_path / f"model{ending}"
    loaded = nn.load_weights(path, other)
    expected = bits({n: np.asarray(t.data, order="C") for n, t in model.state_dict().items()})
    assert bits(loaded) == expected
    assert bits({n: np.asarray(t.data, order="C") for n, t in other.state_dict().items()}) == (
        expected
    )
    assert other.again.weight is other.first.weight


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_state_or_plain_arrays_can_be_saved(tmp_path, ending):
    state = {"a": ag.tensor([1.0]), "b": np.float32(2), "c.d/e": np.arange(3), "file": np.ones(2)}
    loaded = nn.load_weights(nn.save_weights(state, str(tmp_path / f"state{ending}")))
    assert list(loaded) == list(state) or ending == ".safetensors"
    assert bits(loaded) == bits({n: np.asarray(getattr(x, "data", x)) for n, x in state.items()})


def test_an_npz_is_numpys_own(tmp_path):
    path = nn.save_weights({"allow_pickle": np.ones(2), "w": np.eye(3)}, tmp_path / "a.npz")
    with np.load(path) as archive:
        assert archive.files == ["allow_pickle", "w"]
        np.testing.assert_array_equal(archive["w"], np.eye(3))
    np.savez(tmp_path / "b.npz", w=np.eye(2))
    np.savez_compressed(tmp_path / "c.npz", w=np.eye(2))
    for name in ("b.npz", "c.npz"):
        np.testing.assert_array_equal(nn.load_weights(tmp_path / name)["w"], np.eye(2))


def test_a_safetensors_file_is_the_librarys_own(tmp_path):
    numpy_side = pytest.importorskip("safetensors.numpy")
    path = nn.save_weights(Mixed(), tmp_path / "a.safetensors")
    assert bits(numpy_side.load_file(path)) == bits(nn.load_weights(path))
    numpy_side.save_file({"w": np.eye(2)}, tmp_path / "b.safetensors")
    np.testing.assert_array_equal(nn.load_weights(tmp_path / "b.safetensors")["w"], np.eye(2))


@pytest.mark.parametrize("ending", ENDINGS)
def test_all_that_does_not_fit_is_listed_and_nothing_is_loaded(tmp_path, ending):
    path = nn.save_weights(
        {"weight": np.ones((2, 4)), "extra": np.ones(1), "more": np.ones(1)},
        tmp_path / f"a{ending}",
    )
    model = nn.Sequential(nn.Linear(3, 2))
    with pytest.raises(ag.StateError) as caught:
        nn.load_weights(path, model)
    for name in ("0.weight", "0.bias", "extra", "more", "weight"):
        assert repr(name) in str(caught.value)
    layer = nn.Linear(3, 2)
    before = bits(layer.state_dict())
    with pytest.raises(ag.StateError, match=r"size mismatch for 'weight'.*\(2, 4\)"):
        nn.load_weights(path, layer, strict=False)
    assert bits(layer.state_dict()) == before


def test_what_is_missing_may_be_left_as_it_is(tmp_path):
    path = nn.save_weights({"bias": np.full(2, 7.0), "more": np.ones(1)}, tmp_path / "a.npz")
    layer = nn.Linear(3, 2)
    nn.load_weights(path, layer, strict=False)
    assert layer.bias.tolist() == [7, 7]


# --- checkpoints ------------------------------------------------------------------------------


class Halving:
    """A schedule as duck typing sees it."""

    def __init__(self, optimizer):
        self.optimizer, self.count, self.seen = optimizer, 0, [0.5]

    def step(self):
        self.count += 1
        for group in self.optimizer.param_groups:
            group["lr"] *= 0.9
        self.seen.append(self.optimizer.param_groups[0]["lr"])

    def state_dict(self):
        return {"count": self.count, "seen": self.seen}

    def load_state_dict(self, state):
        self.count, self.seen = state["count"], state["seen"]


def noisy(seed):
    """A network that draws from the global generator and from one of its own."""
    return nn.Sequential(
        nn.Linear(4, 8, rng=seed),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Dropout(0.2, rng=seed),
        nn.Linear(8, 1, rng=seed),
    )


class Run:
    """Training with dropout, shuffling, momentum and a schedule."""

    def __init__(self, seed):
        self.model = noisy(seed)
        self.optimizer = optim.SGD(self.model.parameters(), lr=0.05, momentum=0.9)
        self.schedule = Halving(self.optimizer)
        self.rng = np.random.default_rng(seed)
        x = np.random.default_rng(99).normal(size=(12, 4))
        pairs = x, x.sum(1, keepdims=True)
        self.batches = nn.data.DataLoader(pairs, batch_size=4, shuffle=True, rng=self.rng)

    def parts(self):
        names = ("model", "optimizer", "schedule", "rng")
        return {name: getattr(self, name) for name in names}

    def train(self, epochs):
        losses = []
        for _ in range(epochs):
            for x, y in self.batches:
                self.optimizer.zero_grad()
                loss = nn.MSELoss()(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                losses.append(loss.item())
            self.schedule.step()
        return losses


def test_a_resumed_run_goes_on_bit_for_bit(tmp_path):
    ag.manual_seed(0)
    whole = Run(0)
    losses = whole.train(8)

    ag.manual_seed(0)
    before = Run(0)
    assert before.train(4) == losses[:12]
    path = nn.save_checkpoint(tmp_path / "run.npz", **before.parts(), step=4)
    before.train(1)

    ag.manual_seed(12345)
    after = Run(5)
    assert nn.load_checkpoint(path, **after.parts()) == {"step": 4}
    assert after.train(4) == losses[12:]
    assert bits(after.model.state_dict()) == bits(whole.model.state_dict())
    assert after.schedule.seen == whole.schedule.seen
    assert after.rng.random() == whole.rng.random()


RATES = optim.lr_scheduler
SCHEDULES = {
    "LambdaLR": lambda o: RATES.LambdaLR(o, lambda epoch: 0.9**epoch),
    "MultiplicativeLR": lambda o: RATES.MultiplicativeLR(o, lambda epoch: 0.9),
    "StepLR": lambda o: RATES.StepLR(o, 2),
    "MultiStepLR": lambda o: RATES.MultiStepLR(o, [2, 5]),
    "ConstantLR": lambda o: RATES.ConstantLR(o),
    "LinearLR": lambda o: RATES.LinearLR(o),
    "ExponentialLR": lambda o: RATES.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda o: RATES.PolynomialLR(o),
    "CosineAnnealingLR": lambda o: RATES.CosineAnnealingLR(o, 5),
    "CosineAnnealingWarmRestarts": lambda o: RATES.CosineAnnealingWarmRestarts(o, 3),
    "CyclicLR": lambda o: RATES.CyclicLR(o, 0.01, 0.1, 2),
    "OneCycleLR": lambda o: RATES.OneCycleLR(o, 0.1, total_steps=20),
    "ReduceLROnPlateau": lambda o: RATES.ReduceLROnPlateau(o, patience=1),
    "SequentialLR": lambda o: RATES.SequentialLR(
        o, [RATES.ConstantLR(o), RATES.ExponentialLR(o, 0.9)], milestones=[3]
    ),
    "ChainedScheduler": lambda o: RATES.ChainedScheduler(
        [RATES.ConstantLR(o), RATES.ExponentialLR(o, 0.9)]
    ),
}
OPTIMIZERS = [
    *("SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam"),
    *("Rprop", "ASGD", "LBFGS", "Lion", "Muon", "Newton"),
]


def fit(model, optimizer, schedule, steps):
    x = np.random.default_rng(0).normal(size=(4, 3))

    def closure():
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure).item()
        schedule.step(*([loss] if isinstance(schedule, RATES.ReduceLROnPlateau) else []))


@pytest.mark.parametrize(
    ("optimizer", "schedule"),
    [*((name, "ExponentialLR") for name in OPTIMIZERS), *(("SGD", name) for name in SCHEDULES)],
)
def test_every_optimizer_and_schedule_goes_on_bit_for_bit(tmp_path, optimizer, schedule):
    def fresh(seed):
        model = nn.Linear(3, 2, bias=False, rng=seed)
        options = {"momentum": 0.9} if optimizer == "SGD" else {}
        rule = getattr(optim, optimizer)(model.parameters(), lr=0.05, **options)
        return {"model": model, "optimizer": rule, "schedule": SCHEDULES[schedule](rule)}

    one, other = fresh(0), fresh(1)
    fit(*one.values(), 4)
    nn.load_checkpoint(nn.save_checkpoint(tmp_path / "a.npz", **one), **other)
    for run in (one, other):
        fit(*run.values(), 4)
    assert bits(one["model"].state_dict()) == bits(other["model"].state_dict())
    rates = [run["optimizer"].param_groups[0]["lr"] for run in (one, other)]
    assert rates[0] == rates[1]
    assert one["schedule"].state_dict() == other["schedule"].state_dict()


def test_what_else_is_saved_comes_back_as_it_was(tmp_path):
    extra = {
        "numbers": [1, -(2**200), 0.1, float("inf"), True, None, "ä\n"],
        "nested": {"a": (1, [2, (3,)]), 7: {"array": np.arange(3, dtype=np.uint8)}, "": {}},
        "scalar": np.float32(0.1),
        "tensor": ag.tensor([1.0, 2.0]),
        "slashes": {"a/b": np.ones(1), "a": {"b": np.zeros(2)}, "a/b'": np.ones(3)},
        "keys": {1: np.ones(1), "1": np.zeros(1)},
    }
    info = nn.load_checkpoint(nn.save_checkpoint(tmp_path / "a.npz", **extra))
    assert info.pop("step") is None
    assert info["numbers"] == extra["numbers"]
    assert type(info["numbers"][4]) is bool
    assert type(info["scalar"]) is np.float32
    assert isinstance(info["tensor"], ag.Tensor)
    assert info["nested"]["a"] == (1, [2, (3,)])
    for name in ("scalar", "tensor"):
        assert bits({name: info[name]}) == bits({name: extra[name]})
    assert bits({"": info["nested"][7]["array"]}) == bits({"": extra["nested"][7]["array"]})
    assert [x.tolist() for x in info["keys"].values()] == [[1], [0]]
    assert list(info["keys"]) == [1, "1"]
    assert info["slashes"]["a/b"].tolist() == [1]
    assert info["slashes"]["a"]["b"].tolist() == [0, 0]
    assert info["slashes"]["a/b'"].tolist() == [1, 1, 1]


NAMES = st.text(alphabet="ab/.'", max_size=3)
ARRAYS = arrays(st.sampled_from([np.float32, np.int8, bool]), array_shapes(min_dims=0, min_side=0))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES | ARRAYS


@examples(25)
@given(
    st.dictionaries(
        st.text(min_size=1, alphabet="xyz"),
        st.recursive(
            LEAVES,
            lambda inner: (
                st.lists(inner)
                | st.tuples(inner, inner)
                | st.dictionaries(NAMES | st.integers(), inner)
            ),
            max_leaves=10,
        ),
    )
)
def test_any_tree_of_data_comes_back(tmp_path_factory, tree):
    path = tmp_path_factory.getbasetemp() / "tree.npz"
    info = nn.load_checkpoint(nn.save_checkpoint(path, **tree))
    del info["step"]
    assert written(info) == written(tree)


def written(tree):
    """A tree as text in which types and bits can be compared."""
    if isinstance(tree, dict):
        return [(repr(key), written(item)) for key, item in tree.items()]
    if isinstance(tree, (list, tuple)):
        return type(tree).__name__, [written(item) for item in tree]
    return bits({"": tree}) if hasattr(tree, "dtype") else repr(tree)


def test_a_checkpoint_can_be_read_with_numpy_and_json(tmp_path):
    path = nn.save_checkpoint(tmp_path / "a.npz", model=nn.Linear(2, 1), step=3)
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("checkpoint.json"))["parts"]["step"] == 3
    with np.load(path) as archive:
        assert archive["model/weight"].shape == (1, 2)


def test_several_generators_by_name_and_of_any_kind(tmp_path):
    made = {
        "shuffle": np.random.default_rng(1),
        "noise": np.random.Generator(np.random.MT19937(2)),
        "more": np.random.Generator(np.random.Philox(3)),
    }
    made["more"].integers(5, dtype=np.uint32)  # half of a word is left over
    path = nn.save_checkpoint(tmp_path / "a.npz", rng=made)
    expected = {name: rng.integers(2**32, size=5, dtype=np.uint32) for name, rng in made.items()}
    nn.load_checkpoint(path, rng=made)
    for name, rng in made.items():
        np.testing.assert_array_equal(rng.integers(2**32, size=5, dtype=np.uint32), expected[name])


def test_parts_may_be_left_out(tmp_path):
    run, other = Run(0), Run(1)
    run.train(1)
    path = nn.save_checkpoint(tmp_path / "a.npz", **run.parts(), best=0.5)
    assert nn.load_checkpoint(path) == {"step": None, "best": 0.5}
    nn.load_checkpoint(path, model=other.model)
    assert bits(other.model.state_dict()) == bits(run.model.state_dict())
    assert not other.optimizer.state


def test_an_object_that_refuses_leaves_the_others_as_they_were(tmp_path):
    run = Run(0)
    run.train(1)
    path = nn.save_checkpoint(tmp_path / "a.npz", **run.parts())
    other = Run(1)
    other.optimizer = optim.SGD([other.model[0].weight], lr=0.5)
    before, drawn = bits(other.model.state_dict()), copy.deepcopy(other.rng).random()
    with pytest.raises(ag.RangeError, match="doesn't match the size"):
        nn.load_checkpoint(path, **other.parts())
    assert bits(other.model.state_dict()) == before
    assert other.rng.random() == drawn
    assert other.optimizer.param_groups[0]["lr"] == 0.5


# --- killed at any moment ---------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a hundred times")
def test_killed_a_hundred_times_while_saving_loses_nothing(tmp_path):
    script = ROOT / "tests" / "killed_while_saving.py"
    found = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "100"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert found.returncode == 0, found.stderr
    result = json.loads(found.stdout)
    assert result["killed"] == 100
    assert result["cut short"] >= 10, "hardly any kill met a save: this proves nothing"


def test_what_killed_programs_left_is_removed_later(tmp_path):
    path = tmp_path / "a[1].npz"
    old, new = tmp_path / ".a[1].npz.0.unfinished", tmp_path / ".a[1].npz.1.unfinished"
    other = tmp_path / ".a1.npz.2.unfinished"
    for file in (old, new, other):
        file.write_bytes(b"half")
    for file in (old, other):
        os.utime(file, (time.time() - 7200,) * 2)
    nn.save_weights({"w": np.ones(1)}, path)
    assert sorted(tmp_path.iterdir()) == sorted([path, new, other])


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error):
    path = nn.save_weights({"w": np.ones(1)}, tmp_path / "a.npz")

    def fail(handle):
        raise error

    monkeypatch.setattr(saving.os, "fsync", fail)
    with pytest.raises(type(error)):
        nn.save_weights({"w": np.zeros(1)}, path)
    assert nn.load_weights(path)["w"].tolist() == [1]
    assert list(tmp_path.iterdir()) == [path]


def test_file_and_folder_are_brought_on_to_the_disk_in_this_order(tmp_path, monkeypatch):
    seen = []
    sync, replace = os.fsync, os.replace

    def synced(handle):
        seen.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    monkeypatch.setattr(saving.os, "fsync", synced)
    monkeypatch.setattr(saving.os, "replace", lambda a, b: (seen.append("replace"), replace(a, b)))
    nn.save_weights({"w": np.ones(1)}, tmp_path / "a.npz")
    if os.path.isdir("/proc/self/fd"):
        assert seen == ["file", "replace", "folder"]


def test_a_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.npz", tmp_path / "latest.npz"
    nn.save_weights({"w": np.ones(1)}, real)
    link.symlink_to(real)
    nn.save_weights({"w": np.zeros(1)}, link)
    assert link.is_symlink()
    assert nn.load_weights(real)["w"].tolist() == [0]


# --- damage -----------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("ending", ENDINGS)
def test_files_that_were_cut_off_are_refused(tmp_path, ending, share):
    path = nn.save_weights(Mixed(), tmp_path / f"a{ending}")
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(nn.FileFormatError, match=f"^a{ending}"):
        nn.load_weights(path)
    if ending == ".npz":
        with pytest.raises(nn.FileFormatError, match=r"^a\.npz"):
            nn.load_checkpoint(path)


def test_a_single_wrong_bit_is_noticed(tmp_path):
    path = nn.save_checkpoint(tmp_path / "a.npz", model=nn.Linear(50, 50), step=1)
    whole = path.read_bytes()
    for place in range(100, 20_000, 997):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        with pytest.raises(nn.FileFormatError, match=r"a\.npz cannot be read"):
            nn.load_checkpoint(path, model=nn.Linear(50, 50))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "content",
    [b"", b"Some text.", pickle.dumps({"w": [1.0]}), b"\x93NUMPY"],
)
def test_foreign_files_are_refused(tmp_path, ending, content):
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    with pytest.raises(nn.FileFormatError) as caught:
        nn.load_weights(path)
    assert isinstance(caught.value, ValueError)


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("unpickled!",))


def test_nothing_is_ever_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", w=np.array([Trap()], dtype=object), allow_pickle=True)
    for load in (nn.load_weights, nn.load_checkpoint):
        with pytest.raises(nn.FileFormatError):
            load(tmp_path / "a.npz")
    sources = (ROOT / "nn" / name for name in ("saving.py", "checkpoint.py"))
    assert not any("import pickle" in path.read_text(encoding="utf-8") for path in sources)


def test_weights_and_checkpoints_are_not_confused(tmp_path):
    weights = nn.save_weights(nn.Linear(2, 1), tmp_path / "w.npz")
    checkpoint = nn.save_checkpoint(tmp_path / "c.npz", model=nn.Linear(2, 1))
    with pytest.raises(nn.FileFormatError, match=r"no checkpoint.*load_weights\(path\)"):
        nn.load_checkpoint(weights)
    with pytest.raises(nn.FileFormatError, match=r"Is it a checkpoint\? load_checkpoint"):
        nn.load_weights(checkpoint)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("{", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read"),
        ('{"glassgrad checkpoint": 2, "parts": {}}', "of version 2.*install a newer one"),
        ('{"glassgrad checkpoint": 1, "parts": {"model": {"array": "w"}}}', "cannot be read"),
    ],
)
def test_strange_contents_are_refused(tmp_path, index, words):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("checkpoint.json", index)
    with pytest.raises(nn.FileFormatError, match=words):
        nn.load_checkpoint(tmp_path / "a.npz")


# --- words ------------------------------------------------------------------------------------


def test_endings_and_folders_are_checked(tmp_path):
    for name in ("a.pt", "a", "a.npz.bak", "a.NPZ"):
        with pytest.raises(ag.RangeError, match=r"ends in \.npz or \.safetensors"):
            nn.save_weights({}, tmp_path / name)
    for save in (nn.save_checkpoint, nn.load_checkpoint):
        with pytest.raises(ag.RangeError, match=r"ends in \.npz\."):
            save(tmp_path / "a.safetensors")
    with pytest.raises(nn.MissingFileError, match=r"no folder.*mkdir\(parents=True\)"):
        nn.save_weights({}, tmp_path / "nowhere" / "a.npz")
    for load in (nn.load_weights, nn.load_checkpoint):
        with pytest.raises(FileNotFoundError, match="there is no such file") as caught:
            load(tmp_path / "a.npz")
        assert isinstance(caught.value, ag.GlassError)
        with pytest.raises(ag.ArgumentError, match="a string or a Path, got 3"):
            load(3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", [None, "text", print, [1, [2]], object(), np.array(["a"]), 1j])
def test_only_numbers_can_be_weights(tmp_path, wrong):
    with pytest.raises(ag.ArgumentError, match="'w' cannot be saved: it is"):
        nn.save_weights({"w": wrong}, tmp_path / "a.npz")
    assert list(tmp_path.iterdir()) == []


def test_weights_have_names(tmp_path):
    with pytest.raises(ag.ArgumentError, match="a module or its state_dict"):
        nn.save_weights([np.ones(1)], tmp_path / "a.npz")
    with pytest.raises(ag.ArgumentError, match="names are strings, got 0"):
        nn.save_weights({0: np.ones(1)}, tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"best": {"f": [1, print]}}, r"extra/best/f/1 is builtin_function_or_method"),
        ({"best": {1.5: 2}}, r"a key in extra/best is 1\.5; keys are strings or integers"),
        ({"best": {1, 2}}, "extra/best is set, which cannot be saved without pickling"),
        ({"best": 1j}, "extra/best is complex"),
        ({"best": np.array([None])}, "'extra/best' cannot be saved: it is ndarray"),
        ({"optimizer": 3}, "int has no state_dict"),
        ({"rng": 3}, "a NumPy generator, whose state goes on.*got 3"),
        ({"rng": {"a": np.random.RandomState(0)}}, "a NumPy generator"),
    ],
)
def test_what_would_need_pickling_is_refused_with_its_place(tmp_path, given, words):
    with pytest.raises(ag.ArgumentError, match=words):
        nn.save_checkpoint(tmp_path / "a.npz", **given)
    assert list(tmp_path.iterdir()) == []


def test_what_a_checkpoint_does_not_contain_is_said(tmp_path):
    run = Run(0)
    path = nn.save_checkpoint(tmp_path / "a.npz", model=run.model)
    with pytest.raises(
        ag.StateError, match=r"contains no optimizer and no schedule; .* with model"
    ):
        nn.load_checkpoint(path, model=run.model, optimizer=run.optimizer, schedule=run.schedule)
    with pytest.raises(ag.StateError, match="contains no rng"):
        nn.load_checkpoint(path, rng=run.rng)
    with pytest.raises(ag.StateError, match=r"model.s generators: none here, and 3\.rng when"):
        nn.load_checkpoint(path, model=nn.Linear(2, 2))


def test_generators_of_another_kind_are_refused(tmp_path):
    path = nn.save_checkpoint(tmp_path / "a.npz", rng=np.random.default_rng(0))
    other = np.random.Generator(np.random.MT19937(0))
    with pytest.raises(ag.StateError, match="rng draws by MT19937 here and drew by PCG64 when"):
        nn.load_checkpoint(path, rng=other)
    with pytest.raises(ag.StateError, match="rng: a, b here, and one when it was saved"):
        nn.load_checkpoint(path, rng={"a": other, "b": other})


def test_without_the_library_the_ending_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ag.MissingPackageError, match=r"glassgrad\[safetensors\]"):
        nn.save_weights({"w": np.ones(1)}, tmp_path / "a.safetensors")
    assert list(tmp_path.iterdir()) == []
