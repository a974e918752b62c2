"""Hooks of modules, forward and backward; expected values are what PyTorch's do."""

import copy
import gc
import weakref

import numpy as np
import pytest

import autograd as ag
import nn


class Affine(nn.Module):
    """a·x + b·z, which makes gradients easy to read."""

    def __init__(self, a=2.0, b=3.0):
        self.a, self.b = a, b

    def forward(self, x, z=None, *, scale=1.0):
        found = x * self.a if z is None else x * self.a + z * self.b
        return found * scale


def leaf(*values):
    return ag.tensor(list(values), requires_grad=True)


# --- forward ----------------------------------------------------------------------------------


def test_a_pre_hook_sees_the_arguments_and_may_replace_them():
    module, seen = Affine(), []
    module.register_forward_pre_hook(lambda m, args: seen.append((m, args)))
    x = leaf(1.0)
    assert module(x).tolist() == [2.0]
    assert seen == [(module, (x,))]
    module.register_forward_pre_hook(lambda m, args: args[0] * 10)
    assert module(x).tolist() == [20.0]
    module.register_forward_pre_hook(lambda m, args: (args[0] + 1, args[0]))
    assert module(x).tolist() == [52.0]


def test_a_forward_hook_sees_the_output_and_may_replace_it():
    module, seen = Affine(), []
    module.register_forward_hook(lambda m, args, out: seen.append((args[0].tolist(), out.tolist())))
    module.register_forward_hook(lambda m, args, out: out + 1)
    assert module(leaf(1.0)).tolist() == [3.0]
    assert seen == [([1.0], [2.0])]


def test_hooks_with_keyword_arguments():
    module = Affine()
    module.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"scale": kwargs["scale"] + 1}), with_kwargs=True
    )
    module.register_forward_hook(
        lambda m, args, kwargs, out: out + kwargs["scale"], with_kwargs=True
    )
    assert module(leaf(1.0), scale=2.0).tolist() == [9.0]


def test_a_pre_hook_that_returns_something_else_is_told():
    module = Affine()
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(ag.ArgumentError, match=r"returns None or \(args, kwargs\), got tuple"):
        module(leaf(1.0))


def test_hooks_run_in_the_order_of_registration_unless_prepended():
    module, seen = Affine(), []
    module.register_forward_hook(lambda *_: seen.append("first"))
    module.register_forward_hook(lambda *_: seen.append("second"))
    module.register_forward_hook(lambda *_: seen.append("before"), prepend=True)
    module.register_forward_pre_hook(lambda *_: seen.append("pre"))
    module.register_forward_pre_hook(lambda *_: seen.append("pre-pre"), prepend=True)
    module(leaf(1.0))
    assert seen == ["pre-pre", "pre", "before", "first", "second"]


def test_handles_take_hooks_off_again():
    module, seen = Affine(), []
    handle = module.register_forward_hook(lambda *_: seen.append(1))
    with module.register_forward_hook(lambda *_: seen.append(2)):
        module(leaf(1.0))
    module(leaf(1.0))
    handle.remove()
    handle.remove()
    module(leaf(1.0))
    assert seen == [1, 2, 1]


def test_a_hook_may_take_itself_off():
    module, seen = Affine(), []

    def once(*_):
        seen.append(1)
        handle.remove()

    handle = module.register_forward_hook(once)
    module(leaf(1.0))
    module(leaf(1.0))
    assert seen == [1]


def test_always_call_runs_even_when_forward_raises():
    module, seen = Affine(), []
    module.register_forward_hook(lambda m, args, out: seen.append("ordinary"))
    module.register_forward_hook(lambda m, args, out: seen.append(out), always_call=True)
    with pytest.raises(TypeError):
        module()
    assert seen == [None]
    module(leaf(1.0))
    assert seen[1] == "ordinary"


def test_hooks_of_a_copy_are_its_own():
    module, seen = Affine(), []
    handle = module.register_forward_hook(lambda m, *_: seen.append(m))
    twin = copy.deepcopy(module)
    handle.remove()
    twin(leaf(1.0))
    module(leaf(1.0))
    assert seen == [twin]


def test_hooks_are_no_part_of_the_state_or_the_words():
    layer = nn.Linear(1, 1)
    words, state = repr(layer), list(layer.state_dict())
    layer.register_forward_hook(lambda *_: None)
    assert repr(layer) == words
    assert list(layer.state_dict()) == state


def test_activations_of_a_layer_inside_a_model_can_be_caught():
    model, caught = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), {}
    model[1].register_forward_hook(lambda m, args, out: caught.update(hidden=out))
    y = model(leaf(1.0, 2.0))
    np.testing.assert_array_equal(model[2](caught["hidden"]).tolist(), y.tolist())


# --- backward ---------------------------------------------------------------------------------


def test_a_backward_hook_sees_the_gradients_of_both_sides():
    module, seen = Affine(), []
    module.register_full_backward_hook(lambda m, ins, outs: seen.append((m, ins, outs)))
    x, z = leaf(1.0, 2.0), leaf(5.0, 6.0)
    y = module(x, z)
    assert y.tolist() == [17.0, 22.0]
    (y * ag.tensor([1.0, 10.0])).sum().backward()
    ((m, ins, outs),) = seen
    assert m is module
    assert [g.tolist() for g in ins] == [[2.0, 20.0], [3.0, 30.0]]
    assert [g.tolist() for g in outs] == [[1.0, 10.0]]
    assert (x.grad.tolist(), z.grad.tolist()) == ([2.0, 20.0], [3.0, 30.0])


