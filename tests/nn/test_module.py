"""Modules: what they are made of, how their state travels, what they record."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd as ag
import nn


class Block(nn.Module):
    """Attributes of every kind, in an order that the walk has to keep."""

    def __init__(self):
        self.second = nn.Linear(3, 2, rng=0)
        self.scale = nn.Parameter([1.0, 2.0])
        self.register_buffer("mean", np.zeros(2))
        self.register_buffer("scratch", np.zeros(1), persistent=False)
        self.first = nn.Sequential(nn.Linear(2, 3, rng=1), nn.Tanh())
        self.size = 3
        self.cache = ag.tensor([1.0])

    def forward(self, x):
        return self.second(self.first(x)) * self.scale - self.mean


def names(pairs):
    return [name for name, _ in pairs]


# --- what a module is made of -------------------------------------------------------------


def test_parameters_are_found_in_the_order_of_their_definition():
    block = Block()
    assert names(block.named_parameters()) == [
        "scale",
        "second.weight",
        "second.bias",
        "first.0.weight",
        "first.0.bias",
    ]
    assert [p.shape for p in block.parameters()] == [(2,), (2, 3), (2,), (3, 2), (3,)]


def test_paths_begin_with_the_prefix():
    assert names(nn.Linear(1, 1).named_parameters("a.b")) == ["a.b.weight", "a.b.bias"]
    assert names(Block().named_modules("m"))[:2] == ["m", "m.second"]


def test_parameters_without_those_below():
    assert names(Block().named_parameters(recurse=False)) == ["scale"]
    assert len(list(Block().parameters(recurse=False))) == 1


def test_layers_give_parameters_the_name_of_the_attribute():
    layer = nn.Linear(2, 2)
    assert (layer.weight.name, layer.bias.name) == ("weight", "bias")


def test_a_parameter_is_a_named_leaf():
    weight = nn.Parameter([1.0])
    assert type(weight) is ag.Tensor
    assert weight.is_leaf
    assert weight.requires_grad
    assert weight.name is not None
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad
    assert nn.Parameter([1.0], dtype=np.float32).dtype == np.float32


def test_a_parameter_of_integers_is_refused():
    with pytest.raises(ag.DTypeError, match="floating-point"):
        nn.Parameter([1, 2])


def test_frozen_parameters_stay_parameters():
    block = Block().requires_grad_(False)
    assert len(list(block.parameters())) == 5
    assert not any(p.requires_grad for p in block.parameters())
    block.requires_grad_()
    assert all(p.requires_grad for p in block.parameters())


def test_plain_tensors_and_results_are_no_parameters():
    module = nn.Module()
    module.plain = ag.tensor([1.0])
    module.result = nn.Parameter([1.0]) * 2
    module.weight = ag.tensor([1.0], requires_grad=True)
    assert names(module.named_parameters()) == ["weight"]


def test_what_is_computed_inside_record_is_no_parameter():
    module = nn.Module()
    with ag.record():
        module.result = ag.tensor([1.0], name="x") + 1
        module.result.name = "y"
    assert list(module.parameters()) == []


def test_a_shared_parameter_is_listed_once_and_saved_under_both_names():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    assert names(model.named_parameters()) == ["0.weight", "0.bias", "1.bias"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    repeated = names(model.named_parameters(remove_duplicate=False))
    assert repeated == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_shared_module_is_listed_once_and_runs_twice():
    layer = nn.Linear(2, 2, rng=0)
    model = nn.Sequential(layer, layer)
    assert names(model.named_modules()) == ["", "0"]
    assert names(model.named_children()) == ["0"]
    assert names(model.named_modules(remove_duplicate=False)) == ["", "0", "1"]
    x = ag.tensor([1.0, 2.0])
    np.testing.assert_array_equal(model(x).tolist(), layer(layer(x)).tolist())
    assert len(model) == 2


def test_modules_and_children():
    block = Block()
    assert names(block.named_modules()) == ["", "second", "first", "first.0", "first.1"]
    assert names(block.named_children()) == ["second", "first"]
    assert next(block.modules()) is block
    assert list(block.children())[1] is block.first


def test_buffers_belong_to_the_state_and_are_not_trained():
    block = Block()
    assert names(block.named_buffers()) == ["mean", "scratch"]
    assert [b.shape for b in block.buffers()] == [(2,), (1,)]
    assert names(block.named_buffers("m", recurse=False)) == ["m.mean", "m.scratch"]
    state = block.state_dict()
    assert "mean" in state
    assert "scratch" not in state


def test_a_buffer_may_be_set_anew_have_a_name_or_be_none():
    block = Block()
    block.mean = ag.tensor([1.0, 1.0], name="mean")
    block.register_buffer("nothing", None)
    assert block.nothing is None
    assert names(block.named_buffers()) == ["mean", "scratch"]
    assert "mean" not in names(block.named_parameters())


def test_a_buffer_does_not_hide_an_attribute():
    with pytest.raises(ag.NameTakenError, match="choose another"):
        Block().register_buffer("forward", [1.0])


# --- changing all of it ---------------------------------------------------------------------


def test_train_and_eval_reach_everything_below():
    block = Block()
    assert all(m.training for m in block.modules())
    assert block.eval() is block
    assert not any(m.training for m in block.modules())
    block.train()
    assert all(m.training for m in block.modules())


def test_apply_visits_children_first():
    seen = []
    Block().apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "Linear", "Tanh", "Sequential", "Block"]


def test_zero_grad_forgets_or_fills():
    block = Block()
    block(ag.tensor([1.0, 2.0])).sum().backward()
    held = block.scale.grad
    block.zero_grad(set_to_none=False)
    assert block.scale.grad is held
    assert held.tolist() == [0.0, 0.0]
    block.zero_grad()
    assert all(p.grad is None for p in block.parameters())
    block.zero_grad(set_to_none=False)


def test_to_converts_in_the_tensors_themselves():
    block = Block()
    weight = block.second.weight
    block(ag.tensor([1.0, 2.0])).sum().backward()
    assert block.to(np.float32) is block
    assert block.second.weight is weight
    assert {t.dtype for t in block.state_dict().values()} == {np.dtype(np.float32)}
    assert weight.grad.dtype == np.float32
    assert block(ag.tensor([1.0, 2.0], dtype=np.float32)).dtype == np.float32


def test_to_takes_floating_types_only():
    with pytest.raises(ag.DTypeError, match="float32 or float64"):
        Block().to(int)


def test_deepcopy_is_independent():
    block = Block()
    twin = copy.deepcopy(block)
    twin.scale.data[:] = 7
    assert block.scale.tolist() == [1.0, 2.0]
    assert names(twin.named_parameters()) == names(block.named_parameters())


def test_shorter_ways_to_convert():
    block = Block()
    for convert, dtype in (
        (block.half, "float16"),
        (block.float, "float32"),
        (block.double, "float64"),
    ):
        assert convert() is block
        assert {str(t.dtype) for t in (*block.parameters(), *block.buffers())} == {dtype}


def test_to_knows_of_no_devices():
    with pytest.raises(ag.DTypeError, match="no devices"):
        Block().to("cuda")


# --- parts by path, and under names that a program makes --------------------------------------


def test_parts_by_path():
    block = Block()
    assert block.get_submodule("") is block
    assert block.get_submodule("first.0") is block.first[0]
    assert block.get_parameter("first.0.weight") is block.first[0].weight
    assert block.get_parameter("scale") is block.scale
    assert block.get_buffer("mean") is block.mean


@pytest.mark.parametrize(
    ("get", "path", "words"),
    [
        (
            "get_submodule",
            "first.5",
            "'first.5' leads nowhere: Sequential has no '5'; it has '0', '1'",
        ),
        ("get_submodule", "scale", "Block has no 'scale'; it has 'second', 'first'"),
        ("get_parameter", "second.size", "Linear has no 'size'; it has 'weight', 'bias'"),
        ("get_parameter", "mean", "it has 'scale'"),
        ("get_parameter", "first.1.x", "Tanh has no 'x'; it has none"),
        ("get_buffer", "scale", "it has 'mean', 'scratch'"),
    ],
)
def test_a_path_that_leads_nowhere(get, path, words):
    with pytest.raises(AttributeError, match=words):
        getattr(Block(), get)(path)


def test_parts_under_names_that_a_program_makes():
    module = nn.Module()
    for i in range(2):
        module.register_module(f"layer{i}", nn.Linear(1, 1))
    module.add_module("none", None)
    module.register_parameter("scale", nn.Parameter([1.0]))
    module.register_parameter("bias", None)
    assert (module.none, module.bias) == (None, None)
    assert names(module.named_children()) == ["layer0", "layer1"]
    assert names(module.named_parameters())[0] == "scale"
    module.register_parameter("bias", nn.Parameter([2.0]))
    module.register_module("layer0", nn.Tanh())
    assert names(module.named_parameters()) == ["scale", "bias", "layer1.weight", "layer1.bias"]


@pytest.mark.parametrize(
    ("register", "name", "part", "words"),
    [
        ("register_module", "forward", nn.Tanh(), "has an attribute 'forward'"),
        ("register_module", "a.b", nn.Tanh(), "without dots"),
        ("register_module", "a", ag.tanh, "takes a module"),
        ("register_parameter", "first", nn.Parameter([1.0]), "has an attribute 'first'"),
        ("register_parameter", "", nn.Parameter([1.0]), "without dots"),
        ("register_parameter", "a", ag.tensor([1.0]), r"nn\.Parameter"),
        ("register_parameter", "a", nn.Parameter([1.0]) * 2, r"nn\.Parameter"),
        ("register_buffer", "a.b", [1.0], "without dots"),
    ],
)
def test_parts_that_cannot_be_registered(register, name, part, words):
    with pytest.raises(ag.GlassError, match=words):
        getattr(Block(), register)(name, part)


# --- state ----------------------------------------------------------------------------------


def test_state_shares_memory_and_has_no_gradient():
    layer = nn.Linear(2, 2)
    state = layer.state_dict()
    assert state["weight"].data is layer.weight.data
    assert not state["weight"].requires_grad
    assert list(layer.state_dict(prefix="0.")) == ["0.weight", "0.bias"]


def test_state_round_trip():
    source, target = Block(), Block()
    for parameter in source.parameters():
        parameter.data += 1
    saved = {name: tensor.numpy().copy() for name, tensor in source.state_dict().items()}
    before = target.second.weight
    report = target.load_state_dict(saved)
    assert report == ([], [])
    assert target.second.weight is before
    x = ag.tensor([0.5, -0.5])
    assert target(x).tolist() == source(x).tolist()


def test_state_is_loaded_into_the_dtype_of_the_module():
    single, double = nn.Linear(2, 2, dtype=np.float32), nn.Linear(2, 2)
    single.load_state_dict(double.state_dict())
    assert single.weight.dtype == np.float32
    np.testing.assert_allclose(single.weight.tolist(), double.weight.tolist(), rtol=1e-6)


def test_a_state_that_does_not_fit_is_refused_as_a_whole():
    layer = nn.Linear(2, 3)
    before = layer.state_dict()["bias"].numpy().copy()
    bad = {"weight": np.ones((3, 4)), "bias": np.ones(3), "extra": np.ones(1)}
    with pytest.raises(ag.StateError) as caught:
        nn.Sequential(layer).load_state_dict({"0." + n: v for n, v in bad.items()} | {"x": 1.0})
    words = str(caught.value)
    assert "Unexpected key(s): '0.extra', 'x'" in words
    assert "size mismatch for '0.weight': the state has shape (3, 4), the module (3, 2)" in words
    np.testing.assert_array_equal(layer.bias.tolist(), before)


def test_missing_names_are_listed():
    with pytest.raises(RuntimeError, match=r"Missing key\(s\): 'weight', 'bias'"):
        nn.Linear(1, 1).load_state_dict({})


def test_without_strict_names_may_differ_and_shapes_may_not():
    layer = nn.Linear(1, 1)
    report = layer.load_state_dict({"bias": [3.0], "other": 1.0}, strict=False)
    assert report.missing_keys == ["weight"]
    assert report.unexpected_keys == ["other"]
    assert layer.bias.tolist() == [3.0]
    with pytest.raises(ag.StateError, match="size mismatch"):
        layer.load_state_dict({"bias": [3.0, 4.0]}, strict=False)


def test_kinds_of_numbers_that_do_not_fit_are_refused_before_anything_changes():
    module = nn.Module()
    module.weight = nn.Parameter([1.0])
    module.register_buffer("count", np.array([0]))
    with pytest.raises(ag.StateError, match="dtype mismatch for 'count'"):
        module.load_state_dict({"weight": [5.0], "count": [0.5]})
    assert module.weight.tolist() == [1.0]


def test_loading_makes_an_older_graph_stale():
    layer = nn.Linear(2, 1, rng=0)
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = layer(x).sum()
    layer.load_state_dict({"weight": np.ones((1, 2)), "bias": np.ones(1)})
    with pytest.raises(ag.InPlaceError):
        y.backward()


# --- what is recorded -----------------------------------------------------------------------


def test_each_operation_knows_its_module_and_time_step():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    y = model(ag.tensor([1.0, 2.0]))
    chain = y.node.scope.chain()
    assert [scope.name for scope in chain] == ["Sequential", "Tanh"]
    assert [scope.owner() for scope in chain] == [model, model[1]]
    paths = {module: path for path, module in chain[0].owner().named_modules()}
    assert paths[chain[-1].owner()] == "1"


def test_the_line_shown_is_the_users():
    class Doubled(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return self.inner(x) * 2

    y = nn.Sequential(Doubled())(ag.tensor([1.0, 2.0]))
    assert Path(y.node.where[0].co_filename).name == "test_module.py"
    assert y.node.where[0].co_name == "forward"
    assert y.node.operands[0].where[0].co_name == "forward"
    z = nn.Linear(2, 2)(ag.tensor([1.0, 2.0]))
    assert z.node.where[0].co_name == "test_the_line_shown_is_the_users"


def test_the_scope_is_left_when_forward_raises():
    with pytest.raises(ag.ShapeError):
        nn.Linear(2, 2)(ag.tensor([1.0]))
    assert ag.current_scope() is None


# --- reading it -----------------------------------------------------------------------------


def test_repr_reads_as_pytorchs():
    assert repr(nn.Sequential(nn.Linear(2, 3, bias=False), nn.Sequential(nn.Tanh()))) == (
        "Sequential(\n"
        "  (0): Linear(in_features=2, out_features=3, bias=False)\n"
        "  (1): Sequential(\n"
        "    (0): Tanh()\n"
        "  )\n"
        ")"
    )


def test_repr_shows_extra_and_children():
    class Named(nn.Module):
        def __init__(self):
            self.layer = nn.Tanh()

        def extra_repr(self):
            return "size=3"

    assert repr(Named()) == "Named(\n  size=3\n  (layer): Tanh()\n)"


@pytest.mark.parametrize(
    ("module", "label"),
    [
        (nn.Linear(2, 4), "Linear(2→4)"),
        (nn.RNNCell(4, 3), "RNNCell(4→3)"),
        (nn.Tanh(), "Tanh"),
        (nn.Softmax(1), "Softmax(dim=1)"),
        (nn.Sequential(nn.Tanh(), nn.Tanh()), "Sequential(2 modules)"),
        (nn.CrossEntropyLoss(), "CrossEntropyLoss"),
        (nn.CrossEntropyLoss(reduction="sum"), "CrossEntropyLoss(reduction='sum')"),
    ],
)
def test_labels(module, label):
    assert module.describe() == label


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(RuntimeError, match=r"Empty does not say what it computes"):
        Empty()(1)


# --- whose autograd -------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["nn", "optim"])
def test_another_autograd_is_refused(package, tmp_path):
    stranger = tmp_path / "autograd"
    stranger.mkdir()
    (stranger / "__init__.py").write_text("def grad(f): return f\n")
    root = Path(nn.__file__).parent.parent
    program = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]; import {package}"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 1
    assert f"ImportError: {package} is a part of glassgrad" in ran.stderr
    assert str(stranger) in ran.stderr
    assert "pip uninstall autograd" in ran.stderr


def test_a_module_that_contains_itself_is_named():
    model = nn.Sequential(nn.Linear(1, 1))
    model[0].owner = model
    for walk in (model.state_dict, model.eval, lambda: list(model.parameters())):
        with pytest.raises(ag.StateError, match=r"Sequential contains itself, as '0\.owner'"):
            walk()


@pytest.mark.parametrize(
    "made",
    [
        lambda: nn.Linear(-1, 2),
        lambda: nn.Linear(2.5, 2),
        lambda: nn.LSTM(2, 2.0),
        lambda: nn.GRUCell(-3, 2),
    ],
)
def test_sizes_are_whole_numbers(made):
    with pytest.raises(ag.RangeError, match="sizes are whole numbers, 0 or more"):
        made()
