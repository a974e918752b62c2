"""The examples in the docstrings of rules, schedules and what goes with them."""

from __future__ import annotations

import doctest
import importlib
import re

import pytest

import optim

WITH_EXAMPLES = [
    *("adadelta", "adagrad", "adam", "adamax", "asgd", "averaging", "clipping", "combined"),
    *("lbfgs", "line_search", "lion", "lr_scheduler", "nadam", "newton", "options", "radam"),
    *("rmsprop", "schedules", "sgd"),
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name):
    found = doctest.testmod(importlib.import_module(f"optim.{name}"))
    assert found.attempted
    assert not found.failed


def test_every_optimizer_names_its_rule_and_its_source():
    """A rule is public, and says whose it is: a name and a year."""
    classes = [item for item in vars(optim).values() if isinstance(item, type)]
    kinds = [kind for kind in classes if issubclass(kind, optim.Optimizer)]
    assert len(kinds) >= 17
    for kind in kinds:
        rule = vars(kind).get("update")
        if rule is not None:
            assert re.search(r"[A-Z]\w+[^()]* (19|20)\d\d", rule.__func__.__doc__), kind
