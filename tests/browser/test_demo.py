"""The demo's pages in a real browser: everything is there, from one file, without a request."""

from __future__ import annotations

import pytest

from autograd.cli.demo import circuit, digits, hello, page as index

pytestmark = pytest.mark.browser

FETCHED = "performance.getEntriesByType('resource').map(e => e.name)"
SIZES = "images => images.map(image => [image.complete, image.naturalWidth, image.naturalHeight])"
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
COLOUR = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the demo leaves, after a short training on the digits."""
    path = tmp_path_factory.mktemp("demo")
    circuit.show_circuit(path)
    said = hello.show_hello(path)
    outcomes = digits.show_digits(path, seeds=[0, 1], epochs=1)
    index.write_page(path, said, outcomes)
    return path


def asked_for(page):
    return [name for name in page.evaluate(FETCHED) if not name.startswith("data:")]


def test_the_index_shows_every_picture(folder, visit, scheme):
    page = visit(folder / "index.html", color_scheme=scheme)
    sizes = page.locator("main img").evaluate_all(SIZES)
    assert len(sizes) == 3
    for complete, width, height in sizes:
        assert complete
        assert width > 100
        assert height > 100
    assert asked_for(page) == []


def test_the_index_follows_the_colour_scheme(folder, visit):
    light = visit(folder / "index.html", color_scheme="light").evaluate(COLOUR)
    dark = visit(folder / "index.html", color_scheme="dark").evaluate(COLOUR)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(17, 20, 24)")


def test_the_stepper_runs_inside_the_index(folder, visit):
    page = visit(folder / "index.html")
    frame = page.frame_locator("iframe")
    shown = frame.locator("body").inner_text()
    assert "q = x + y" in shown
    page.locator("iframe").focus()
    frame.locator("body").press("End")
    assert frame.locator("body").inner_text() != shown


def test_wide_pictures_scroll_and_can_be_fitted(folder, visit):
    page = visit(folder / "index.html")
    assert not page.evaluate(WIDER)
    image = page.get_by_alt_text("one training step")
    wide = image.bounding_box()["width"]
    page.get_by_label("Fit the picture to the page").last.check()
    assert image.bounding_box()["width"] < 1280 < wide


def test_a_narrow_screen_has_no_sideways_scroll(folder, visit):
    page = visit(folder / "index.html", viewport={"width": 360, "height": 640})
    assert not page.evaluate(WIDER)


def test_every_link_leads_somewhere(folder, visit):
    page = visit(folder / "index.html")
    links = page.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert {link for link in links if not link.startswith("#")} == {
        "circuit.svg",
        "circuit.html",
        "hello.svg",
        "digits.svg",
    }
    for link in links:
        target = page.locator(link).count() if link.startswith("#") else (folder / link).exists()
        assert target, link


def test_what_a_screen_reader_finds(folder, visit):
    page = visit(folder / "index.html")
    headings = page.locator("h1, h2").all_inner_texts()
    assert len(headings) == 5
    assert page.locator("main section").count() == 4
    for heading in headings[1:]:
        assert page.get_by_role("region", name=heading, exact=True).count() == 1
    assert page.locator("iframe").get_attribute("title") == "The circuit, step by step"
    assert page.locator("table caption").inner_text()
    assert all(
        len(words) > 60
        for words in page.locator("img").evaluate_all("images => images.map(i => i.alt)")
    )


@pytest.mark.parametrize("name", ["circuit.svg", "hello.svg", "digits.svg"])
def test_every_picture_opens_on_its_own(name, folder, visit, scheme):
    page = visit(folder / name, color_scheme=scheme)
    box = page.locator("svg").first.bounding_box()
    assert box["width"] > 100
    assert box["height"] > 100
    assert asked_for(page) == []


def test_the_circuits_page_opens_on_its_own(folder, visit, scheme):
    page = visit(folder / "circuit.html", color_scheme=scheme)
    box = page.locator("svg.glassgrad").first.bounding_box()
    assert box["width"] > 100
    assert box["height"] > 100
    assert asked_for(page) == []


def test_axe_finds_nothing_wrong(folder, visit, audit, scheme):
    audit(visit(folder / "index.html", color_scheme=scheme))
