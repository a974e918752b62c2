"""How long a step takes on a page with a thousand boxes."""

from __future__ import annotations

import pytest

import autograd as ag

pytestmark = pytest.mark.browser

BOXES = "document.querySelectorAll('#graph .value, #graph .op').length"
STEPS = """() => {
    const next = document.querySelector("#next"), scrub = document.querySelector("#scrub");
    const count = scrub.max;
    scrub.value = 0;
    scrub.dispatchEvent(new Event("input", {bubbles: true}));
    for (let step = 1; step < count; step++) {
        next.click();
        for (const part of ["#graph .now", "#explain", ".line", "#all"]) {
            document.querySelector(part)?.getBoundingClientRect(); // style and layout are done now
        }
    }
    return scrub.value - 1;
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
    """Script, style and layout, as time of the processor: other programs may be busy, too."""
    page = visit(large)
    assert page.evaluate(BOXES) > 1000
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent():
        found = session.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in found if metric["name"] == "TaskDuration")

    def each():
        start = spent()
        steps = page.evaluate(STEPS)
        assert steps > 1000
        return (spent() - start) / steps

    quickest = min(each() for _ in range(3))  # a processor that is shared is slow for a while
    assert 0 < quickest < 0.005
