"""The gallery's page: every picture is there, in reach of keys and screen readers."""

from __future__ import annotations

import gallery
import pytest

pytestmark = pytest.mark.browser

SHOWN = ("circuit", "two_layers", "hello_unrolled", "lstm")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The page with some of the pictures."""
    path = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gallery, "PICTURES", {name: gallery.PICTURES[name] for name in SHOWN})
        for name in SHOWN:
            gallery.write(name, path)
        gallery.index(path)
    return path


@pytest.mark.parametrize("width", [1280, 420])
def test_nothing_is_out_of_reach(visit, audit, folder, scheme, width):
    page = visit(
        folder / "index.html", color_scheme=scheme, viewport={"width": width, "height": 800}
    )
    audit(page)


def test_every_picture_is_there_and_opens(visit, folder):
    page = visit(folder / "index.html")
    images = page.locator("img")
    assert images.count() == len(SHOWN)
    for image in images.all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("async image => { await image.decode(); return image.naturalWidth }")
    for link in page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))"):
        assert (folder / link).exists(), link
