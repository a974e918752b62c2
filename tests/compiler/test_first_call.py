"""What keeps the first call quick: passes that have nothing to do, products inside sums."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np

import autograd as ag
from autograd.compiler.capture import capture
from autograd.compiler.passes import PASSES, improve
from autograd.compiler.passes.common import merge_common
from autograd.compiler.passes.rewriting import looks_for


def number(value):
    return ag.tensor(value, requires_grad=True)


def scalar_program():
    def f(x, y):
        total = x
        for _ in range(3):
            total = total + x * y
        return total

    return capture(f, (number(2.0), number(3.0)), {}).program


def test_a_pass_without_its_calls_leaves_the_program_alone():
    seen = []

    @looks_for("np.matmul", "np.dot")
    def turn_all(program):
        seen.append(program)
        return program

    program = scalar_program()
    after = turn_all(program)
    assert not seen
    assert after.instructions is program.instructions
    assert after.remarks == [*program.remarks, "turn all: nothing to do"]
    with_product = capture(lambda a: a @ a, (ag.tensor(np.ones((2, 2))),), {}).program
    assert turn_all(with_product) is with_product
    assert seen == [with_product]


def test_a_pass_is_not_applied_to_what_it_made_itself():
    seen = []

    def copied(program):
        seen.append(program.instructions)
        return replace(program, instructions=[*program.instructions])

    improve(scalar_program(), (copied, copied, merge_common, copied))
    assert len(seen) == 2


def test_on_single_numbers_most_passes_have_nothing_to_do():
    after = improve(scalar_program(), PASSES)
    assert sum(remark.endswith("nothing to do") for remark in after.remarks) >= 8


def product_on_its_own_line(x, y):
    both = x * y
    return both + x


def test_a_product_that_is_added_at_once_is_written_inside_the_sum():
    def f(w, x, b):
        total = b + w * x
        total.backward()
        return total

    compiled, w, x, b = ag.compile(f), number(2.0), number(3.0), number(5.0)
    assert compiled(w, x, b).item() == 11.0
    assert (w.grad.item(), x.grad.item(), b.grad.item()) == (3.0, 2.0, 1.0)
    assert "total = b_value + w_value * x_value  # b + w · x, line " in compiled.source


def _line(compiled, start):
    return next(line.strip() for line in compiled.source.splitlines() if start in line)


def test_numbers_that_the_engine_takes_out_of_arrays_are_no_instructions():
    program = capture(lambda x, y: x * y + x, (number(2.0), number(3.0)), {}).program
    assert [line.name for line in program.instructions] == ["np.multiply", "np.add"]


def test_a_product_that_the_user_named_or_uses_twice_keeps_its_name():
    named = ag.compile(product_on_its_own_line)
    assert named(number(2.0), number(3.0)).item() == 8.0
    assert "both = " in named.source
    twice = ag.compile(lambda x, y: (p := x * y) + p)
    assert twice(number(2.0), number(3.0)).item() == 12.0
    assert "+" not in _line(twice, " * ").split("#")[0]


def test_a_difference_takes_products_on_both_sides():
    f = ag.compile(lambda a, b, c: a * b - b * c)
    assert f(number(2.0), number(-3.0), number(0.5)).item() == -4.5
    assert _line(f, " - ").split("#")[0].count("*") == 2


def test_the_collector_of_cycles_is_as_it_was_after_a_trace():
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            ag.compile(lambda x: x * x)(number(2.0))
            assert gc.isenabled() is enabled
        finally:
            gc.enable()


def test_a_trace_leaves_no_cycles_behind():
    def f(x, y):
        total = x
        for _ in range(200):
            total = total + ag.tanh(x * y)
        total.backward()

    compiled, args = ag.compile(f), (number(0.2), number(0.3))
    gc.collect()
    gc.disable()
    try:
        compiled(*args)
        assert gc.collect() < 100
    finally:
        gc.enable()


def is_old(item):
    return any(known is item for known in gc.get_objects(generation=2))


def test_a_very_large_trace_counts_as_old_at_once(monkeypatch):
    monkeypatch.setattr("autograd.compiler.variant.OPERATIONS", 0)  # very large ones are not packed
    small = ag.compile(lambda x: x * x)
    small(number(2.0))
    assert not is_old(small.program.instructions[0])
    monkeypatch.setattr("autograd.compiler.meanwhile.OBJECTS", 0)
    large = ag.compile(lambda x: x * x)
    large(number(2.0))
    assert is_old(large.program.instructions[0])
    assert gc.get_freeze_count() == 0


def test_what_a_program_froze_stays_frozen(monkeypatch):
    monkeypatch.setattr("autograd.compiler.meanwhile.OBJECTS", 0)
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        ag.compile(lambda x: x * x)(number(2.0))
        assert gc.get_freeze_count() >= frozen - 100
    finally:
        gc.unfreeze()
