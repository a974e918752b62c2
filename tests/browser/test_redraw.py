"""How long a step takes on a page with a thousand boxes."""

from __future__ import annotations

import statistics

import pytest

import autograd as ag

pytestmark = pytest.mark.browser

BOXES = "document.querySelectorAll('#graph .value, #graph .op').length"
TIMES = """() => {
    const next = document.querySelector("#next");
    const count = document.querySelector("#scrub").max;
    const times = [];
    document.querySelector("#first").click();
    for (let step = 1; step < count; step++) {
        const start = performance.now();
        next.click();
        for (const part of ["#graph .now", "#explain", ".line", "#all"]) {
            document.querySelector(part)?.getBoundingClientRect(); // style and layout are done now
        }
        times.push(performance.now() - start);
    }
    return times;
}"""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A sum of 150 neurons, as a tree: about a thousand boxes and as many steps."""
    terms = []
    for i in range(150):
        w = ag.tensor(0.01 * i - 1, requires_grad=True, name=f"w{i}")
        terms.append(ag.tanh(w * (0.5 + 0.001 * i) + 0.1))
    while len(terms) > 1:
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [a + b for a, b in pairs] + terms[len(terms) // 2 * 2 :]
    return terms[0].step_through().save(tmp_path_factory.mktemp("large") / "large.html")


def test_a_step_among_a_thousand_boxes_takes_less_than_five_milliseconds(visit, large):
    """Half of the steps, with style and layout; the best of some tries, for machines are busy."""
    page = visit(large)
    assert page.evaluate(BOXES) > 1000
    medians = []
    for _ in range(4):
        times = page.evaluate(TIMES)
        assert len(times) > 1000
        medians.append(statistics.median(times))
        if medians[-1] < 5:
            break
    assert min(medians) < 5
