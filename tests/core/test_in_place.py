"""Changes in place: right, or an error; never silently wrong."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autograd as ag


def leaf(value):
    return ag.tensor(value, requires_grad=True)


# --- PyTorch 2.13, measured ---------------------------------------------------------------


def test_assigning_elements_of_a_result():
    x = leaf([1.0, 2.0, 3.0])
    y = x.clone()
    y[0] = 5.0
    y[1:] *= 2
    y.sum().backward()
    assert y.tolist() == [5, 4, 6]
    assert x.grad.tolist() == [0, 2, 2]


def test_a_change_of_a_view_reaches_the_history_of_its_base():
    x = leaf([1.0, 2.0, 3.0])
    y = x.clone()
    v = y[0:2]
    v *= 3
    y.sum().backward()
    assert y.tolist() == [3, 6, 3]
    assert x.grad.tolist() == [3, 3, 1]


def test_a_change_of_the_base_reaches_its_views():
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    row, flipped = y.reshape(1, 3), y[::-1]
    y *= y
    (row * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [2, 40, 600]
    x.grad = None
    (flipped * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [200, 40, 6]


def test_views_of_views_and_their_siblings():
    x = leaf(np.arange(6.0).reshape(2, 3))
    y = x * 1
    top, column = y[0], y.T[1]
    piece = top[1:]
    piece *= 5
    assert y.tolist() == [[0, 5, 10], [3, 4, 5]]
    assert column.tolist() == [5, 4]
    for out, expected in (
        (y, [[1, 5, 5], [1, 1, 1]]),
        (top, [[1, 5, 5], [0, 0, 0]]),
        (column, [[0, 5, 0], [0, 1, 0]]),
    ):
        assert ag.grad(out.sum(), x)[0].tolist() == expected


def test_a_constant_that_takes_up_a_gradient():
    x = leaf(3.0)
    buffer = ag.tensor(np.zeros(3))
    view = buffer[1:]
    view[0] = x * x
    assert buffer.requires_grad
    buffer.sum().backward()
    assert x.grad.item() == 6


def test_outputs_of_unbind_are_views_too():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])
    y = x * 1
    a, b = y.unbind()
    a *= b
    y.sum().backward()
    assert x.grad.tolist() == [[3, 4], [2, 3]]


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (lambda x: x.__iadd__(1), "leaf that requires a gradient"),
        (lambda x: x.__setitem__(0, 1.0), "leaf that requires a gradient"),
        (lambda x: x[0:1].__imul__(2), "view of such a leaf"),
        (lambda x: x.reshape(2, 1).T.zero_(), "view of such a leaf"),
    ],
)
def test_leaves_that_require_a_gradient_and_their_views_refuse(use, words):
    x = leaf([1.0, 2.0])
    with pytest.raises(ag.InPlaceError, match=words):
        use(x)
    assert x.tolist() == [1, 2]
    with ag.no_grad():
        use(x)


def test_a_saved_value_that_was_changed_raises_and_names_all():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = y * y
    y += 1
    with pytest.raises(ag.InPlaceError, match="mul needs x and y") as caught:
        z.backward(np.ones(2))
    said = str(caught.value)
    assert "z = y * y), but x and y were" in said
    assert "changed in place after the operation ran" in said
    assert "y += 1): version 1 now, version 0 then" in said
    w = y + y
    y += 1
    w.backward(np.ones(2))
    assert x.grad.tolist() == [4, 4]


def test_a_change_through_a_view_or_detach_counts():
    x = leaf([1.0, 2.0])
    for change in (lambda t: t[0:1], lambda t: t.detach(), lambda t: t.reshape(2, 1)):
        y = x * 2
        z = y.exp()
        w = y * y
        with ag.no_grad():
            change(y).zero_()
        z.backward(np.ones(2))
        with pytest.raises(ag.InPlaceError, match="mul needs"):
            w.backward(np.ones(2))


def test_a_parameter_update_makes_older_graphs_refuse():
    x = leaf([1.0, 2.0])
    y = x * x
    with ag.no_grad():
        x -= 0.1
    with pytest.raises(RuntimeError, match="changed in place"):
        y.sum().backward()


def test_the_old_value_is_what_the_operation_needs():
    x, s = leaf([1.0, 2.0]), leaf(3.0)
    y = x * 1
    y *= s
    y.sum().backward()
    assert s.grad.item() == 3
    assert x.grad.tolist() == [3, 3]


def test_pictures_keep_what_operations_computed():
    x = leaf([1.0, 2.0])
    y = x * 2
    before = y.node
    v = y[0:1]
    v += 10
    assert before.value.tolist() == [2, 4]
    assert y.node.value.tolist() == [12, 4]


def test_pictures_keep_what_a_change_through_detach_overwrites():
    x = leaf([1.0, 2.0])
    y, rows = x + 1.0, ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True).max(1)
    for result in (y, rows.values):
        shown = result.tolist()
        result.detach().zero_()
        assert result.tolist() == [0, 0]
        assert result.edge.value.tolist() == shown


def test_what_does_not_fit():
    y = leaf([1.0, 2.0]) * 1
    with pytest.raises(ag.ShapeError, match="does not fit"):
        y += np.ones((3, 2))
    with pytest.raises(ag.IndexingError, match="out of bounds"):
        y[5] = 1.0
    with pytest.raises(ag.DTypeError, match="does not fit"):
        ag.tensor([1, 2]).__iadd__(0.5)
    with pytest.raises(ag.InPlaceError, match="cannot be written"):
        (y.broadcast_to((3, 2))).zero_()
    assert y.tolist() == [1, 2]


def test_links_between_views_leak_nothing():
    gc.collect()
    gc.disable()
    try:
        x = leaf(np.ones((4, 4)))
        y = x * 1
        for _ in range(200):
            y.T.reshape(-1)
        a, b = y[0], y[1]
        a *= b
        assert len(y.notes.views) < 100
        nodes = [weakref.ref(t) for t in (y, a, b, y.node)]
        del a, b, y
        assert all(n() is None for n in nodes)
        assert gc.collect() == 0
    finally:
        gc.enable()


# --- any program of changes equals the same program written with new values -----------------


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["add", "mul", "set"]), st.integers(0, 5)),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2),
)
def test_programs_of_changes(steps, shown):
    """Rows, one element and the whole of a 3×2 tensor, changed in place through live views."""
    x = leaf(np.linspace(0.5, 1.5, 6).reshape(3, 2))
    places = [np.s_[0:2], np.s_[1], np.s_[:, 1]]
    y = x * 1
    views = [y[place] for place in places]
    value = x * 1
    for which, what, i in steps:
        source = x.reshape(-1)[i]
        before = value[places[which]]
        if what == "add":
            views[which] += source
            after = before + source
        elif what == "mul":
            views[which] *= source
            after = before * source
        else:
            views[which].copy_(source)
            after = before * 0 + source
        value = ag.setitem(value, after, places[which])
    np.testing.assert_allclose(y.data, value.data)
    for ours, theirs in ((y, value), (views[shown], value[places[shown]])):
        (g,) = ag.grad((ours * ours).sum(), x)
        (h,) = ag.grad((theirs * theirs).sum(), x)
        np.testing.assert_allclose(g.data, h.data, atol=1e-12)


# --- single elements are views, too -------------------------------------------------------

ELEMENTS = {
    "an integer": lambda y: y[1],
    "a tuple": lambda y: y[(1,)],
    "from the end": lambda y: y[-2],
    "with an ellipsis": lambda y: y[..., 1],
    "an integer tensor": lambda y: y[ag.tensor(1)],
    "select": lambda y: y.select(0, 1),
    "unbind": lambda y: y.unbind()[1],
    "iteration": lambda y: list(y)[1],
    "split and squeeze": lambda y: y.split(1)[1].squeeze(),
    "of a view": lambda y: y.reshape(1, 3)[0, 1],
    "of a row": lambda y: y.reshape(1, 3)[0][1],
}


@pytest.mark.parametrize("pick", ELEMENTS.values(), ids=ELEMENTS)
@pytest.mark.parametrize("recorded", [True, False])
def test_a_single_element_is_a_view(pick, recorded):
    x = leaf([1.0, 2.0, 3.0]) if recorded else ag.tensor([1.0, 2.0, 3.0])
    y = x * 1
    v = pick(y)
    assert v.shape == ()
    v *= 10
    assert y.tolist() == [1, 20, 3]
    y += 1
    assert v.item() == 21
    if recorded:
        assert ag.grad(y.sum(), x)[0].tolist() == [1, 10, 1]
        assert ag.grad(v * v, x)[0].tolist() == [0, 420, 0]


def test_an_element_that_was_saved_and_then_changed_through_its_base_raises():
    x = leaf([1.0, 2.0])
    y = x * 1
    v = y[0]
    z = v * v
    y *= 2
    with pytest.raises(ag.InPlaceError, match="mul needs x and y"):
        z.backward()


def test_an_element_of_a_leaf_refuses_and_may_be_changed_without_recording():
    x = leaf([1.0, 2.0])
    with pytest.raises(ag.InPlaceError, match="view of such a leaf"):
        x[0].mul_(2) if hasattr(x, "mul_") else x[0].__imul__(2)
    with ag.no_grad():
        x[0].fill_(7.0)
    assert x.tolist() == [7, 2]
    v = x.detach()[1]
    v += 1
    assert x.tolist() == [7, 3]


def test_pictures_keep_the_elements_that_were_computed():
    x = leaf([1.0, 2.0])
    y = x * 1
    v, (a, b) = y[0], y.unbind()
    picked, taken = v.node, a.node
    y *= 10
    assert picked.value == 1
    assert [float(part) for part in taken.value] == [1, 2]
    assert (v.item(), b.item()) == (10, 20)


def test_a_leaf_may_be_the_source_of_a_change_of_its_own_memory():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    d = x.detach()
    d -= x
    (g,) = ag.grad(d.sum(), x)
    assert g.tolist() == [-1.0, -1.0]


def test_a_second_backward_pass_sees_changes_of_what_was_saved():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([3.0, 5.0], requires_grad=True)
    y = x * 1
    y += 1
    (g,) = ag.grad((y * y * w).sum(), x, create_graph=True)
    y *= 2
    with pytest.raises(ag.InPlaceError):
        ag.grad(g.sum(), w)


def test_a_second_backward_pass_sees_changes_of_one_of_several_results():
    a = ag.tensor([[3.0, 1.0], [0.0, 2.0]], requires_grad=True)
    w = ag.tensor([3.0, 5.0], requires_grad=True)
    u, s, _ = ag.svd(a)
    (g,) = ag.grad((s * w).sum(), a, create_graph=True)
    u *= 2
    with pytest.raises(ag.InPlaceError):
        ag.grad((g * g).sum(), w)


def test_a_second_backward_pass_goes_through_a_change_that_left_what_was_saved():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    y **= 3
    (g,) = ag.grad(y.sum(), x, create_graph=True)
    with ag.no_grad():
        y *= 2
    assert ag.grad(g.sum(), x)[0].tolist() == [6.0, 12.0]


def test_recomputing_notices_that_a_changed_operand_was_changed_again():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    h = x * 1
    h += 1
    z = ag.recompute(lambda: h * h)
    h *= 2
    with pytest.raises(ag.InPlaceError):
        z.sum().backward()


def test_a_quotient_may_be_changed():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    w = ag.tensor([4.0, 5.0], requires_grad=True)
    y = x / w
    y += 1
    y.sum().backward()
    assert np.allclose(x.grad, [1 / 4, 1 / 5])
    assert np.allclose(w.grad, [-1 / 16, -2 / 25])


def test_the_record_of_several_results_keeps_what_they_were():
    y = ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True) * 1
    largest, _ = ag.max(y, 1)
    node = largest.node
    largest *= 2
    assert node.value[0].tolist() == [2.0, 4.0]


def test_no_change_is_lost_when_threads_change_the_same_tensor():
    x = ag.tensor([0.0])

    def change():
        for _ in range(200):
            ag.increment_version(x)

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert x._version == 800


@pytest.mark.parametrize("shape", [(1, 3), (1, 1, 3), (1, 1), (1, 1, 1), (1,)])
def test_what_is_written_may_have_further_dimensions_of_one(shape):
    value = ag.tensor(np.ones(shape), requires_grad=True)
    x = ag.tensor(np.ones((2, 3)), requires_grad=True) * 1.0
    x[0] = value
    (x * ag.tensor(np.arange(6.0).reshape(2, 3))).sum().backward()
    wanted = [0.0, 1.0, 2.0] if shape[-1] == 3 else [3.0]
    np.testing.assert_array_equal(value.grad.data, np.reshape(wanted, shape))
