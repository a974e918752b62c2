"""Layers and losses, written purely as compositions of autograd operations.

Class names, argument names, defaults, parameter names and initial distributions are
PyTorch's, so that knowledge and weights carry over.

>>> import autograd as ag
>>> import nn
>>> model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=1))
>>> model
Sequential(
  (0): Linear(in_features=2, out_features=4, bias=True)
  (1): Tanh()
  (2): Linear(in_features=4, out_features=1, bias=True)
)
>>> model(ag.tensor([[1.0, 2.0]])).shape
(1, 1)
"""

from pathlib import Path as _Path

import autograd as _ag
from nn import _identity as _identity
from nn.activation import (
    Identity as Identity,
    LogSoftmax as LogSoftmax,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
    Softmax as Softmax,
    Tanh as Tanh,
)
from nn.container import Sequential as Sequential
from nn.linear import Flatten as Flatten, Linear as Linear
from nn.loss import CrossEntropyLoss as CrossEntropyLoss, MSELoss as MSELoss
from nn.module import LoadReport as LoadReport, Module as Module
from nn.parameter import Parameter as Parameter
from nn.recurrent import RNNCell as RNNCell, unroll as unroll

_ag.hide_source(_Path(__file__).parent)
