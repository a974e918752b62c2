"""Whole architectures against PyTorch itself: the same weights say the same (``pytest -m peers``).

The networks are built here from PyTorch's layers, since its model collection is a package of
its own; parameter names are the collection's.
"""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
from nn.models import VGG, AlexNet, GoogLeNet, LanguageModel, ResNet, Tagger

pytestmark = pytest.mark.peers
torch = pytest.importorskip("torch")
functional = torch.nn.functional

TWINS = {"Conv2d", "BatchNorm2d", "Linear", "MaxPool2d", "AdaptiveAvgPool2d", "ReLU", "Dropout"}


def twin(module):
    """The same tree of modules in PyTorch, with the same names and options."""
    name = type(module).__name__
    if name in TWINS:
        return leaf(name, module)
    made = torch.nn.Sequential() if isinstance(module, nn.Sequential) else torch.nn.Module()
    for path, child in module.named_children():
        made.add_module(path, twin(child))
    return made


def leaf(name, module):
    kind = getattr(torch.nn, name)
    if name == "Conv2d":
        sizes = (module.in_channels, module.out_channels, module.kernel_size, module.stride)
        return kind(*sizes, module.padding, bias=module.bias is not None)
    if name == "BatchNorm2d":
        return kind(module.num_features, eps=module.eps)
    if name == "Linear":
        return kind(module.in_features, module.out_features)
    if name == "MaxPool2d":
        return kind(module.kernel_size, module.stride, module.padding, ceil_mode=module.ceil_mode)
    if name == "AdaptiveAvgPool2d":
        return kind(module.output_size)
    return kind(module.p) if name == "Dropout" else kind()


def same_weights(model, other):
    state = {name: torch.tensor(value.data) for name, value in model.state_dict().items()}
    other.double().load_state_dict(state)  # strict: every name is known on both sides
    return other.eval()


def plain(m, x):
    return m.classifier(torch.flatten(m.avgpool(m.features(x)), 1))


def residual(m, x):
    maps = m.maxpool(torch.relu(m.bn1(m.conv1(x))))
    for stage in (m.layer1, m.layer2, m.layer3, m.layer4):
        for block in stage:
            bypass = block.downsample(maps) if hasattr(block, "downsample") else maps
            inner = torch.relu(block.bn1(block.conv1(maps)))
            maps = torch.relu(block.bn2(block.conv2(inner)) + bypass)
    return m.fc(torch.flatten(m.avgpool(maps), 1))


def basic(m, x):
    maps = m.conv(x)
    return torch.relu(m.bn(maps) if hasattr(m, "bn") else maps)


def views(m, x):
    two = basic(m.branch2[1], basic(m.branch2[0], x))
    three = basic(m.branch3[1], basic(m.branch3[0], x))
    return torch.cat([basic(m.branch1, x), two, three, basic(m.branch4[1], m.branch4[0](x))], 1)


def inception(m, x):
    norm = (
        (lambda y: y) if hasattr(m.conv1, "bn") else lambda y: functional.local_response_norm(y, 5)
    )
    maps = basic(m.conv2, norm(m.maxpool1(basic(m.conv1, x))))
    maps = m.maxpool2(norm(basic(m.conv3, maps)))
    maps = m.maxpool3(views(m.inception3b, views(m.inception3a, maps)))
    for letter in "abcde":
        maps = views(getattr(m, f"inception4{letter}"), maps)
    maps = views(m.inception5b, views(m.inception5a, m.maxpool4(maps)))
    return m.fc(torch.flatten(m.avgpool(maps), 1))


NETWORKS = {
    "AlexNet": (lambda: AlexNet(7, rng=0), plain, 96),
    "VGG": (lambda: VGG(((8,), (8, 12), (16,)), 7, hidden=32, rng=0), plain, 32),
    "VGG with batch norm": (
        lambda: VGG(((8,), (12,)), 7, hidden=32, batch_norm=True, rng=0),
        plain,
        32,
    ),
    "ResNet": (lambda: ResNet((2, 1, 2, 1), 7, width=8, rng=0), residual, 64),
    "GoogLeNet": (lambda: GoogLeNet(7, batch_norm=False, rng=0), inception, 67),
    "GoogLeNet with batch norm": (lambda: GoogLeNet(7, rng=0), inception, 67),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_image_networks_say_the_same(name):
    make, forward, side = NETWORKS[name]
    model = make().eval()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_var.data[...] = 0.01
    images = np.random.default_rng(1).normal(size=(2, 3, side, side))
    other = same_weights(model, twin(model))
    mine, theirs = model(images), forward(other, torch.tensor(images))
    np.testing.assert_allclose(mine.data, theirs.detach().numpy(), rtol=1e-7, atol=1e-9)
    mine.sum().backward()
    theirs.sum().backward()
    for (path, one), two in zip(model.named_parameters(), other.parameters(), strict=True):
        scale = two.grad.abs().max().item() or 1.0
        np.testing.assert_allclose(
            one.grad.data / scale, two.grad.numpy() / scale, atol=1e-8, err_msg=path
        )


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_language_model_says_the_same(cell):
    numbers = np.random.default_rng(0).integers(0, 6, (3, 5))
    model = LanguageModel(6, 4, cell, 2, embedding_size=3, rng=0).eval()
    other = torch.nn.Module()
    other.embedding, other.output = torch.nn.Embedding(6, 3), torch.nn.Linear(4, 6)
    other.recurrent = getattr(torch.nn, cell.upper())(3, 4, 2, batch_first=True)
    same_weights(model, other)
    outputs, _ = other.recurrent(other.embedding(torch.tensor(numbers)))
    expected = other.output(outputs).detach().numpy()
    np.testing.assert_allclose(model(numbers)[0].data, expected, rtol=1e-9)


def test_a_tagger_says_the_same_of_padded_sequences():
    numbers, lengths = np.array([[1, 2, 3, 4], [5, 3, 0, 0]]), [4, 2]
    model = Tagger(6, 3, 4, 5, "gru", padding_idx=0, rng=0)
    other = torch.nn.Module()
    other.embedding, other.output = torch.nn.Embedding(6, 4, 0), torch.nn.Linear(10, 3)
    other.recurrent = torch.nn.GRU(4, 5, batch_first=True, bidirectional=True)
    same_weights(model, other)
    rows = other.embedding(torch.tensor(numbers))
    packed = torch.nn.utils.rnn.pack_padded_sequence(rows, lengths, True)
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(other.recurrent(packed)[0], True)
    expected = other.output(outputs).detach().numpy()
    np.testing.assert_allclose(model(ag.tensor(numbers), lengths).data, expected, rtol=1e-9)
