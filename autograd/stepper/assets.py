"""The page's template, style and script, read from the package and packed without loss."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from autograd.draw import theme as themes

_SCRIPTS = ("page.js", "graph.js", "camera.js", "code.js", "predict.js")
LARGE = 100_000
"""A part of the page with more letters than this is packed, and unpacked by its script."""

_STRING = re.compile(r'("(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)')
_SPACED = re.compile(r"\s*([{}()\[\];,:?=<>+\-*/&|!])\s*")
_SHEET = re.compile(r"<style>(.*?)</style>", re.S)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_WORD = re.compile(r"\.([\w-]+)")
_CLASS = re.compile(r'class="([^"]*)"')
_TOKENS = re.compile(r"(@media[^{]*\{)?\.glassgrad\{--[^}]*\}(?(1)\})\s*")
_NEEDLESS = re.compile(r"(?<=[;{,(\[])\n|\n(?=[)\]}])")
_TWICE = re.compile(r"([\w-]+):#[0-9A-Fa-f]{6};(?=\1:var\()")


@cache
def template(name: str = "page.html") -> str:
    """A page with ``$names`` where its parts go."""
    return _read(name)


@cache
def style(*names: str) -> str:
    """Style sheets in a row; their colours are the variables of `autograd.draw.theme`."""
    return "".join(_read(name).replace("\n", "") for name in names)


def page_script(*more: str) -> str:
    """The stepper's script, with parts that only some pages need."""
    return script(*_SCRIPTS, *more, "start.js")


@cache
def script(*names: str) -> str:
    """Files of a script: in a scope of its own, without comments."""
    lines = "\n".join(map(_read, names)).splitlines()
    packed = (pack(line) for line in lines)
    return _NEEDLESS.sub("", "\n".join(["{", *(line for line in packed if line), "}"]))


def loader() -> str:
    """What unpacks the other parts; it uses nothing that a browser may lack."""
    return script("unpack.js")


def deflated(text: str) -> str:
    """Text as base64 of raw deflate (RFC 1951).

    >>> zlib.decompress(base64.b64decode(deflated("∂f/∂x")), -15).decode()
    '∂f/∂x'
    """
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return base64.b64encode(squeeze.compress(text.encode()) + squeeze.flush()).decode()


def fitted(tag: str, markup: str) -> str:
    """Markup as it is, or where it is large an empty element that the page replaces by it."""
    if len(markup) < LARGE:
        return markup
    return f'<{tag} data-packed="{deflated(markup)}"></{tag}>'


def digest(script: str) -> str:
    """What a content-security policy knows a script by, so that no other runs."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


def pack(line: str) -> str:
    """A line of JavaScript without comment and without spaces around its signs.

    >>> pack('  const a = f( b ) + "x + y"; // why')
    'const a=f(b)+"x + y";'
    """
    return "".join(_pieces(line.strip()))


def _pieces(line: str) -> Iterator[str]:
    for place, piece in enumerate(_STRING.split(line)):
        if place % 2:
            yield piece
            continue
        bare, comment, _ = piece.partition("//")
        yield _SPACED.sub(r"\1", bare)
        if comment:
            return


def lean(picture: str) -> str:
    """An SVG for a page that defines colours and fonts: only the rules that it needs."""
    picture = picture.replace(' xml:space="preserve"', "")  # the page's style says it
    picture = picture.replace(' xmlns="http://www.w3.org/2000/svg"', "")  # HTML knows it
    picture = picture.replace("\n<", "<")
    known = {word for words in _CLASS.findall(picture) for word in words.split()}
    return _SHEET.sub(lambda found: f"<style>{_lean_sheet(found[1], known)}</style>", picture)


def _lean_sheet(sheet: str, known: set[str]) -> str:
    """Each colour and font once, as a variable; no rule for classes that do not occur."""
    sheet = _TWICE.sub("", _TOKENS.sub("", sheet)).replace(".glassgrad ", "svg ")
    sheet = sheet.replace(themes.MONO, "var(--mono)").replace(themes.SANS, "var(--sans)")
    rules = []
    for selectors, body in _RULE.findall(sheet):
        used = [s for s in selectors.strip().split(",") if set(_WORD.findall(s)) <= known]
        rules += [f"{','.join(used)}{{{body}}}"] if used else []
    return "".join(rules)


def _read(name: str) -> str:
    return files("autograd.stepper").joinpath("static", name).read_text(encoding="utf-8").strip()
