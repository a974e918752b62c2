"""Every case of layer_cases.py on arrays that only NumPy's protocols can compute with."""

import numpy as np
import pytest
from layer_agreement import made
from layer_cases import CASES, Normal, case, flat, inputs_of
from strict_array import StrictArray

import autograd as ag
import nn

RANDOM = [
    case("PeepholeLSTMCell", 2, 2, on=(2, 2)),
    case("LectureLSTMCell", 2, 2, on=(2, 2)),
    case("LectureGRUCell", 3, 2, on=[(2, 3), (2, 2)]),
    case("MUT3Cell", 3, 2, on=[(2, 3), (2, 2)]),
    case("RReLU", on=(3, 4), rng=0),
    case("Dropout", 0.5, on=(3, 4), rng=0),
    case("Dropout2d", 0.5, on=(2, 4, 1, 2), rng=0),
    case("AlphaDropout", 0.5, on=(3, 4), rng=0),
    case("Maxout", 3, 2, on=(2, 3), rng=0),
    case("Highway", 3, on=(2, 3), rng=0),
    case("SumPool2d", 2, on=(1, 2, 4, 4)),
]


def run(case, kind):
    """What a layer computes on one kind of array: outputs, gradients, state."""
    ag.manual_seed(0)
    layer = made(case)
    for tensor in (*layer.parameters(), *layer.buffers()):
        tensor.data = kind(tensor.data)
    inputs = inputs_of(case, np.random.default_rng(0))
    fed = [ag.tensor(kind(x), requires_grad=x.dtype.kind == "f") for x in inputs]
    call = {n: argument(spec, kind) for n, spec in case.call.items()}
    outputs = flat(layer(*fed, **call))
    leaves = [*(x for x in fed if x.requires_grad), *layer.parameters()]
    gradients = ag.grad(outputs[0].sum(), leaves)
    return [*outputs, *gradients, *layer.state_dict().values()]


def argument(spec, kind):
    if isinstance(spec, Normal):
        return ag.tensor(kind(np.ones(spec.shape)))
    return ag.tensor(kind(np.array(spec.values))) if hasattr(spec, "values") else spec


@pytest.mark.parametrize("case", [*CASES, *RANDOM], ids=str)
def test_forward_and_backward_stay_on_the_device(case):
    for ours, plain in zip(run(case, StrictArray), run(case, np.array), strict=True):
        assert isinstance(ours.data, StrictArray)
        np.testing.assert_allclose(ours.data.get(), plain.detach().numpy(), 1e-12, 1e-12)


def test_a_whole_model():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten())
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.data = StrictArray(tensor.data)
    model(ag.tensor(StrictArray(np.ones((2, 1, 4, 4))))).sum().backward()
    assert all(isinstance(p.grad.data, StrictArray) for p in model.parameters())
