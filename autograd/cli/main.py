"""``glassgrad`` (or ``python -m autograd``): draw and step through an expression, demo, train."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import autograd as ag
from autograd.cli import demo as demonstration, train
from autograd.cli.complaint import printable
from autograd.cli.evaluate import evaluate
from autograd.cli.grammar import parse
from autograd.cli.values import variables
from autograd.draw.captions import without_gradient
from autograd.draw.trace import Trace
from autograd.stepper import terminal

FAILED, USAGE, INTERRUPTED = 1, 2, 130

EXAMPLES = """\
examples:
  glassgrad draw "(x+y)*z" x=-2 y=5 z=-4               the graph as text
  glassgrad draw "(x+y)*z" x=-2 y=5 z=-4 -o f.svg      the graph as a picture
  glassgrad step "(x+y)*z" x=-2 y=5 z=-4 -o f.html     step by step, in a browser
  glassgrad step "tanh(w*x+b)" w=0.5 x=2 b=-1 --text   step by step, in the terminal
  glassgrad demo                                       a circuit, a recurrent network, digits
  glassgrad train digits                               train a network, see how well it does
"""

EXPRESSION = """\
what an expression is made of:
  names       x, y, w1: each needs a value, NAME=NUMBER or NAME=[1,2,3]
  numbers     2, 0.5, 1e-3
  operators   + - * / // % ** @, comparisons such as x > 0, and parentheses
  elements    x[0], x[-1], w[0, 1]
  functions   """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    0: done; 1: the computation or a file failed; 2: what was typed is wrong; 130: interrupted.
    """
    _print_what_the_terminal_can()
    parser = _parser()
    arguments = parser.parse_args(_shield(sys.argv[1:] if argv is None else argv))
    if not hasattr(arguments, "run"):
        parser.print_help()
        return 0
    return _guarded(arguments)


def _guarded(arguments: argparse.Namespace) -> int:
    """Run a command; errors become one clear line and an exit code."""
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ag.ExpressionError as error:
        return _fail(str(error), USAGE)
    except ag.GlassError as error:
        return _fail(str(error), FAILED)
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", FAILED)
    return 0


def _fail(message: str, code: int) -> int:
    print(f"glassgrad: error: {message}", file=sys.stderr)
    return code


def _print_what_the_terminal_can() -> None:
    """Signs such as ∂ become escapes where the output's encoding lacks them."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


# --- the commands ---------------------------------------------------------------------


def draw(arguments: argparse.Namespace) -> None:
    """Draw the graph of an expression: as text, or into a file."""
    result, leaves = _computed(arguments)
    picture = result.graph()
    if arguments.output is None:
        print(picture.to_text())
        return
    picture.save(arguments.output)
    _report(result, leaves, arguments, picture.trace)


def step(arguments: argparse.Namespace) -> None:
    """Step through an expression: as text, or as a page for the browser."""
    _check_ending(arguments.output)
    result, leaves = _computed(arguments)
    stepper = result.step_through()
    if arguments.output is None:
        _show(stepper)
        return
    stepper.save(arguments.output)
    _report(result, leaves, arguments, stepper.trace)


def _show(stepper: ag.Stepper) -> None:
    """One step at a time where there is a terminal, else all of them."""
    if terminal.possible(sys.stdin, sys.stdout):
        terminal.walk(stepper)
    else:
        print(stepper)


def _check_ending(output: Path | None) -> None:
    """Refuse what is no page, in the words of the command line."""
    if output is not None and output.suffix.lower() not in (".html", ".htm", ".txt"):
        raise ag.RangeError(
            f"{output}: the steps are written as .html (a page) or .txt; "
            "for a picture, use glassgrad draw."
        )


def demo(arguments: argparse.Namespace) -> None:
    """Make the demo's pictures and pages."""
    demonstration.run(arguments.out)


def _computed(arguments: argparse.Namespace) -> tuple[ag.Tensor, list[ag.Tensor]]:
    expression = parse(arguments.expression)
    leaves = variables(expression, arguments.values)
    return evaluate(expression, leaves), list(leaves.values())


def _report(
    result: ag.Tensor, leaves: list[ag.Tensor], arguments: argparse.Namespace, trace: Trace
) -> None:
    """The value, each gradient of a scalar or why there is none, and the file."""
    print(f"f = {printable(arguments.expression.strip())} = {_number(result)}")
    if result.requires_grad and result.numel() == 1:
        gradients = ag.grad(result, leaves, allow_unused=True)
        for leaf, gradient in zip(leaves, gradients, strict=True):
            print(f"∂f/∂{leaf.name} = {_number(gradient)}")
    if said := without_gradient(trace):
        print(said)
    print(f"Wrote {arguments.output}")


def _number(value: ag.Tensor | None) -> str:
    if value is None:
        return "none, for no gradient reaches it"
    item = value.tolist()
    return f"{item:g}" if isinstance(item, float) else str(item)


# --- the arguments --------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glassgrad",
        description="See how an expression is computed, and how its gradients flow back.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"glassgrad {ag.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_draw(commands)
    _add_step(commands)
    _add_demo(commands)
    train.add_to(commands)
    return parser


def _add_draw(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Draw the graph of an expression with its values and gradients."
    parser = _expression_command(commands, "draw", text)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write FILE (.svg .html .png .pdf .dot .txt .json); without it, text is printed",
    )
    parser.set_defaults(run=draw)


def _add_step(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "Step through an expression, forward and backward, one operation at a time."
    parser = _expression_command(commands, "step", text)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a page (.html)")
    form.add_argument(
        "--text",
        action="store_true",
        help="as text: a step at a time with the arrow keys, or all of them where output is piped",
    )
    parser.set_defaults(run=step)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = (
        "Draw and step through a circuit, train a recurrent network to spell hello, and a "
        "network to read handwritten digits."
    )
    parser = commands.add_parser("demo", help=text, description=text)
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("build/demo"),
        metavar="FOLDER",
        help="default: %(default)s",
    )
    parser.set_defaults(run=demo)


def _expression_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(
        name,
        help=text,
        description=text,
        epilog=EXPRESSION + _function_names() + "\n\n" + EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", metavar="EXPRESSION", help='such as "(x+y)*z", in quotes')
    parser.add_argument("values", nargs="*", metavar="NAME=VALUE", help="such as x=-2 w=[1,2,3]")
    return parser


def _function_names() -> str:
    names = sorted(operation.name for operation in ag.operations())
    return textwrap.fill(", ".join(names), 76, initial_indent=" " * 14, subsequent_indent=" " * 14)[
        14:
    ]


def _shield(argv: Sequence[str]) -> list[str]:
    """Keep an expression such as ``-x*y`` from being read as an option.

    A leading blank does it, and the expression is stripped later. Options with one hyphen
    are ``-o FILE`` and ``-h``, and nothing else.
    """
    return [f" {word}" if _is_expression(word) else word for word in argv]


def _is_expression(word: str) -> bool:
    return word.startswith("-") and not word.startswith("--") and word not in ("-o", "-h", "-")
