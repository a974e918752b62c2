"""PNG and PDF: our SVG rasterised by libraries, with fonts that come along with them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.core.errors import MissingPackageError
from autograd.draw.svg import extent, svg

if TYPE_CHECKING:
    from autograd.draw.picture import Picture

SCALE = 2
"""Pixels of the image for each pixel of the SVG."""

SIDE, PIXELS = 30_000, 100_000_000
"""The most pixels on a side, and in all."""

_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")


def png(picture: Picture) -> bytes:
    """The picture as PNG, in the light theme unless it has another.

    Raises:
        MissingPackageError: the extra ``png`` is not installed.
    """
    resvg = _need("resvg_py")
    theme = "light" if picture.theme == "auto" else picture.theme
    source = svg(picture.view, picture.layout, theme, literal=True)
    drawn = resvg.svg_to_bytes(
        svg_string=source,
        width=_width(picture),
        skip_system_fonts=True,
        font_files=[str(file) for file in fonts()],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
        monospace_family="DejaVu Sans Mono",
    )
    return bytes(drawn)


def _width(picture: Picture) -> int:
    """Pixels from left to right: twice the SVG's, less for pictures too large to paint."""
    width, height = extent(picture.view, picture.layout)
    scale = min(SCALE, SIDE / width, SIDE / height, sqrt(PIXELS / (width * height)))
    return max(1, round(width * scale))


def pdf(picture: Picture) -> bytes:
    """The picture as a PDF page that holds the same image as `png`."""
    pillow = _need("PIL.Image")
    out = BytesIO()
    with pillow.open(BytesIO(png(picture))) as image:
        page = pillow.new("RGB", image.size, "white")
        page.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
        page.save(out, "PDF", resolution=72.0 * SCALE, creationDate=None, modDate=None)
    return out.getvalue()


def fonts() -> list[Path]:
    """DejaVu, as matplotlib carries it; matplotlib itself is not loaded."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise _missing("the fonts of matplotlib")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return [folder / name for name in _FONTS]


def _need(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise _missing(module.partition(".")[0]) from error


def _missing(package: str) -> MissingPackageError:
    return MissingPackageError(
        f"PNG and PDF are made with {package}, which is not installed: "
        "pip install \"glassgrad[png]\". SVG, HTML, DOT and text need nothing more: save('f.svg')."
    )
