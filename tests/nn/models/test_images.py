"""The image networks in miniature, and LeNet-5: gradients, training, weights, first values."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
import nn
import optim
from nn.models import VGG, BasicBlock, GoogLeNet, Inception, LeNet5, ResNet
from nn.models.weights import normal_into

SMALL = {
    "LeNet5": (lambda: LeNet5(3, 1, rng=0), (4, 1, 32, 32)),
    "LeNet5 as today": (lambda: LeNet5(3, 2, nn.ReLU, nn.MaxPool2d, rng=0), (4, 2, 32, 32)),
    "VGG": (lambda: VGG(((4,), (6, 6)), 3, hidden=8, dropout=0, rng=0), (4, 3, 8, 8)),
    "VGG with batch norm": (
        lambda: VGG(((4,), (6,)), 3, hidden=8, dropout=0, batch_norm=True, in_channels=1, rng=0),
        (4, 1, 8, 8),
    ),
    "ResNet": (lambda: ResNet((1, 1, 1, 1), 3, 1, width=4, rng=0), (4, 1, 32, 32)),
}


@pytest.fixture(params=SMALL)
def small(request):
    make, shape = SMALL[request.param]
    return make, np.random.default_rng(1).normal(size=shape)


def test_training_reaches_every_parameter(small):
    make, images = small
    model, targets = make(), ag.tensor([0, 1, 2, 1])
    adam, losses = optim.Adam(model.parameters(), lr=0.005), []
    for _ in range(30):
        adam.zero_grad()
        loss = ag.cross_entropy(model(images), targets)
        loss.backward()
        losses.append(loss.item())
        assert all(p.grad is not None for p in model.parameters())
        adam.step()
    assert losses[-1] < 0.7 * losses[0]


def test_weights_go_through_a_file(small, tmp_path):
    make, images = small
    model, other = make(), make()
    for parameter in other.parameters():
        parameter.data[...] = 0
    nn.save_weights(model, tmp_path / "weights.npz")
    other.load_state_dict(nn.load_weights(tmp_path / "weights.npz"))
    np.testing.assert_array_equal(model.eval()(images).data, other.eval()(images).data)


def test_the_same_seed_gives_the_same_network(small):
    make, _ = small
    for one, two in zip(make().parameters(), make().parameters(), strict=True):
        np.testing.assert_array_equal(one.data, two.data)


def test_lenet_as_in_the_paper():
    model = LeNet5(rng=0)
    assert sum(p.numel() for p in model.parameters()) == 61_706
    shapes = {row.path: row.shape[1:] for row in nn.summary(model, (1, 1, 32, 32)).rows}
    assert shapes["c1"] == (6, 28, 28)
    assert shapes["s2"] == (6, 14, 14)
    assert shapes["c3"] == (16, 10, 10)
    assert shapes["s4"] == (16, 5, 5)
    assert shapes["c5"] == (120, 1, 1)
    assert shapes["f6"] == (84,)
    image = np.random.default_rng(0).normal(size=(1, 32, 32))
    np.testing.assert_allclose(model(image).data, model(image[None]).data[0], rtol=1e-12)


def test_lenet_reads_images_of_its_size_only():
    with pytest.raises(ag.ShapeError, match=r"32×32, got \(1, 1, 36, 36\)"):
        LeNet5(rng=0)(ag.zeros(1, 1, 36, 36))


def test_a_residual_block_adds_to_its_input():
    block = BasicBlock(4, 4, rng=0).eval()
    block.conv2.weight.data[...] = 0  # F(x) = 0
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 6))
    np.testing.assert_allclose(block(x).data, np.maximum(x, 0), atol=1e-12)
    assert block.downsample is None
    assert BasicBlock(4, 8, 2, rng=0)(x).shape == (2, 8, 3, 3)


@pytest.mark.parametrize(("batch_norm", "kernel"), [(True, 3), (False, 5)])
def test_an_inception_module_sees_four_views(batch_norm, kernel):
    block = Inception(3, 2, 2, 4, 2, 3, 1, batch_norm=batch_norm, rng=0).eval()
    x = ag.tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 5)))
    y = block(x)
    assert y.shape == (2, 10, 5, 5)
    assert block.branch3[1].conv.kernel_size == (kernel, kernel)
    np.testing.assert_array_equal(y.data[:, 2:6], block.branch2(x).data)
    np.testing.assert_array_equal(y.data[:, 9:], block.branch4(x).data)


def test_first_values_of_vgg_and_resnet_are_he_s():
    model = VGG(((64, 64), (64,)), 5, hidden=200, rng=0)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d):
            expected = np.sqrt(2 / (layer.out_channels * 9))
            assert layer.weight.data.std() == pytest.approx(expected, rel=0.05)
            assert not layer.bias.data.any()
    assert model.classifier[0].weight.data.std() == pytest.approx(0.01, rel=0.02)
    model = ResNet((1, 1, 1, 1), width=16, dtype=np.float32, rng=0)
    std = model.layer4[0].conv2.weight.data.std()
    assert std == pytest.approx(np.sqrt(2 / (128 * 9)), rel=0.02)


def test_filling_part_by_part_draws_the_same_numbers():
    large = nn.Linear(700, 600, rng=0).weight  # 420,000: more than one part
    expected = np.random.default_rng(0).uniform(-(700**-0.5), 700**-0.5, (600, 700))
    np.testing.assert_array_equal(large.data, expected)
    with ag.no_grad():
        normal_into(large, 0.5, np.random.default_rng(3))
    other = nn.init.normal_(nn.Linear(700, 600).weight, 0.0, 0.5, rng=3)
    np.testing.assert_array_equal(large.data, other.data)


def test_the_signal_arrives_in_the_googlenet_of_the_paper():
    """Small normal weights would leave nothing of the image after 22 layers."""
    model = GoogLeNet(7, batch_norm=False, dtype=np.float32, rng=0).eval()
    scores = model(np.random.default_rng(0).random((2, 3, 64, 64), np.float32)).data
    assert scores.std() > 0.01
    assert model.conv1.conv.bias.data[0] == np.float32(0.2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: VGG(()), r"VGG\(stages=…\)"),
        (lambda: VGG(((64,), ())), "convolutions of each stage"),
        (lambda: ResNet((2, 2, 2)), "four stages"),
        (lambda: ResNet((2, 2, 0, 2)), "at least one"),
    ],
)
def test_sizes_that_make_no_network(make, words):
    with pytest.raises(ag.RangeError, match=words):
        make()


def test_a_grey_image_for_a_network_of_colours():
    with pytest.raises(ag.ShapeError, match=r"Conv2d\(3→64, 7×7, stride 2×2\) takes an input"):
        nn.models.ResNet18(init_weights=False, rng=0)(ag.zeros(1, 1, 32, 32))
