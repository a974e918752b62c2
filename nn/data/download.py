"""Data from the network: fetched once by pooch, checked, kept in a cache folder.

The folder is that of the environment variable GLASSGRAD_DATA, or the user's cache folder of
the operating system. Files that lie on the disk already are read with ``folder=`` or ``path=``,
without network and without pooch.
"""

from __future__ import annotations

import gzip
import math
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from nn.data.text import text_file
from nn.data.toy import Examples


class DownloadError(ag.GlassError, ConnectionError):
    """A file could not be fetched; the message says where to put it by hand."""


class Remote(NamedTuple):
    """A file in the network: its address, and the checksum that its publisher states."""

    url: str
    checksum: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rsplit("/", 1)[1]


FASHION_MNIST_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
"""What the labels of `fashion_mnist` mean."""

CIFAR10_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
"""What the labels of `cifar10` mean."""


def mnist(part: str = "train", *, folder: str | Path | None = None, dtype: Any = None) -> Examples:
    """70,000 handwritten digits of 28×28 pixels (LeCun, Bottou, Bengio and Haffner 1998).

    Args:
        part: ``"train"``, 60,000 images, or ``"test"``, 10,000.
        folder: where the files lie already (``train-images-idx3-ubyte.gz`` and so on, also
            unpacked); they are downloaded otherwise.
        dtype: a floating type, with pixels from 0 to 1, or ``"uint8"``, from 0 to 255; the
            default float otherwise.

    Returns:
        Images of shape (N, 1, 28, 28), and the digits, int64.

    Raises:
        DownloadError: no network; the message says where to put the files.
        RangeError: a file that is not what its name says.
    """
    return _idx_images("mnist", _MNIST, part, folder, dtype)


def fashion_mnist(
    part: str = "train", *, folder: str | Path | None = None, dtype: Any = None
) -> Examples:
    """70,000 pictures of clothes of 28×28 pixels (Xiao, Rasul and Vollgraf 2017).

    The classes are `FASHION_MNIST_CLASSES`; arguments, result and errors are `mnist`'s.
    """
    return _idx_images("fashion_mnist", _FASHION_MNIST, part, folder, dtype)


def cifar10(
    part: str = "train", *, folder: str | Path | None = None, dtype: Any = None
) -> Examples:
    """60,000 colour photographs of 32×32 pixels in ten classes, `CIFAR10_CLASSES`
    (Krizhevsky 2009), from the binary version.

    Args:
        part: ``"train"``, 50,000 images, or ``"test"``, 10,000.
        folder: where ``cifar-10-binary.tar.gz`` lies; it is downloaded otherwise (162 MB).
        dtype: as for `mnist`.

    Returns:
        Images of shape (N, 3, 32, 32), and the classes, int64.

    Raises:
        DownloadError: no network; the message says where to put the file.
        RangeError: a file that is not what its name says.
    """
    _check_part("cifar10", part)
    numbers = [f"data_batch_{i}" for i in range(1, 6)] if part == "train" else ["test_batch"]
    path = _locate("cifar10", _CIFAR10, folder)
    try:
        with tarfile.open(path) as archive:
            records = np.concatenate([_cifar_records(archive, name) for name in numbers])
    except (tarfile.TarError, EOFError, gzip.BadGzipFile) as error:
        raise ag.RangeError(f"{path.name} is not a whole archive: {error}.") from error
    images = _pixels(records[:, 1:].reshape(-1, 3, 32, 32), dtype)
    return Examples(images, records[:, 0].astype(np.int64))


def tiny_shakespeare(*, path: str | Path | None = None) -> str:
    """Lines from Shakespeare's plays, 1,115,394 characters (Karpathy 2015).

    Args:
        path: a file that lies on the disk already; it is downloaded otherwise.

    Raises:
        DownloadError: no network; the message says what to do.
        ArgumentError: there is no file at `path`.
    """
    remote = _TINY_SHAKESPEARE
    fetched = path if path is not None else _fetch("tiny_shakespeare", remote, "path='…'")
    return text_file(fetched)


def cache_folder() -> Path:
    """Where downloaded files are kept: GLASSGRAD_DATA, or the user's cache folder."""
    chosen = os.environ.get("GLASSGRAD_DATA")
    return Path(chosen) if chosen else Path(_pooch().os_cache("glassgrad"))


# --- finding the files --------------------------------------------------------------------


def _locate(owner: str, remote: Remote, folder: str | Path | None) -> Path:
    """The file in `folder`, unpacked or not, or else in the cache.

    Raises:
        ArgumentError: it is not in the folder.
    """
    if folder is None:
        return _fetch(owner, remote, "folder='…'")
    names = [remote.name, remote.name.removesuffix(".gz")]
    for path in (Path(folder) / name for name in names):
        if path.is_file():
            return path
    raise ag.ArgumentError(
        f"{owner}: the folder {str(folder)!r} has no {remote.name}. Fetch it from {remote.url}."
    )


