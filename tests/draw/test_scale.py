"""Large graphs are counted before they are traced, and say what to do."""

import time

import pytest

import autograd as ag
from autograd.draw import scale


def chain(count):
    x = ag.tensor(1.0, requires_grad=True, name="x")
    y = x
    for _ in range(count):
        y = y * 1.0001
    return y


@pytest.fixture(scope="module")
def long():
    return chain(scale.OPERATIONS + 1)


@pytest.mark.parametrize("call", ["graph", "step_through"])
def test_more_than_can_be_read_is_refused_at_once(long, call):
    start = time.perf_counter()
    with pytest.raises(ag.RangeError, match=r"20,001 operations.*an earlier result"):
        getattr(long, call)()
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize("call", ["graph", "step_through"])
def test_a_notebook_says_soon_why_there_is_no_picture(call):
    result = chain(scale.OPERATIONS - 1)
    start = time.perf_counter()
    shown = getattr(result, call)()._repr_mimebundle_()
    assert time.perf_counter() - start < 2
    assert "no layout of more than 3,000" in shown["text/html"]
    assert shown["text/plain"].startswith("A run of 19,999 operations; print(")


def test_the_text_of_a_long_run_still_works():
    picture = chain(scale.MOST + 1).graph()
    assert len(picture.to_text().splitlines()) == scale.MOST + 2
    with pytest.raises(ag.RangeError, match="3,001 nodes"):
        picture.to_svg()
