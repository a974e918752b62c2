"""The image networks at full size: counts, shapes, one run each in float32, pictures by stage."""

from __future__ import annotations

import math

import numpy as np
import pytest

import autograd as ag
import nn
from nn.models import VGG16, AlexNet, GoogLeNet, ResNet18

MAKE = {
    "AlexNet": AlexNet,
    "VGG16": VGG16,
    "GoogLeNet": lambda **options: GoogLeNet(batch_norm=False, **options),
    "GoogLeNet with batch norm": GoogLeNet,
    "ResNet18": ResNet18,
}

# Parameters; multiply-adds of the convolutions and linear layers; how deep the stages lie.
SIZES = {
    "AlexNet": (61_100_840, 714_188_480, 2),
    "VGG16": (138_357_544, 15_470_264_320, 2),
    "GoogLeNet": (6_998_552, 1_582_671_872, 1),
    "GoogLeNet with batch norm": (6_624_904, 1_498_376_192, 1),
    "ResNet18": (11_689_512, 1_814_073_344, 1),
}

INCEPTION = {
    "3a": (256, 28),
    "3b": (480, 28),
    "4a": (512, 14),
    "4b": (512, 14),
    "4c": (512, 14),
    "4d": (528, 14),
    "4e": (832, 14),
    "5a": (832, 7),
    "5b": (1024, 7),
}
"""Channels and side of what each inception module gives (table 1 of the paper)."""


@pytest.fixture(scope="module", params=MAKE)
def run(request):
    """A network, what it said of one image, recorded, and its summary."""
    options = {} if request.param in ("AlexNet",) else {"init_weights": False}
    model = MAKE[request.param](dtype=np.float32, rng=0, **options).eval()
    image = ag.tensor(np.random.default_rng(0).random((1, 3, 224, 224), np.float32), name="image")
    shapes = {}

    def look(module, args, output):
        shapes[id(module)] = output.shape

    handles = [module.register_forward_hook(look) for module in model.modules()]
    scores = model(image)
    for handle in handles:
        handle.remove()
    named = {path: shapes.get(id(module)) for path, module in model.named_modules()}
    return request.param, model, scores, named


def test_parameters_to_the_last_one(run):
    name, model, _, _ = run
    assert sum(p.numel() for p in model.parameters()) == SIZES[name][0]


def test_it_says_something_of_an_image_in_float32(run):
    _, model, scores, _ = run
    assert scores.shape == (1, 1000)
    assert scores.dtype == np.float32
    assert np.isfinite(scores.data).all()
    assert scores.data.std() > 0
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_operations_are_those_that_are_published(run):
    """In units of 10⁹: 0.71, 15.47, 1.58, 1.50 and 1.81."""
    name, model, _, shapes = run
    total = 0
    for path, layer in model.named_modules():
        if isinstance(layer, nn.Conv2d):
            reads = math.prod(layer.kernel_size) * layer.in_channels
            total += math.prod(shapes[path]) * reads
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features
    assert total == SIZES[name][1]


def sides(shapes, kinds, model):
    return [shapes[p][1:] for p, m in model.named_modules() if isinstance(m, kinds)]


def test_every_layer_s_shape(run):
    name, model, _, shapes = run
    convolutions = [shape[:2] for shape in sides(shapes, nn.Conv2d, model)]
    linear = sides(shapes, nn.Linear, model)
    assert linear == ([(4096,)] * 2 if name in ("AlexNet", "VGG16") else []) + [(1000,)]
    if name == "AlexNet":
        assert convolutions == [(64, 55), (192, 27), (384, 13), (256, 13), (256, 13)]
        assert [s[1] for s in sides(shapes, nn.MaxPool2d, model)] == [27, 13, 6]
    elif name == "VGG16":
        rows = [(64, 224)] * 2 + [(128, 112)] * 2 + [(256, 56)] * 3 + [(512, 28)] * 3
        assert convolutions == rows + [(512, 14)] * 3
        assert [s[1] for s in sides(shapes, nn.MaxPool2d, model)] == [112, 56, 28, 14, 7]
    elif name == "ResNet18":
        stages = [(64, 56)] * 4 + [(128, 28)] * 5 + [(256, 14)] * 5 + [(512, 7)] * 5
        assert convolutions == [(64, 112), *stages]
        assert shapes["maxpool"] == (1, 64, 56, 56)
        assert shapes["avgpool"] == (1, 512, 1, 1)
    else:
        check_googlenet(model, shapes)


def check_googlenet(model, shapes):
    for key, (channels, side) in INCEPTION.items():
        path = f"inception{key}"
        assert shapes[path] == (1, channels, side, side)
        views = [shapes[f"{path}.branch{n}"] for n in (1, 2, 3, 4)]
        assert sum(view[1] for view in views) == channels
        assert {view[2:] for view in views} == {(side, side)}
    assert [shapes[f"maxpool{n}"][1:3] for n in (1, 2, 3, 4)] == [
        (64, 56),
        (192, 28),
        (480, 14),
        (832, 7),
    ]
    assert [shapes[f"conv{n}"][1:3] for n in (1, 2, 3)] == [(64, 112), (64, 56), (192, 56)]
    assert shapes["avgpool"] == (1, 1024, 1, 1)


KEYS = {
    "AlexNet": ["features.0.weight", "features.10.bias", "classifier.1.weight"],
    "VGG16": ["features.0.weight", "features.28.bias", "classifier.0.weight", "classifier.6.bias"],
    "GoogLeNet": ["conv1.conv.bias", "inception3a.branch2.1.conv.weight", "fc.weight"],
    "GoogLeNet with batch norm": [
        "conv1.conv.weight",
        "conv1.bn.running_mean",
        "inception4e.branch4.1.bn.num_batches_tracked",
    ],
    "ResNet18": [
        "conv1.weight",
        "bn1.running_var",
        "layer1.1.conv2.weight",
        "layer2.0.downsample.0.weight",
        "layer4.0.downsample.1.bias",
        "fc.bias",
    ],
}


def test_names_that_weights_are_stored_under(run):
    name, model, _, _ = run
    count = {"AlexNet": 16, "VGG16": 32, "ResNet18": 122, "GoogLeNet": 116}
    state = model.state_dict()
    assert set(KEYS[name]) <= set(state)
    assert len(state) == count.get(name, 57 * 6 + 2)


STAGES = {
    "AlexNet": ["stage 1", "stage 2", "stage 3", "classifier"],
    "VGG16": ["stage 1", "stage 2", "stage 3", "stage 4", "stage 5", "classifier"],
    "GoogLeNet": ["conv1", "norm1", *(f"inception{key}: Inception" for key in INCEPTION), "fc"],
    "GoogLeNet with batch norm": ["conv1", *(f"inception{k}: Inception" for k in INCEPTION), "fc"],
    "ResNet18": ["conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"],
}


def test_the_picture_shows_the_stages_and_no_more(run):
    name, model, scores, _ = run
    if name == "VGG16":  # 123 million numbers of its linear layers would be summed up in words
        model = VGG16(hidden=64, init_weights=False, rng=0).eval()
        scores = model(ag.zeros(1, 3, 32, 32))
    picture = scores.graph(depth=SIZES[name][2], gradients=False, direction="TB")
    drawing = picture.to_svg()
    for stage in STAGES[name]:
        assert stage in drawing
    assert drawing.count("convolution") == 0
    assert len(drawing) < 200_000
