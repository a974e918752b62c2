"""A notebook that nbconvert has made a page of: the stepper is there, and asks for nothing."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

OUTPUT = ".jp-OutputArea-output"


@pytest.fixture(scope="module")
def pages(home, circuit):
    """A page with the stepper, and the same with its text only."""
    bundle = dict(circuit.step_through(height=500)._repr_mimebundle_())
    home.write("stepper.ipynb", "f.step_through()", bundle)
    home.write("text.ipynb", "f.step_through()", {"text/plain": bundle["text/plain"]})
    home.run("nbconvert", "--to", "html", "stepper.ipynb", "text.ipynb")
    return home.folder


class Offline:
    """A page without a network, what it wanted from there, and what it said."""

    def __init__(self, browser, path, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.wanted, self.said = [], []
        self.context.route(lambda url: not url.startswith("file:"), lambda route: route.abort())
        self.context.on("request", lambda request: self.wanted.append(request))
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def outside(self):
        """What was asked for elsewhere, by which frame."""
        inside = ("file:", "data:", "about:")
        asked = [request for request in self.wanted if not request.url.startswith(inside)]
        return sorted((request.frame == self.page.main_frame, request.url) for request in asked)


@pytest.fixture
def offline(browser):
    opened = []

    def make(path, **options):
        opened.append(Offline(browser, path, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.context.close()


def test_the_stepper_moves_in_the_converted_page(offline, pages, scheme):
    page = offline(pages / "stepper.html", color_scheme=scheme).page
    inside = page.frame_locator(f"{OUTPUT} iframe")
    inside.locator("#next").click()
    page.keyboard.press("ArrowRight")
    assert "step 3 of 8" in inside.locator("#phase").inner_text()
    page.keyboard.press("End")
    assert inside.locator("h1").inner_text() == "Gradient of y, through +"
    assert page.locator(f"{OUTPUT} img").count() == 0


def test_our_output_asks_for_nothing_and_complains_of_nothing(offline, pages):
    """nbconvert's template asks for scripts of its own: the same without our output."""
    ours, bare = offline(pages / "stepper.html"), offline(pages / "text.html")
    for one in (ours, bare):
        one.page.wait_for_load_state()
        one.page.wait_for_timeout(500)
    assert ours.outside() == bare.outside()
    assert sorted(ours.said) == sorted(bare.said)


def test_without_scripts_there_is_the_picture(offline, pages):
    page = offline(pages / "stepper.html", java_script_enabled=False).page
    image = page.locator(f"{OUTPUT} img")
    assert image.bounding_box()["width"] > 300
    assert "f = -12.0000" in image.get_attribute("alt")