def test_gradients_that_pass_by_the_module_are_not_among_its_own():
    module, seen = Affine(), []
    module.register_full_backward_hook(
        lambda m, ins, outs: seen.append((ins[0].tolist(), outs[0].tolist()))
    )
    x = leaf(1.0)
    y = module(x)
    (y + x * 100 + y).sum().backward()
    assert seen == [([4.0], [2.0])]
    assert x.grad.tolist() == [104.0]


def test_hooks_may_replace_gradients():
    module = Affine()
    x, z = leaf(1.0), leaf(5.0)
    module.register_full_backward_pre_hook(lambda m, outs: (outs[0] * 10,))
    module.register_full_backward_hook(lambda m, ins, outs: (ins[0] + 1, ins[1]))
    module(x, z).sum().backward()
    assert (x.grad.tolist(), z.grad.tolist()) == ([21.0], [30.0])


def test_one_gradient_may_be_returned_bare():
    module, x = Affine(), leaf(1.0)
    module.register_full_backward_hook(lambda m, ins, outs: ins[0] * 5)
    module(x).sum().backward()
    assert x.grad.tolist() == [10.0]


def test_another_number_of_gradients_is_refused():
    module, x, z = Affine(), leaf(1.0), leaf(1.0)
    module.register_full_backward_hook(lambda m, ins, outs: ins[:1])
    with pytest.raises(ag.ArgumentError, match=r"got 2 gradient\(s\) and returned 1"):
        module(x, z).sum().backward()


def test_backward_hooks_run_in_order_and_can_be_removed():
    module, seen = Affine(), []
    module.register_full_backward_hook(lambda *_: seen.append("b"))
    module.register_full_backward_hook(lambda *_: seen.append("a"), prepend=True)
    module.register_full_backward_pre_hook(lambda *_: seen.append("pre"))
    gone = module.register_full_backward_hook(lambda *_: seen.append("gone"))
    y = module(leaf(1.0)).sum()
    gone.remove()
    y.backward()
    assert seen == ["pre", "a", "b"]


def test_inputs_without_gradients_are_none_and_the_hook_runs_all_the_same():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, ins, outs: seen.append((ins, outs[0].shape)))
    layer(ag.ones(3, 2)).sum().backward()
    assert seen == [((None,), (3, 1))]
    assert layer.weight.grad is not None


def test_several_outputs_arrive_together():
    class Halves(nn.Module):
        def forward(self, x):
            return x[:1] * 2, "words", x[1:] * 3

    module, seen = Halves(), []
    module.register_full_backward_hook(lambda m, ins, outs: seen.append((ins, outs)))
    x = leaf(1.0, 2.0, 3.0)
    first, words, second = module(x)
    assert words == "words"
    (first.sum() + 5 * second.sum()).backward()
    (((into,), (one, none, two)),) = seen
    assert none is None
    assert (one.tolist(), two.tolist(), into.tolist()) == ([1.0], [5.0, 5.0], [2.0, 15.0, 15.0])


def test_an_output_that_nobody_used_has_zeros():
    class Two(nn.Module):
        def forward(self, x):
            return x * 2, x * 3

    module, seen = Two(), []
    module.register_full_backward_hook(lambda m, ins, outs: seen.append([g.tolist() for g in outs]))
    module(leaf(1.0))[1].sum().backward()
    assert seen == [[[0.0], [1.0]]]


def test_inputs_of_two_dtypes_keep_them():
    module, seen = Affine(), []
    module.register_full_backward_hook(lambda m, ins, outs: seen.append([g.dtype for g in ins]))
    x = ag.tensor([1.0], dtype=np.float32, requires_grad=True)
    module(x, leaf(1.0)).sum().backward()
    assert seen == [[np.float32, np.float64]]
    assert x.grad.dtype == np.float32


def test_no_grad_runs_no_backward_hooks():
    module, seen = Affine(), []
    module.register_full_backward_hook(lambda *_: seen.append(1))
    with ag.no_grad():
        assert module(leaf(1.0)).tolist() == [2.0]
    assert seen == []


def test_gradients_of_gradients_pass_through_hooks():
    module, x = Affine(), leaf(3.0)
    module.register_full_backward_hook(lambda m, ins, outs: (ins[0] * 2,))
    (first,) = ag.grad((module(x) ** 2).sum(), [x], create_graph=True)
    (second,) = ag.grad(first.sum(), [x])
    # 2·y·2 = 8x, doubled; by x that is 16, and the hook doubles once more: as in PyTorch
    assert first.tolist() == [48.0]
    assert second.tolist() == [32.0]


def test_two_sweeps_call_twice():
    module, seen = Affine(), []
    module.register_full_backward_hook(lambda m, ins, outs: seen.append(outs[0].tolist()))
    y = module(leaf(1.0)).sum()
    y.backward()
    y.backward()
    assert seen == [[1.0], [1.0]]


def test_without_hooks_nothing_is_recorded_for_them():
    module = Affine()
    handle = module.register_full_backward_hook(lambda *_: None)
    watched = module(leaf(1.0))
    assert watched.node.op.name == "reshape"
    handle.remove()
    assert module(leaf(1.0)).node.op.name == "mul"
    assert "_hooks" not in vars(Affine())


def test_hooks_leave_no_cycles():
    gc.disable()
    try:
        module = Affine()
        module.register_full_backward_hook(lambda *_: None)
        y = module(leaf(1.0), leaf(2.0)).sum()
        y.backward()
        node = weakref.ref(y.node)
        del y
        assert node() is None
    finally:
        gc.enable()
