"""What all optimizers share: groups, state, closures, words."""

import numpy as np
import pytest

import autograd as ag
import nn
import optim


def leaf(*values):
    return ag.tensor(list(values), requires_grad=True)


def descend(optimizer, params, steps):
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p * p * p).sum() for p in params).backward()
        optimizer.step()


def test_groups_have_options_of_their_own():
    fast, slow = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([{"params": [fast], "lr": 1.0}, {"params": [slow]}], lr=0.1)
    (fast + slow).sum().backward()
    optimizer.step()
    assert fast.tolist() == [0.0]
    assert slow.tolist() == [0.9]
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.1]
    assert optimizer.param_groups[1]["momentum"] == 0.0


def test_a_group_may_be_given_by_one_dict_and_added_later():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([{"params": iter([a]), "name": "first"}], lr=0.1)
    optimizer.add_param_group({"params": [b], "lr": 0.5})
    (a + b).sum().backward()
    optimizer.step()
    assert (a.tolist(), b.tolist()) == ([0.9], [0.5])


def test_changing_an_option_takes_effect_at_the_next_step():
    x = leaf(1.0)
    optimizer = optim.SGD([x], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.5
    x.sum().backward()
    optimizer.step()
    assert x.tolist() == [0.5]


def test_a_model_gives_its_parameters():
    model = nn.Linear(2, 1)
    for given in (model, model.parameters(), list(model.parameters())):
        assert optim.SGD(given).param_groups[0]["params"] == [model.weight, model.bias]
    groups = optim.SGD([{"params": model}, {"params": nn.Linear(1, 1)}]).param_groups
    assert [len(group["params"]) for group in groups] == [2, 2]


def test_zero_grad_forgets_or_fills():
    x = leaf(1.0)
    optimizer = optim.SGD([x])
    x.sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert x.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert x.grad is None


def test_a_closure_computes_the_loss_first():
    x = leaf(2.0)
    optimizer = optim.SGD([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with ag.no_grad():
        assert optimizer.step(closure).item() == 4.0
    np.testing.assert_allclose(x.tolist(), [1.6])
    assert optimizer.step() is None


# --- state ------------------------------------------------------------------------------------


def test_a_resumed_run_continues_bit_for_bit():
    straight = [leaf(1.0, 0.5), leaf(0.25)]
    optimizer = optim.SGD(straight, lr=0.1, momentum=0.9)
    descend(optimizer, straight, 6)

    first = [leaf(1.0, 0.5), leaf(0.25)]
    before = optim.SGD(first, lr=0.1, momentum=0.9)
    descend(before, first, 3)
    resumed = [leaf(*p.tolist()) for p in first]
    after = optim.SGD(resumed, lr=77.0)
    after.load_state_dict(before.state_dict())
    descend(after, resumed, 3)
    assert [p.tolist() for p in resumed] == [p.tolist() for p in straight]


def test_state_has_parameters_by_number_and_is_copied_when_loaded():
    a, b = leaf(1.0), leaf(2.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b], "lr": 1.0}], lr=0.1, momentum=0.9)
    b.sum().backward()
    optimizer.step()
    saved = optimizer.state_dict()
    assert saved["state"].keys() == {1}
    assert [group["params"] for group in saved["param_groups"]] == [[0], [1]]
    optimizer.load_state_dict(saved)
    held = saved["state"][1]["momentum_buffer"]
    assert optimizer.state[b]["momentum_buffer"].tolist() == held.tolist()
    assert optimizer.state[b]["momentum_buffer"] is not held
    assert optimizer.param_groups[1]["params"] == [b]


def test_state_is_loaded_in_the_dtype_of_the_parameter():
    x = ag.tensor([1.0], dtype=np.float32, requires_grad=True)
    optimizer = optim.SGD([x], momentum=0.9)
    saved = optimizer.state_dict() | {"state": {0: {"momentum_buffer": ag.tensor([1.0]), "t": 3}}}
    optimizer.load_state_dict(saved)
    assert optimizer.state[x]["momentum_buffer"].dtype == np.float32
    assert optimizer.state[x]["t"] == 3


def test_a_state_of_other_groups_is_refused():
    one, two = optim.SGD([leaf(1.0)]), optim.SGD([leaf(1.0), leaf(1.0)])
    with pytest.raises(ValueError, match="doesn't match the size of optimizer's group"):
        one.load_state_dict(two.state_dict())
    split = optim.SGD([{"params": [leaf(1.0)]}, {"params": [leaf(1.0)]}])
    with pytest.raises(ValueError, match="different number of parameter groups"):
        one.load_state_dict(split.state_dict())


def test_dropping_optimizer_and_parameters_leaves_nothing_to_collect():
    import gc
    import weakref

    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0)
        optimizer = optim.SGD([x], momentum=0.9)
        descend(optimizer, [x], 2)
        watched = weakref.ref(x)
        del x, optimizer
        assert watched() is None
    finally:
        gc.enable()


def test_repr_reads_as_pytorchs():
    assert repr(optim.SGD([leaf(1.0)], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0.0\n    lr: 0.1\n    maximize: False\n"
        "    momentum: 0.0\n    nesterov: False\n    weight_decay: 0.0\n)"
    )


# --- words ------------------------------------------------------------------------------------


def test_an_empty_list_is_refused():
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        optim.SGD([])
    with pytest.raises(ValueError, match="optimizer got an empty parameter list"):
        optim.SGD(nn.Tanh())


@pytest.mark.parametrize(
    ("params", "words"),
    [
        (leaf(1.0), r"iterable of Tensors or dicts, but got Tensor; write \[parameter\]"),
        ({"params": [leaf(1.0)]}, "iterable of Tensors or dicts, but got dict"),
        (3, "but got int"),
        ([1.0], r"can only optimize Tensors, but one of the params is 1\.0"),
        ({leaf(1.0)}, "a list"),
    ],
)
def test_what_is_no_list_of_tensors_is_refused(params, words):
    with pytest.raises(TypeError, match=words):
        optim.SGD(params)


def test_results_and_repeated_parameters_are_refused():
    x = leaf(1.0)
    with pytest.raises(ValueError, match="can't optimize a non-leaf Tensor"):
        optim.SGD([x * 2])
    with pytest.raises(ValueError, match="stands twice"):
        optim.SGD([x, x])
    with pytest.raises(ValueError, match="stands twice"):
        optim.SGD([{"params": [x]}, {"params": [x]}])


def test_an_unknown_option_of_a_group_is_named():
    with pytest.raises(ag.ArgumentError, match=r"no option 'learning_rate'; its options: lr"):
        optim.SGD([{"params": [leaf(1.0)], "learning_rate": 0.1}])


def test_named_parameters_are_taken_without_their_names():
    x, y = leaf(1.0), leaf(2.0)
    whole = optim.SGD([("x", x), ("y", y)], lr=0.1)
    groups = optim.SGD([{"params": [("x", x)], "lr": 0.2}, {"params": [y]}], lr=0.1)
    assert [p is q for p, q in zip(whole.param_groups[0]["params"], (x, y), strict=True)] == [
        True
    ] * 2
    assert groups.param_groups[0]["params"][0] is x
