"""PNG and PDF without a system package: the libraries bring renderer and fonts."""

import importlib.util
import sys
from io import BytesIO

import pytest
from PIL import Image

import autograd as ag
from autograd.draw import raster
from autograd.draw.theme import THEMES


def pixels(picture):
    with Image.open(BytesIO(raster.png(picture))) as image:
        return image.convert("RGB")


def colour(name, theme="light"):
    code = THEMES[theme][name]
    return tuple(int(code[i : i + 2], 16) for i in (1, 3, 5))


def test_the_image_has_text_and_both_hues(circuit):
    image = pixels(circuit.graph())
    counts = {c: n for n, c in image.getcolors(1 << 24)}
    for token in ("bg", "fg", "fwd", "bwd", "bwdtx", "line"):
        assert counts.get(colour(token), 0) > 20, token


def test_a_dark_image(circuit):
    image = pixels(circuit.graph(theme="dark"))
    counts = {c: n for n, c in image.getcolors(1 << 24)}
    assert max(counts, key=counts.get) in {colour("bg", "dark"), colour("node", "dark")}


def test_large_pictures_stay_within_bounds(circuit, monkeypatch):
    full = pixels(circuit.graph()).size
    monkeypatch.setattr(raster, "SIDE", 200)
    assert max(pixels(circuit.graph()).size) <= 201 < max(full)


def test_the_fonts_are_files_that_matplotlib_carries_and_it_is_not_loaded():
    assert all(file.is_file() for file in raster.fonts())


@pytest.mark.parametrize("package", ["resvg_py", "PIL.Image"])
def test_a_missing_package_names_the_extra(circuit, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ag.MissingPackageError, match=r'pip install "glassgrad\[png\]"'):
        circuit.graph().save(tmp_path / "f.pdf")
    assert not list(tmp_path.iterdir())


def test_missing_fonts_name_the_extra(circuit, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(raster, "find_spec", lambda n: None if n == "matplotlib" else find(n))
    with pytest.raises(ag.MissingPackageError, match=r"fonts of matplotlib.*glassgrad\[png\]"):
        raster.png(circuit.graph())


def test_a_pdf_does_not_know_the_time(circuit):
    assert b"Date" not in raster.pdf(circuit.graph())
