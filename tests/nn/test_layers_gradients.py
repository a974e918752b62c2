"""Every case of layer_cases.py: both orders of its gradients against differences, in float64."""

import numpy as np
import pytest
from layer_agreement import made
from layer_cases import CASES, Case, Given, Normal, case, inputs_of

import autograd as ag
import nn

OURS = [
    case("LSTM", 1, 2, on=(2, 2, 1), batch_first=True, bidirectional=True),
    case("LectureLSTMCell", 2, 2, on=(2, 2)),
    case("PeepholeLSTMCell", 2, 2, on=(2, 2)),
    case("LectureGRUCell", 3, 2, on=[(2, 3), (2, 2)]),
    case("MUT1Cell", 2, 2, on=[(2, 2), (2, 2)]),
    case("MUT2Cell", 2, 2, on=[(2,), (2,)]),
    case("MUT3Cell", 3, 2, on=[(2, 3), (2, 2)]),
    case("PositionalEncoding", 3, 0.0, on=(4, 3)),
    case("Maxout", 3, 2, on=(2, 3)),
    case("Maxout", 2, 2, 3, on=(2,), bias=False),
    case("Highway", 3, on=(2, 3)),
    case("SumPool2d", 2, on=(1, 2, 4, 4)),
    case("SumPool2d", (2, 3), on=(1, 4, 5), stride=1, padding=1, ceil_mode=True),
    case("RReLU", on=(3, 4), rng=0),
    case("Dropout", 0.5, on=(3, 4), rng=0),
    case("Dropout1d", 0.5, on=(2, 4, 2), rng=0),
    case("Dropout2d", 0.5, on=(2, 4, 1, 2), rng=0),
    case("AlphaDropout", 0.5, on=(3, 4), rng=0),
]


def differentiable(case: Case) -> bool:
    """Not where a limit changes the table itself, where a gradient is not the derivative but
    divided by counts on purpose, nor where there is nothing, or very much.
    """
    deep = case.layer in ("RNN", "LSTM", "GRU") and case.args[2:]
    if deep or case.layer == "Transformer":
        return False  # large; their parts are here
    empty = any(isinstance(shape, tuple) and 0 in shape for shape in case.inputs)
    return not empty and not {"max_norm", "scale_grad_by_freq"} & set(case.kwargs)


ALL = [c for c in (*CASES, *OURS) if differentiable(c)]


def argument(spec):
    if isinstance(spec, Given):
        return ag.tensor(spec.values)
    return ag.tensor(np.full(spec.shape, 0.7)) if isinstance(spec, Normal) else spec


class Fixed(nn.Module):
    """A layer with its other arguments, the same random numbers each time, and one output."""

    def __init__(self, layer: nn.Module, case: Case, inputs: list[np.ndarray]):
        self.layer, self.inputs = layer, inputs
        self.call = {name: argument(spec) for name, spec in case.call.items()}

    def forward(self, *floating):
        if getattr(self.layer, "rng", None) is not None:
            self.layer.rng = np.random.default_rng(0)
        supply = iter(floating)
        inputs = [next(supply) if x.dtype.kind == "f" else ag.tensor(x) for x in self.inputs]
        found = self.layer(*inputs, **self.call)
        return found[0] if isinstance(found, tuple) else found


@pytest.mark.parametrize("case", ALL, ids=str)
def test_gradients_of_both_orders(case, check_gradients):
    arrays = inputs_of(case, np.random.default_rng(3))
    inputs = [ag.tensor(x, requires_grad=True) for x in arrays if x.dtype.kind == "f"]
    check_gradients(Fixed(made(case), case, arrays), *inputs)
