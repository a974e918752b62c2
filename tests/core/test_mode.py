"""The one piece of global state, and the user's line."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import autograd as ag
from autograd.core.mode import current
from autograd.core.where import display_name, resolve, source_of


def leaf():
    return ag.tensor(2.0, requires_grad=True)


def test_no_grad_nests_restores_on_exceptions_and_decorates():
    x = leaf()
    with ag.no_grad():
        assert not (x * 2).requires_grad
        with ag.enable_grad():
            assert (x * 2).requires_grad
        assert not ag.is_grad_enabled()
    with pytest.raises(ZeroDivisionError), ag.no_grad():
        _ = 1 / 0
    assert ag.is_grad_enabled()

    @ag.no_grad()
    def countdown(n):
        assert not (x * 2).requires_grad
        return countdown(n - 1) if n else ag.is_grad_enabled()

    assert countdown(3) is False
    assert ag.is_grad_enabled()
    with ag.set_grad_enabled(False):
        assert not ag.is_grad_enabled()


def test_another_thread_has_its_own_mode():
    seen = []
    with ag.no_grad():
        thread = threading.Thread(target=lambda: seen.append(ag.is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_scopes_nest_and_are_recorded():
    x = leaf()
    with ag.scope("encoder"), ag.scope("t", step=3):
        y = x * 2
    assert [s.name for s in y.node.scope.chain()] == ["encoder", "t"]
    assert y.node.scope.step == 3
    assert (x * 2).node.scope is None
    with pytest.raises(ag.ArgumentError, match="string"):
        ag.scope(3)


def test_a_scope_as_a_decorator_lies_inside_the_callers():
    @ag.scope("inner")
    def double(x):
        return x * 2

    with ag.scope("outer"):
        y = double(leaf())
    assert [s.name for s in y.node.scope.chain()] == ["outer", "inner"]


def test_a_scope_holds_its_owner_weakly():
    class Owner:
        pass

    owner = Owner()
    with ag.scope("module", owner=owner):
        y = leaf() * 2
    assert y.node.scope.owner() is owner
    del owner
    assert y.node.scope.owner() is None


def test_the_users_line_is_recorded_with_its_columns():
    x = leaf()
    y = 1.0 + x * 3.0
    line = resolve(y.node.where)
    assert line.text.strip() == "y = 1.0 + x * 3.0"
    assert line.text[line.column : line.end_column] == "1.0 + x * 3.0"
    assert line.file == "tests/core/test_mode.py" or line.file == "test_mode.py"
    inner = resolve(y.node.operands[1].where)
    assert inner.text[inner.column : inner.end_column] == "x * 3.0"
    assert "def leaf():" in source_of(y.node.where)


def test_columns_count_characters_not_bytes():
    größe = leaf()
    y = größe * größe
    line = resolve(y.node.where)
    assert line.text[line.column : line.end_column] == "größe * größe"


def test_compositions_report_the_users_line_not_the_engines():
    y = ag.max(ag.tensor([1.0, 2.0], requires_grad=True))
    assert "ag.max" in resolve(y.node.where).text


def test_source_capture_can_be_off_or_given():
    x = leaf()
    with ag.capture_source(False):
        assert (x * 2).node.where is None
    place = ag.Location(file="expression", text="x * 2", column=0, end_column=5)
    with ag.capture_source(place):
        line = resolve((x * 2).node.where)
    assert (line.file, line.text, line.end_column) == ("expression", "x * 2", 5)


def test_a_scope_may_stand_for_one_line():
    """The one that led to the scope, looked for once; what is given or off stays so."""
    x = leaf()
    with ag.scope("library", one_line=True):
        y = x * 2
        with ag.scope("inner"):
            z = x * 3
        with ag.capture_source(False), ag.scope("off", one_line=True):
            assert (x * 4).node.where is None
    lines = [resolve(part.node.where).text for part in (y, z)]
    assert lines == ['    with ag.scope("library", one_line=True):'] * 2
    assert "x * 5" in resolve((x * 5).node.where).text


def test_no_absolute_path_is_shown():
    assert display_name("/somewhere/else/model.py") == "model.py"
    assert display_name("<stdin>") == "<stdin>"
    assert display_name("<ipython-input-7-0123456789ab>") == "In [7]"


def test_the_same_seed_gives_the_same_bits():
    ag.manual_seed(3)
    first = ag.generator().normal(size=4)
    ag.manual_seed(3)
    np.testing.assert_array_equal(ag.generator().normal(size=4), first)
    own = np.random.default_rng(1)
    assert ag.generator(own) is own
    np.testing.assert_array_equal(ag.generator(5).normal(), np.random.default_rng(5).normal())


def test_the_mode_is_never_changed_only_replaced():
    before = current()
    with ag.no_grad():
        assert current() is not before
    assert current() is before