def _fetch(owner: str, remote: Remote, by_hand: str) -> Path:
    folder = cache_folder()
    try:
        path = _pooch().retrieve(
            remote.url, known_hash=remote.checksum, fname=remote.name, path=folder / owner
        )
    except (OSError, ValueError) as error:
        wrong = "came with a wrong checksum" if isinstance(error, ValueError) else "is out of reach"
        raise DownloadError(
            f"{owner}: {remote.name} {wrong} ({type(error).__name__}). Without a network, bring "
            f"the file from {remote.url} by hand and put it into {folder / owner}, or name its "
            f"place: {by_hand}."
        ) from error
    return Path(path)


def _pooch() -> Any:
    return ag.need_package(
        "pooch",
        "pooch",
        "train",
        "Downloading",
        "A file on the disk is read with folder= or path=.",
    )


# --- reading them -------------------------------------------------------------------------


def _idx_images(
    owner: str, files: dict[str, Remote], part: str, folder: str | Path | None, dtype: Any
) -> Examples:
    _check_part(owner, part)
    images = _idx(_locate(owner, files[f"{part} images"], folder), 3)
    labels = _idx(_locate(owner, files[f"{part} labels"], folder), 1)
    if len(images) != len(labels):
        raise ag.RangeError(f"{owner}: {len(images)} images, but {len(labels)} labels.")
    return Examples(_pixels(images[:, None], dtype), labels.astype(np.int64))


def _idx(path: Path, rank: int) -> np.ndarray:
    """An array of bytes in IDX format: 0, 0, type 8, rank; the sizes; the values.

    Raises:
        RangeError: the file has another format, or is cut off.
    """
    opened: Callable[[Path, str], Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            content = file.read()
    except (EOFError, gzip.BadGzipFile) as error:
        raise ag.RangeError(f"{path.name} is not a whole gzip file: {error}.") from error
    head = 4 + 4 * rank
    known = content[:4] == bytes([0, 0, 8, rank]) and len(content) >= head
    sizes = [int(n) for n in np.frombuffer(content[4:head], dtype=">u4")] if known else []
    if not known or len(content) != head + math.prod(sizes):
        raise ag.RangeError(
            f"{path.name} is not an IDX file of bytes with {rank} dimension{'s' * (rank > 1)}, "
            "or it is cut off."
        )
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(sizes)


def _cifar_records(archive: tarfile.TarFile, name: str) -> np.ndarray:
    """Records of a label and 3·32·32 bytes, read without unpacking anything to the disk."""
    member = f"cifar-10-batches-bin/{name}.bin"
    try:
        file = archive.extractfile(member)
    except KeyError:
        file = None
    content = b"" if file is None else file.read()
    if not content or len(content) % 3073:
        raise ag.RangeError(f"The archive has no {member} of whole records (3,073 bytes each).")
    return np.frombuffer(content, dtype=np.uint8).reshape(-1, 3073)


def _pixels(images: np.ndarray, dtype: Any) -> np.ndarray:
    wanted = ag.get_default_dtype() if dtype is None else np.dtype(dtype)
    if wanted == np.uint8:
        return images.copy()
    if wanted.kind != "f":
        raise ag.DTypeError(f"Pixels are floats from 0 to 1 or uint8, not {wanted}.")
    pixels: np.ndarray = np.divide(images, 255, dtype=wanted)
    return pixels


def _check_part(owner: str, part: str) -> None:
    if part not in ("train", "test"):
        raise ag.RangeError(f"{owner}: the part is 'train' or 'test', got {part!r}.")


# --- where they are -----------------------------------------------------------------------


def _idx_files(base: str, checksums: dict[str, str]) -> dict[str, Remote]:
    return {
        what: Remote(
            f"{base}{'train' if what.startswith('train') else 't10k'}-"
            f"{'images-idx3' if what.endswith('images') else 'labels-idx1'}-ubyte.gz",
            f"md5:{checksum}",
        )
        for what, checksum in checksums.items()
    }


_MNIST = _idx_files(
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    {
        "train images": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train labels": "d53e105ee54ea40749a09fcbcd1e9432",
        "test images": "9fb629c4189551a2d022fa330f9573f3",
        "test labels": "ec29112dd5afa0611ce80d1b7f02629c",
    },
)
_FASHION_MNIST = _idx_files(
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    {
        "train images": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train labels": "25c81989df183df01b3e8a0aad5dffbe",
        "test images": "bef4ecab320f06d8554ea6380940ec79",
        "test labels": "bb300cfdad3c16e7a12a480ee83cd310",
    },
)
_CIFAR10 = Remote(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "md5:c32a1d4ab5d03f1284b67883e8d87530",
)
_TINY_SHAKESPEARE = Remote(
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "sha256:86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
