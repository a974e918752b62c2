"""What `explain` says: what was done, what was not, and a memory plan that is true."""

from __future__ import annotations

import re

import numpy as np

import autograd as ag
import nn
import optim


def training():
    model = nn.Sequential(nn.Linear(40, 64), nn.Tanh(), nn.Linear(64, 8))
    rule = optim.Adam(model.parameters())
    x = ag.tensor(np.random.default_rng(1).standard_normal((32, 40)))

    @ag.compile
    def step():
        loss = (model(x) ** 2).sum()
        rule.zero_grad()
        loss.backward()
        rule.step()
        return loss

    step(), step()
    return step


def test_passes_that_found_nothing_are_on_one_line():
    said = training().explain().splitlines()
    assert sum(line.startswith("without effect here: ") for line in said) == 1
    assert not any(line.endswith("nothing to do") for line in said)
    assert any(re.match(r"dead code: [1-9]\d* of \d+ removed", line) for line in said)


def test_the_memory_plan_is_what_the_source_allocates():
    step = training()
    plan = re.findall(r"^  (\w+): ([\d×]+) (\w+), ([\d,]+) bytes(, within)?", step.explain(), re.M)
    space = {}
    exec(step.source, space)
    assert len(plan) > 4
    for name, shape, dtype, size, _ in plan:
        array = space[name]
        assert array.shape == tuple(map(int, shape.split("×")))
        assert (array.dtype.name, f"{array.nbytes:,}") == (dtype, size)
    total = sum(int(size.replace(",", "")) for *_, size, within in plan if not within)
    assert f"buffers of {total:,} bytes together" in step.explain()


def test_the_memory_plan_names_the_results_that_lie_there():
    step = training()
    held = dict(re.findall(r"^  (b\d+): .* bytes.*?: (.*)$", step.explain(), re.M))
    assert held
    for buffer, names in held.items():
        for name in names.split(", "):
            assert re.search(rf"\b{name}\b", step.source), (buffer, name)
