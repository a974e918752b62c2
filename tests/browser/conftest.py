"""A headless Chromium, and the proof that its pages ask for nothing and complain of nothing."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
HOW = (
    "The tests that drive a browser need Playwright for Python and a Chromium.\n"
    "  pip install 'glassgrad[browser]'\n"
    "  Debian, Ubuntu: apt-get install chromium        anywhere: playwright install chromium\n"
    "or name a program: GLASSGRAD_CHROMIUM=/path/to/chromium make test-browser"
)
PROGRAM = """\
import autograd as ag

x = ag.tensor(-2.0, requires_grad=True, name="x")
y = ag.tensor(5.0, requires_grad=True, name="y")
z = ag.tensor(-4.0, requires_grad=True, name="z")
q = x + y
f = q * z
"""

TRAINING = """\
import autograd as ag
import optim

w = ag.tensor(2.0, requires_grad=True, name="w")
b = ag.tensor(0.5, requires_grad=True, name="b")
optimizer = optim.SGD([w, b], lr=0.1, momentum=0.9)
with ag.record() as tape:
    for x, t in ((1.0, 3.0), (2.0, -1.0)):
        optimizer.zero_grad()
        loss = (w * x + b - t) ** 2
        loss.backward()
        optimizer.step()
"""


def find_chromium(playwright):
    """A path to a browser, None for Playwright's own."""
    named = os.environ.get("GLASSGRAD_CHROMIUM")
    if named:
        found = shutil.which(named)
        return found or pytest.fail(f"GLASSGRAD_CHROMIUM={named}: no such program.\n{HOW}")
    for name in NAMES:
        if shutil.which(name):
            return shutil.which(name)
    if Path(playwright.chromium.executable_path).exists():
        return None
    return pytest.fail(f"No Chromium was found.\n{HOW}")


@pytest.fixture(scope="session")
def browser():
    """One browser for the session."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        pytest.fail(f"Playwright is not installed.\n{HOW}")
    with sync_playwright() as playwright:
        program = find_chromium(playwright)
        launched = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield launched
        launched.close()


class Visit:
    """A page and everything that it said or asked for while it was open."""

    def __init__(self, page):
        self.page = page
        self.complaints, self.requests = [], []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.on("request", lambda request: self.requests.append(request.url))

    def open(self, path, step=None):
        """Open a file, at a step where one is given."""
        self.page.goto(f"{Path(path).as_uri()}{'' if step is None else f'#{step}'}")
        return self.page

    def check(self):
        assert self.complaints == []
        fetched = [url for url in self.requests if not url.startswith(("file:", "data:", "about:"))]
        assert fetched == []


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    """Both colour schemes."""
    return request.param


@pytest.fixture
def visit(browser):
    """Opens files in pages of their own; no complaint and no request may come of it."""
    contexts, visits = [], []

    def make(path, step=None, **options):
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | options)
        contexts.append(context)
        visits.append(Visit(context.new_page()))
        return visits[-1].open(path, step)

    yield make
    for one in visits:
        one.check()
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def circuit(tmp_path_factory):
    """Lecture A1, from a file of its own."""
    path = tmp_path_factory.mktemp("circuit") / "circuit.py"
    path.write_text(PROGRAM, encoding="utf-8")
    return runpy.run_path(str(path))["f"]


@pytest.fixture(scope="session")
def circuit_page(circuit, tmp_path_factory):
    """The stepper of the circuit as a file."""
    return circuit.step_through().save(tmp_path_factory.mktemp("page") / "circuit.html")


@pytest.fixture(scope="session")
def training_page(tmp_path_factory):
    """The stepper of two iterations: forward pass, error backward, weight update."""
    folder = tmp_path_factory.mktemp("training")
    (folder / "training.py").write_text(TRAINING, encoding="utf-8")
    tape = runpy.run_path(str(folder / "training.py"))["tape"]
    return tape.step_through().save(folder / "training.html")


AXE = {
    "iframes": False,  # each frame is looked at by itself: a sandboxed one answers nobody
    "resultTypes": ["violations"],
    "rules": {name: {"enabled": True} for name in ("target-size", "label-content-name-mismatch")},
}
"""WCAG 2.2 A and AA and good practice are on; two rules of theirs that axe-core leaves off."""


@pytest.fixture(scope="session")
def audit():
    """axe-core finds nothing wrong with a page as it stands, nor with the frames in it."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        pytest.fail("axe-core is not installed.\n  pip install 'glassgrad[browser]'")
    axe = Axe()

    def look(page):
        for frame in page.frames:
            found = axe.run(frame, options=AXE)
            assert found.response["passes"], "axe-core looked at nothing"
            assert not found.violations_count, found.generate_report()

    return look


class Home:
    """A folder with notebooks, and a Jupyter that knows nothing of the person's own."""

    def __init__(self, folder):
        self.folder = folder
        parts = ("CONFIG", "DATA", "RUNTIME")
        own = {f"JUPYTER_{part}_DIR": str(folder / ".jupyter" / part.lower()) for part in parts}
        own |= {"HOME": str(folder), "IPYTHONDIR": str(folder / ".ipython")}
        self.options = {"cwd": folder, "env": {**os.environ, **own}}

    def write(self, name, source, output):
        """A notebook with one cell that has been run."""
        output = nbformat.v4.new_output("execute_result", data=output, execution_count=1)
        cell = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        made = nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernel})
        nbformat.write(made, self.folder / name)

    def run(self, *command):
        """Run ``jupyter …`` to its end."""
        command = [sys.executable, "-m", "jupyter", *command]
        done = subprocess.run(command, **self.options, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def start(self, *command):
        """Start ``jupyter …``; what it says goes into log.txt."""
        log = (self.folder / "log.txt").open("w", encoding="utf-8")
        command = [sys.executable, "-m", "jupyter", *command]
        with log:
            return subprocess.Popen(command, **self.options, stdout=log, stderr=log)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An empty folder for notebooks."""
    return Home(tmp_path_factory.mktemp("home"))
