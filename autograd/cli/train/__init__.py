"""``glassgrad train NAME``: trainings with a result to reach, each a file of its own.

Each prints what it measures and nothing else, with a fixed seed, and can be read as a program
to learn from.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from autograd.cli.train import copying, images, report, shakespeare, transfer

Arguments = argparse.Namespace

COMMANDS: dict[str, tuple[str, str, Callable[[Arguments], object]]] = {
    "digits": (
        "An MLP reads handwritten digits.",
        "0-4",
        lambda a: images.run(images.MLP, a.seeds, a.quick),
    ),
    "lenet": (
        "LeNet-5 reads handwritten digits.",
        "0-4",
        lambda a: images.run(images.LENET, a.seeds, a.quick),
    ),
    "transfer": (
        "A network that knows the digits 0 to 4 learns 5 to 9 from 10 examples of each.",
        "0-4",
        lambda a: transfer.run(a.seeds, a.quick),
    ),
    "copy": (
        "An LSTM copies twenty symbols, and vanilla networks do not.",
        "0",
        lambda a: [copying.run(seed, a.quick) for seed in a.seeds],
    ),
    "shakespeare": (
        "An LSTM reads a text character by character, and writes.",
        "0",
        lambda a: [shakespeare.run(a.text, seed, a.quick, a.epochs, a.save) for seed in a.seeds],
    ),
}
"""What each does, its default seeds, and how it is run."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``train`` and all that can be trained to the command line."""
    text = "Train a network and print how well it does."
    parser = commands.add_parser("train", help=text, description=text)
    names = parser.add_subparsers(title="what", metavar="NAME", required=True)
    for name, (description, seeds, run) in COMMANDS.items():
        one = names.add_parser(name, help=description, description=description)
        _add_common(one, seeds)
        one.set_defaults(run=run)
        if name == "shakespeare":
            _add_text(one)


def _add_common(parser: argparse.ArgumentParser, seeds: str) -> None:
    parser.add_argument(
        "--seed",
        "--seeds",
        dest="seeds",
        type=report.seeds,
        default=seeds,
        metavar="N",
        help="one seed, or several: 0-4 or 0,2 (default: %(default)s)",
    )
    parser.add_argument("--quick", action="store_true", help="a small version, to try it out")


def _add_text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--text",
        metavar="FILE",
        help="a text file, or 'topics' for Python's documentation; without it, tiny Shakespeare "
        "is downloaded",
    )
    parser.add_argument("--epochs", type=_count, metavar="N", help="how often the text is read")
    parser.add_argument(
        "--save", type=Path, metavar="FILE", help="write the weights (.npz or .safetensors)"
    )


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of epochs; write 1 or more")
    return int(text)
