"""Data sets: generated, built in, and read from files in their published formats."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import socket
import subprocess
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

import autograd as ag
from nn import data
from nn.data import download

GENERATED = {
    "spirals": lambda rng: data.spirals(30, rng=rng),
    "moons": lambda rng: data.moons(30, rng=rng),
    "circles": lambda rng: data.circles(30, rng=rng),
    "sine_waves": lambda rng: data.sine_waves(5, 20, noise=0.1, rng=rng),
    "copy_task": lambda rng: data.copy_task(5, 4, rng=rng),
    "reverse_task": lambda rng: data.reverse_task(5, 4, rng=rng),
    "addition_task": lambda rng: data.addition_task(5, 10, rng=rng),
}


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_follow_their_seed(name):
    one, same, other = (GENERATED[name](seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.inputs, same.inputs)
    np.testing.assert_array_equal(one.targets, same.targets)
    assert not np.array_equal(one.inputs, other.inputs)
    ag.manual_seed(1)
    np.testing.assert_array_equal(GENERATED[name](None).inputs, one.inputs)


def test_generated_floats_are_of_the_default_dtype():
    ag.set_default_dtype("float32")
    try:
        for name, make in GENERATED.items():
            expected = np.int64 if name in ("copy_task", "reverse_task") else np.float32
            assert make(0).inputs.dtype == expected
    finally:
        ag.set_default_dtype("float64")


def test_spirals_wind_about_the_origin():
    points, labels = data.spirals(3000, classes=3, noise=0.0)
    assert np.bincount(labels).tolist() == [1000] * 3
    radius = np.hypot(*points.T)
    assert radius.max() == pytest.approx(1)
    arm = points[labels == 0]
    angle = np.unwrap(np.arctan2(arm[:, 0], arm[:, 1]))
    assert angle[-1] - angle[0] == pytest.approx(2 * np.pi * 0.75, rel=0.01)


def test_circles_and_moons_are_where_they_should_be():
    points, labels = data.circles(400, noise=0.0, factor=0.3, rng=0)
    np.testing.assert_allclose(np.hypot(*points.T), np.where(labels, 0.3, 1.0))
    points, labels = data.moons(400, noise=0.0, rng=0)
    centre = np.stack([labels, labels / 2], axis=1)
    np.testing.assert_allclose(np.hypot(*(points - centre).T), 1.0)
    assert np.all((points - centre)[:, 1] * (1 - 2 * labels) >= 0)


def test_sine_waves_predict_themselves():
    inputs, targets = data.sine_waves(4, 30, rng=0)
    assert inputs.shape == targets.shape == (4, 30, 1)
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
    assert np.abs(inputs).max() <= 1


def test_copy_and_reverse_ask_for_what_was_said():
    inputs, targets = data.copy_task(50, 4, delay=3, symbols=5, rng=0)
    assert inputs.shape == targets.shape == (50, 12)
    np.testing.assert_array_equal(targets[:, -4:], inputs[:, :4])
    assert (inputs[:, 7] == 6).all()
    assert not inputs[:, 4:7].any()
    assert not targets[:, :8].any()
    assert set(np.unique(inputs[:, :4])) == {1, 2, 3, 4, 5}
    inputs, targets = data.reverse_task(50, 4, rng=0)
    np.testing.assert_array_equal(targets[:, -4:], inputs[:, 3::-1])


def test_addition_marks_two_numbers():
    inputs, sums = data.addition_task(2000, 9, rng=0)
    numbers, marks = inputs[..., 0], inputs[..., 1]
    assert (marks[:, :4].sum(1) == 1).all()
    assert (marks[:, 4:].sum(1) == 1).all()
    np.testing.assert_allclose((numbers * marks).sum(1, keepdims=True), sums)
    assert np.mean((sums - 1) ** 2) == pytest.approx(1 / 6, abs=0.02)


def test_sizes_that_make_no_sense():
    with pytest.raises(ag.RangeError, match="spirals: sizes are at least 1"):
        data.spirals(0)
    with pytest.raises(ag.ArgumentError, match="moons: sizes are whole numbers"):
        data.moons(2.5)
    with pytest.raises(ag.RangeError, match="copy_task"):
        data.copy_task(2, 3, delay=-1)
    with pytest.raises(ag.RangeError, match="addition's length 2"):
        data.addition_task(2, 1)


# --- scikit-learn's ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("digits", (1797, 1, 8, 8), 10),
        ("iris", (150, 4), 3),
        ("wine", (178, 13), 3),
        ("breast_cancer", (569, 30), 2),
    ],
)
def test_sets_of_scikit_learn(name, shape, classes):
    inputs, labels = getattr(data, name)()
    assert inputs.shape == shape
    assert (inputs.dtype, labels.dtype) == (np.float64, np.int64)
    assert sorted(set(labels.tolist())) == list(range(classes))


def test_digits_flat_are_the_same_pixels():
    np.testing.assert_array_equal(data.digits(flat=True)[0], data.digits()[0].reshape(1797, 64))


def test_class_names_are_scikit_learns():
    sets = importlib.import_module("sklearn.datasets")
    assert tuple(sets.load_iris().target_names) == data.IRIS_CLASSES
    assert tuple(sets.load_breast_cancer().target_names) == data.BREAST_CANCER_CLASSES


def test_photographs():
    images = data.photographs()
    assert images.shape == (2, 3, 427, 640)
    assert images.max() == 1.0
    sky, flower = images[0, :, 30, 300], images[1, :, 200, 320]
    assert sky[2] > sky[0]  # blue over the temple
    assert flower[0] > flower[2]  # a red flower


# --- MNIST and Fashion-MNIST from files -------------------------------------------------


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
    return head + array.astype(np.uint8).tobytes()


PIXELS = np.random.default_rng(0).integers(0, 256, (5, 28, 28))


def write_mnist(folder, packed=True):
    for part in ("train", "t10k"):
        for name, array in (("images-idx3", PIXELS), ("labels-idx1", np.arange(5))):
            path = folder / f"{part}-{name}-ubyte{'.gz' if packed else ''}"
            path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
@pytest.mark.parametrize("part", ["train", "test"])
def test_mnist_from_a_folder(tmp_path, packed, name, part):
    write_mnist(tmp_path, packed)
    images, labels = getattr(data, name)(part, folder=tmp_path)
    assert (images.shape, images.dtype) == ((5, 1, 28, 28), np.float64)
    np.testing.assert_allclose(images[:, 0] * 255, PIXELS)
    assert labels.tolist() == [0, 1, 2, 3, 4]
    raw, _ = getattr(data, name)(part, folder=tmp_path, dtype="uint8")
    np.testing.assert_array_equal(raw[:, 0], PIXELS)
    with pytest.raises(ag.DTypeError, match="uint8, not int64"):
        data.mnist(part, folder=tmp_path, dtype="int64")
    raw[0] = 0  # the array is the caller's own
    assert getattr(data, name)(part, folder=tmp_path, dtype="float32")[0].dtype == np.float32


def test_broken_mnist_files_are_named(tmp_path):
    write_mnist(tmp_path)
    images = tmp_path / "train-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    for broken, words in [
        (whole[:-20], "not a whole gzip file"),
        (b"not gzip", "not a whole gzip file"),
        (gzip.compress(idx(PIXELS)[:-1]), "3 dimensions, or it is cut off"),
        (gzip.compress(idx(np.arange(5))), "3 dimensions"),
        (gzip.compress(b""), "3 dimensions"),
        (gzip.compress(idx(PIXELS[:3])), "3 images, but 5 labels"),
    ]:
        images.write_bytes(broken)
        with pytest.raises(ag.RangeError, match=words):
            data.mnist(folder=tmp_path)
    images.unlink()
    with pytest.raises(ag.ArgumentError, match=r"no train-images-idx3-ubyte\.gz\. Fetch it from"):
        data.mnist(folder=tmp_path)
    with pytest.raises(ag.RangeError, match="'train' or 'test', got 'validation'"):
        data.mnist("validation", folder=tmp_path)


# --- CIFAR-10 ---------------------------------------------------------------------------


def write_cifar(folder, names, records):
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name in names:
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            info.size = len(records)
            archive.addfile(info, io.BytesIO(records))


def test_cifar_from_a_folder(tmp_path):
    rng = np.random.default_rng(0)
    records = rng.integers(0, 256, (2, 3073)).astype(np.uint8)
    records[:, 0] = 3, 9
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    write_cifar(tmp_path, names, records.tobytes())
    images, labels = data.cifar10(folder=tmp_path)
    assert (images.shape, labels.tolist()) == ((10, 3, 32, 32), [3, 9] * 5)
    assert images[1, 2, 0, 5] * 255 == pytest.approx(records[1, 1 + 2048 + 5])
    assert data.cifar10("test", folder=tmp_path).inputs.shape == (2, 3, 32, 32)
    assert data.CIFAR10_CLASSES[labels[0]] == "cat"


def test_broken_cifar_archives_are_named(tmp_path):
    write_cifar(tmp_path, ["data_batch_1"], bytes(3073))
    with pytest.raises(ag.RangeError, match=r"no cifar-10-batches-bin/data_batch_2\.bin"):
        data.cifar10(folder=tmp_path)
    write_cifar(tmp_path, ["test_batch"], bytes(3000))
    with pytest.raises(ag.RangeError, match="whole records"):
        data.cifar10("test", folder=tmp_path)
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"no archive")
    with pytest.raises(ag.RangeError, match="not a whole archive"):
        data.cifar10("test", folder=tmp_path)


# --- the network, or none ---------------------------------------------------------------


@pytest.fixture
def offline(monkeypatch, tmp_path):
    def refuse(*args, **kwargs):
        raise OSError("no network in the tests")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("GLASSGRAD_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "cifar10", "tiny_shakespeare"])
def test_without_a_network_the_error_says_where_to_put_the_file(offline, name):
    with pytest.raises(data.DownloadError, match="is out of reach") as caught:
        getattr(data, name)()
    message = str(caught.value)
    assert "by hand and put it into" in message
    assert str(offline / name) in message
    assert "path='…'" in message if name == "tiny_shakespeare" else "folder='…'" in message
    assert isinstance(caught.value, ConnectionError)


def test_a_file_put_into_the_cache_by_hand_is_read_and_checked(offline, monkeypatch):
    text = "Speak, speak.\n"
    checksum = hashlib.sha256(text.encode()).hexdigest()
    remote = download.Remote("https://example.invalid/input.txt", f"sha256:{checksum}")
    monkeypatch.setattr(download, "_TINY_SHAKESPEARE", remote)
    place = offline / "tiny_shakespeare" / "input.txt"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    assert data.tiny_shakespeare() == text
    place.write_text("something else")  # and with the wrong checksum it is not used
    with pytest.raises(data.DownloadError):
        data.tiny_shakespeare()


@pytest.fixture
def server(tmp_path):
    """A web server on this machine that offers one file, and counts who asks for it."""
    asked = []

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=tmp_path / "offered")

        def log_message(self, format, *args):
            asked.append(args[0])

    (tmp_path / "offered").mkdir()
    (tmp_path / "offered" / "input.txt").write_text("Speak, speak.\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{served.server_port}/input.txt", asked
        served.shutdown()
        thread.join()


def test_a_download_is_checked_and_happens_once(server, monkeypatch, tmp_path):
    url, asked = server
    checksum = hashlib.md5(b"Speak, speak.\n").hexdigest()
    monkeypatch.setenv("GLASSGRAD_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "_TINY_SHAKESPEARE", download.Remote(url, f"md5:{checksum}"))
    assert data.tiny_shakespeare() == data.tiny_shakespeare() == "Speak, speak.\n"
    assert len(asked) == 1
    assert (tmp_path / "cache" / "tiny_shakespeare" / "input.txt").is_file()
    monkeypatch.setattr(download, "_TINY_SHAKESPEARE", download.Remote(url, "md5:" + "0" * 32))
    with pytest.raises(data.DownloadError, match="came with a wrong checksum"):
        data.tiny_shakespeare()


def test_tiny_shakespeare_from_a_path(tmp_path):
    path = tmp_path / "shakespeare.txt"
    path.write_text("First Citizen:\nBefore we proceed…", encoding="utf-8")
    assert data.tiny_shakespeare(path=path) == "First Citizen:\nBefore we proceed…"
    with pytest.raises(ag.ArgumentError, match="cannot read"):
        data.tiny_shakespeare(path=tmp_path / "none.txt")


def test_the_cache_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("GLASSGRAD_DATA", raising=False)
    assert "glassgrad" in str(data.cache_folder())


@pytest.mark.parametrize(
    ("call", "package"),
    [
        (data.digits, "scikit-learn"),
        (data.photographs, "pillow"),
        (data.mnist, "pooch"),
        (lambda: data.RandomRotation(5)(np.ones((1, 1, 4, 4))), "scipy"),
    ],
)
def test_missing_packages_are_named(monkeypatch, call, package):
    def refuse(name):
        raise ImportError(name)

    monkeypatch.delenv("GLASSGRAD_DATA", raising=False)
    monkeypatch.setattr("autograd.core.packages.import_module", refuse)
    with pytest.raises(ag.MissingPackageError, match=rf"needs {package}, which is not installed"):
        call()


def test_importing_nn_loads_no_optional_package():
    code = "import nn, sys; print({'sklearn', 'scipy', 'pooch', 'PIL'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
