"""A real JupyterLab: the picture while a notebook is not trusted, the stepper once it is."""

from __future__ import annotations

import socket
import time
import urllib.request

import pytest

pytestmark = pytest.mark.browser

SETTINGS = (
    "--no-browser",
    "--ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--ServerApp.allow_root=True",
    "--ServerApp.port_retries=0",
    "--LabApp.news_url=",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)
PROGRAM = """\
import autograd as ag

x = ag.tensor(-2.0, requires_grad=True, name="x")
y = ag.tensor(5.0, requires_grad=True, name="y")
f = x * y
f.step_through(height=500)  # {}"""
OUTPUT = ".jp-OutputArea-output .glassgrad"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
"""The kernel has started, and waits."""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(server, address, log):
    """Until the server answers; at most a minute."""
    for _ in range(300):
        assert server.poll() is None, log.read_text(encoding="utf-8")
        try:
            return urllib.request.urlopen(f"{address}/api", timeout=5).close()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lab(home, circuit):
    """The address of a JupyterLab with two notebooks, of which one is trusted."""
    output = dict(circuit.step_through(height=500)._repr_mimebundle_())
    for name in ("stranger", "friend"):
        home.write(f"{name}.ipynb", PROGRAM.format(name), output)
    home.run("trust", "friend.ipynb")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = home.start("lab", f"--port={port}", *SETTINGS)
    try:
        wait_for(server, address, home.folder / "log.txt")
        yield address
    finally:
        server.terminate()
        server.wait(30)


class Seen:
    """What a page of JupyterLab's asks for, and what it says that is not JupyterLab's own."""

    def __init__(self, page):
        self.requests, self.complaints = [], []
        page.context.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self.hear)

    def hear(self, message):
        bad = message.type in ("error", "warning")
        if bad and "/static/" not in message.location["url"]:
            self.complaints.append(message.text)

    def check(self, address):
        inside = ("data:", "blob:", "about:", address, address.replace("http", "ws"))
        assert [url for url in self.requests if not url.startswith(inside)] == []
        assert self.requests, "nothing was seen"
        assert self.complaints == []


@pytest.fixture
def opened(browser, lab):
    """Opens a notebook; nothing outside may be asked for, and nothing of ours may complain."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    seen = Seen(page)

    def make(name):
        page.goto(f"{lab}/lab/tree/{name}.ipynb?reset")
        page.wait_for_selector(OUTPUT, timeout=60_000)
        return page

    yield make
    context.close()
    seen.check(lab)


def test_a_notebook_that_is_not_trusted_shows_the_picture(opened):
    page = opened("stranger")
    output = page.locator(OUTPUT)
    assert output.get_attribute("class") == "glassgrad", "no script has made it live"
    assert output.locator("script, iframe").count() == 0
    image = output.locator("img")
    assert "f = -12.0000" in image.get_attribute("alt")
    assert image.evaluate("image => image.naturalWidth") > 300
    assert image.bounding_box()["height"] > 100


def move(page, title):
    """Go through the stepper by click and by key."""
    inside = page.frame_locator(f"{OUTPUT} iframe")
    inside.locator("#next").click()
    assert "step 2 of" in inside.locator("#phase").inner_text()
    page.keyboard.press("ArrowRight")
    assert "step 3 of" in inside.locator("#phase").inner_text()
    page.keyboard.press("End")
    assert inside.locator("h1").inner_text() == title
    assert page.locator(f"{OUTPUT} img").count() == 0


def test_a_trusted_notebook_has_the_stepper(opened):
    page = opened("friend")
    frame = page.locator(f"{OUTPUT} iframe")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    assert frame.bounding_box()["height"] == 500
    move(page, "Gradient of y, through +")


def run_cell(page):
    """JupyterLab drops what is run while it is still connecting to the kernel: again, then."""
    for _ in range(6):
        page.locator(".jp-Cell .cm-content").click()
        page.keyboard.press("Control+Enter")
        for _ in range(50):
            if page.locator(f"{OUTPUT} iframe").count():
                return
            page.wait_for_timeout(200)
    raise AssertionError(page.locator(".jp-Cell-outputArea").inner_html())


def test_a_cell_that_is_run_has_the_stepper_at_once(opened):
    page = opened("stranger")
    page.wait_for_selector(IDLE, timeout=60_000)
    run_cell(page)
    move(page, "Gradient of y, through ×")
