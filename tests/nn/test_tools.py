"""Summary, freezing, new heads, features."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim


def network(**options):
    layers = {
        "conv": nn.Conv2d(2, 4, 3, padding=1, rng=0, **options),
        "norm": nn.BatchNorm2d(4),
        "relu": nn.ReLU(),
        "pool": nn.MaxPool2d(2),
    }
    head = nn.Sequential(nn.Dropout(0.5, rng=1), nn.Linear(16, 3, rng=2))
    return nn.Sequential({"body": nn.Sequential(layers), "flat": nn.Flatten(), "head": head})


IMAGES = np.random.default_rng(0).normal(size=(5, 2, 4, 4))


# --- summary --------------------------------------------------------------------------------


def test_a_summary_lists_every_layer():
    told = nn.summary(network(), IMAGES)
    lines = {row.path: (row.shape, row.parameters, row.operations) for row in told.rows}
    assert lines == {
        "body.conv": ((5, 4, 4, 4), 76, 5 * 16 * 4 * 18),
        "body.norm": ((5, 4, 4, 4), 8, 0),
        "body.relu": ((5, 4, 4, 4), 0, 0),
        "body.pool": ((5, 4, 2, 2), 0, 0),
        "flat": ((5, 16), 0, 0),
        "head.0": ((5, 16), 0, 0),
        "head.1": ((5, 3), 51, 5 * 48),
    }
    assert (told.parameters, told.trainable) == (135, 135)
    assert told.operations == 5 * (16 * 72 + 48)
    assert told.megabytes == pytest.approx(135 * 8 / 1e6)


def test_a_depth_adds_up_what_lies_below():
    told = nn.summary(network(), (1, 2, 4, 4), depth=1)
    lines = [(row.path, row.shape, row.parameters, row.operations) for row in told.rows]
    assert lines == [
        ("body", (1, 4, 2, 2), 84, 1152),
        ("flat", (1, 16), 0, 0),
        ("head", (1, 3), 51, 48),
    ]


def test_a_summary_as_text_and_as_html():
    told = nn.summary(nn.freeze(network(), "body"), IMAGES)
    text = str(told)
    assert text.splitlines()[0].split() == [
        "path",
        "layer",
        "output",
        "shape",
        "parameters",
        "multiply-adds",
    ]
    assert "135 parameters (51 trainable, 84 frozen, 0.0 MB), 6,000 multiply-adds" in text
    assert repr(told) == text
    page = told._repr_html_()
    assert page.count("<tr>") == 1 + 7 + 1
    assert "<td>head.1</td><td>Linear(16→3)</td>" in page


def test_a_summary_leaves_the_model_as_it_was():
    model = network()
    model.head.eval()
    before = {name: value.data.copy() for name, value in model.state_dict().items()}
    nn.summary(model, IMAGES)
    assert [m.training for m in (model, model.body, model.head)] == [True, True, False]
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.data, before[name])
    seen = []
    model.register_forward_hook(lambda *_: seen.append(1))
    with pytest.raises(ag.ShapeError):
        nn.summary(model, np.zeros((1, 3, 4, 4)))
    assert model.training
    assert model(IMAGES).requires_grad
    assert seen == [1]


def test_shared_modules_count_their_parameters_once_and_their_work_twice():
    layer = nn.Linear(3, 3, rng=0)
    told = nn.summary(nn.Sequential(layer, nn.ReLU(), layer), (2, 3))
    assert told.parameters == 12
    assert told.operations == 2 * 2 * 9
    assert [row.path for row in told.rows] == ["0", "1"]


@pytest.mark.parametrize(
    ("layer", "shape", "operations"),
    [
        (nn.Conv1d(4, 6, 3, groups=2), (2, 4, 9), 2 * 7 * 6 * 2 * 3),
        (nn.ConvTranspose2d(3, 5, 2, stride=2), (1, 3, 4, 4), 16 * 3 * 5 * 4),
        (nn.LSTM(3, 4, 2), (7, 2, 3), 14 * (16 * 3 + 16 * 4 + 16 * 4 + 16 * 4)),
        (nn.GRU(3, 4, bidirectional=True), (7, 2, 3), 14 * 2 * 12 * 7),
        (nn.RNNCell(3, 4), (2, 3), 2 * 28),
        (nn.Linear(3, 4), (2, 5, 3), 120),
    ],
)
def test_operations_by_layer(layer, shape, operations):
    assert nn.summary(layer, shape).operations == operations


def test_several_outputs_several_inputs_and_what_is_not_known():
    class Own(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(np.ones((3, 3)))
            self.idle = nn.Linear(2, 2, rng=0)

        def forward(self, x, y, *, scale):
            return x @ self.weight, y * scale

    told = nn.summary(Own(), (2, 3), ag.ones(4), scale=2.0)
    own, idle = told.rows
    assert own.shape == ((2, 3), (4,))
    assert own.operations is None
    assert own.cells()[0] == "(model)"
    assert idle.shape is None
    assert "not called" in str(told)
    assert "at least 0 multiply-adds" in str(told)


def test_a_lookup_costs_no_operations():
    assert nn.summary(nn.Embedding(5, 2, rng=0), ag.tensor([1, 2])).operations == 0


def test_zeros_have_the_dtype_of_the_model():
    seen = []
    layer = nn.Linear(2, 2, dtype=np.float32, rng=0)
    layer.register_forward_pre_hook(lambda m, args: seen.append(args[0].dtype))
    nn.summary(layer, (1, 2))
    assert seen == [np.float32]


def test_a_summary_of_no_levels():
    with pytest.raises(ag.RangeError, match="depth=0"):
        nn.summary(network(), IMAGES, depth=0)


# --- freezing -------------------------------------------------------------------------------


def trained(model):
    return [name for name, p in model.named_parameters() if p.requires_grad]


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        (("body",), ["head.1.weight", "head.1.bias"]),
        (("body.conv", "head.1.bias"), ["body.norm.weight", "body.norm.bias", "head.1.weight"]),
        (("*.bias",), ["body.conv.weight", "body.norm.weight", "head.1.weight"]),
        (("body.[a-m]*",), ["body.norm.weight", "body.norm.bias", "head.1.weight", "head.1.bias"]),
        ((), []),
    ],
)
def test_parts_are_frozen_by_path(parts, left):
    model = network()
    assert nn.freeze(model, *parts) is model
    assert trained(model) == left
    assert len(trained(nn.unfreeze(model))) == 6


def test_parts_are_frozen_as_modules():
    model = network()
    nn.freeze(model, model.body)
    assert trained(model) == ["head.1.weight", "head.1.bias"]
    nn.unfreeze(model, model.body.norm)
    assert trained(model)[:2] == ["body.norm.weight", "body.norm.bias"]


@pytest.mark.parametrize("change", [nn.freeze, lambda model: model.requires_grad_(False)])
def test_a_frozen_parameter_stays_one_though_nobody_named_it(change):
    class Scale(nn.Module):
        def __init__(self):
            self.factor = ag.tensor([2.0], requires_grad=True)

    model = Scale()
    change(model)
    assert [p.requires_grad for p in model.parameters()] == [False]
    assert list(model.state_dict()) == ["factor"]
    assert nn.unfreeze(model).factor.requires_grad


def test_training_passes_over_what_is_frozen():
    model = nn.freeze(network(), "body.conv")
    before = {name: p.data.copy() for name, p in model.named_parameters()}
    adam = optim.Adam(model.parameters(), lr=0.1, weight_decay=0.1)
    ag.cross_entropy(model(IMAGES), ag.tensor([0, 1, 2, 0, 1])).backward()
    adam.step()
    for name, parameter in model.named_parameters():
        same = bool((parameter.data == before[name]).all())
        assert same == name.startswith("body.conv")


def test_nothing_is_frozen_where_one_part_is_unknown():
    model = network()
    with pytest.raises(ag.UnknownNameError, match=r"'heads'.*'body', 'flat', 'head'"):
        nn.freeze(model, "body", "heads")
    with pytest.raises(ag.ArgumentError, match="no part of this Sequential"):
        nn.freeze(model, "body", nn.Linear(2, 2))
    assert len(trained(model)) == 6


# --- a new head -----------------------------------------------------------------------------


def test_the_last_layer_is_replaced():
    model = network()
    new = nn.Linear(16, 7, rng=5)
    assert nn.replace_head(model, new) is model
    assert model.head[1] is new
    assert model(IMAGES).shape == (5, 7)
    assert list(model.state_dict()) == list(network().state_dict())


def test_a_number_of_outputs_makes_a_layer_like_the_old_one():
    model = network(dtype=np.float32).float()
    nn.replace_head(model, 9, rng=4)
    assert model.head[1].weight.dtype == np.float32
    np.testing.assert_array_equal(
        model.head[1].weight.data, nn.Linear(16, 9, dtype=np.float32, rng=4).weight.data
    )
    nn.replace_head(model, 6, "body.conv")
    assert model.body.conv.weight.shape == (6, 2, 3, 3)
    assert model.body.conv.padding == (1, 1)
    assert list(vars(model.body))[:2] == ["conv", "norm"]


def test_a_convolution_may_be_the_head():
    model = nn.replace_head(nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.ReLU()), 5)
    assert model(IMAGES).shape == (5, 5, 4, 4)
    assert model[0].bias is None


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda m: nn.replace_head(m, nn.Linear(8, 2)), ag.ShapeError, "takes 8 features"),
        (lambda m: nn.replace_head(m, 2, "head.9"), ag.UnknownNameError, "'9'"),
        (lambda m: nn.replace_head(m, 2, "flat"), ag.ArgumentError, "neither linear nor"),
        (lambda m: nn.replace_head(m, nn.Tanh(), ""), ag.ArgumentError, "the model itself"),
        (lambda m: nn.replace_head(m, ag.tanh), ag.ArgumentError, "a module or a number"),
        (lambda m: nn.replace_head(nn.Sequential(nn.Tanh()), 2), ag.ArgumentError, "path="),
    ],
)
def test_heads_that_do_not_fit(do, error, words):
    with pytest.raises(error, match=words):
        do(network())


# --- features -------------------------------------------------------------------------------


def test_features_are_the_output_of_a_layer():
    model = network().eval()
    taken = nn.features(model, layer="body.pool")
    np.testing.assert_array_equal(taken(IMAGES).data, model.body(IMAGES).data)
    rows = nn.features(model, layer="body.pool", flatten=True)(IMAGES)
    np.testing.assert_array_equal(rows.data, model.flat(model.body(IMAGES)).data)


def test_what_lies_behind_does_not_run():
    model, runs = network().eval(), []
    model.head.register_forward_hook(lambda *_: runs.append("head"))
    nn.features(model, layer="flat")(IMAGES)
    assert runs == []
    model(IMAGES)
    assert runs == ["head"]
    assert not model.flat._hooked().after


def test_several_layers_give_a_dict():
    model = network().eval()
    maps = nn.features(model, layer=["flat", "body.conv"])(IMAGES)
    assert {path: out.shape for path, out in maps.items()} == {
        "flat": (5, 16),
        "body.conv": (5, 4, 4, 4),
    }
    assert list(maps) == ["flat", "body.conv"]


def test_gradients_go_through_features():
    model = network()
    nn.features(model, layer="body.relu")(IMAGES).sum().backward()
    assert model.body.conv.weight.grad is not None
    assert model.head[1].weight.grad is None


def test_features_as_arrays_for_other_libraries():
    model = network()
    taken = nn.features(model, layer="body.pool")
    table = taken.arrays(IMAGES, batch_size=2)
    assert type(table) is np.ndarray
    assert model.training  # but the table was made in evaluation mode
    np.testing.assert_array_equal(table, model.eval().body(IMAGES).data.reshape(5, 16))


def test_a_linear_classifier_on_top():
    """Lecture A: the network as feature extractor."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    draw = np.random.default_rng(0)
    x = draw.normal(size=(200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)  # not separable by a line
    model = nn.models.MLP([2, 64, 2], rng=0)
    rows = nn.features(model, layer="1").arrays(x)
    on_top = linear_model.LogisticRegression(C=100.0, max_iter=2000).fit(rows[:150], y[:150])
    assert on_top.score(rows[150:], y[150:]) > 0.85
    assert linear_model.LogisticRegression().fit(x, y).score(x, y) < 0.65


@pytest.mark.parametrize(
    ("do", "error", "words"),
    [
        (lambda m: nn.features(m, layer="body.9"), ag.UnknownNameError, "'9'"),
        (lambda m: nn.features(m, layer=[]), ag.ArgumentError, "at least one layer"),
        (lambda m: nn.features(m, layer=["flat", "head"]).arrays(IMAGES), ag.StateError, "one"),
        (lambda m: nn.features(m, layer="flat").arrays(IMAGES[:0]), ag.RangeError, "0 examples"),
    ],
)
def test_features_that_are_not_there(do, error, words):
    with pytest.raises(error, match=words):
        do(network())


def test_a_layer_that_the_model_does_not_call():
    class Idle(nn.Module):
        def __init__(self):
            self.used, self.unused = nn.Tanh(), nn.ReLU()

        def forward(self, x):
            return self.used(x)

    with pytest.raises(ag.StateError, match="did not call its layer 'unused'"):
        nn.features(Idle(), layer="unused")(ag.ones(2))
