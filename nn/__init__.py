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
from nn import _identity as _identity, data as data, init as init
from nn.activation import (
    Identity as Identity,
    LogSoftmax as LogSoftmax,
    ReLU as ReLU,
    Sigmoid as Sigmoid,
    Softmax as Softmax,
    Tanh as Tanh,
)
from nn.container import Sequential as Sequential
from nn.lecture_cells import (
    LectureGRUCell as LectureGRUCell,
    LectureLSTMCell as LectureLSTMCell,
    MUT1Cell as MUT1Cell,
    MUT2Cell as MUT2Cell,
    MUT3Cell as MUT3Cell,
    PeepholeLSTMCell as PeepholeLSTMCell,
)
from nn.linear import Flatten as Flatten, Linear as Linear
from nn.loss import (
    GaussianNLLLoss as GaussianNLLLoss,
    HuberLoss as HuberLoss,
    KLDivLoss as KLDivLoss,
    L1Loss as L1Loss,
    MSELoss as MSELoss,
    PoissonNLLLoss as PoissonNLLLoss,
    SmoothL1Loss as SmoothL1Loss,
)
from nn.loss_classes import (
    BCELoss as BCELoss,
    BCEWithLogitsLoss as BCEWithLogitsLoss,
    CrossEntropyLoss as CrossEntropyLoss,
    CTCLoss as CTCLoss,
    MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss,
    NLLLoss as NLLLoss,
)
from nn.loss_margin import (
    CosineEmbeddingLoss as CosineEmbeddingLoss,
    HingeEmbeddingLoss as HingeEmbeddingLoss,
    MarginRankingLoss as MarginRankingLoss,
    MulticlassHingeLoss as MulticlassHingeLoss,
    MultiLabelMarginLoss as MultiLabelMarginLoss,
    MultiMarginLoss as MultiMarginLoss,
    SoftMarginLoss as SoftMarginLoss,
    SquaredTripletLoss as SquaredTripletLoss,
    TripletMarginLoss as TripletMarginLoss,
    TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss,
)
from nn.module import LoadReport as LoadReport, Module as Module
from nn.parameter import Parameter as Parameter
from nn.penalties import l1_penalty as l1_penalty, l2_penalty as l2_penalty
from nn.packing import (
    PackedSequence as PackedSequence,
    pack_padded_sequence as pack_padded_sequence,
    pack_sequence as pack_sequence,
    pad_packed_sequence as pad_packed_sequence,
    pad_sequence as pad_sequence,
    unpack_sequence as unpack_sequence,
    unpad_sequence as unpad_sequence,
)
from nn.recurrent import GRU as GRU, LSTM as LSTM, RNN as RNN
from nn.recurrent_cells import (
    GRUCell as GRUCell,
    LSTMCell as LSTMCell,
    RNNCell as RNNCell,
    RecurrentCell as RecurrentCell,
)
from nn.unrolling import unroll as unroll

_ag.hide_source(_Path(__file__).parent)
