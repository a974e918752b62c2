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
from nn import (
    _identity as _identity,
    data as data,
    functional as functional,
    init as init,
    models as models,
    utils as utils,
)
from nn.activation import (
    Hardsigmoid as Hardsigmoid,
    Hardswish as Hardswish,
    Hardtanh as Hardtanh,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    LogSoftmax as LogSoftmax,
    PReLU as PReLU,
    ReLU as ReLU,
    ReLU6 as ReLU6,
    RReLU as RReLU,
    Softmax as Softmax,
    Softmax2d as Softmax2d,
    Softmin as Softmin,
    Threshold as Threshold,
)
from nn.attention import (
    MultiheadAttention as MultiheadAttention,
    PositionalEncoding as PositionalEncoding,
    sinusoidal_encoding as sinusoidal_encoding,
)
from nn.batch_norm import (
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    InstanceNorm1d as InstanceNorm1d,
    InstanceNorm2d as InstanceNorm2d,
)
from nn.checkpoint import load_checkpoint as load_checkpoint, save_checkpoint as save_checkpoint
from nn.collection import (
    ModuleDict as ModuleDict,
    ParameterDict as ParameterDict,
    ParameterList as ParameterList,
)
from nn.container import (
    ModuleList as ModuleList,
    Sequential as Sequential,
)
from nn.convolution import (
    Conv1d as Conv1d,
    Conv2d as Conv2d,
    ConvTranspose1d as ConvTranspose1d,
    ConvTranspose2d as ConvTranspose2d,
)
from nn.dropout import (
    AlphaDropout as AlphaDropout,
    Dropout as Dropout,
    Dropout1d as Dropout1d,
    Dropout2d as Dropout2d,
)
from nn.embedding import (
    Embedding as Embedding,
    EmbeddingBag as EmbeddingBag,
)
from nn.gated import (
    Highway as Highway,
    Maxout as Maxout,
)
from nn.gates import (
    CELU as CELU,
    ELU as ELU,
    GELU as GELU,
    GLU as GLU,
    SELU as SELU,
    Hardshrink as Hardshrink,
    LogSigmoid as LogSigmoid,
    Mish as Mish,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softplus as Softplus,
    Softshrink as Softshrink,
    Softsign as Softsign,
    Tanh as Tanh,
    Tanhshrink as Tanhshrink,
)
from nn.lecture_cells import (
    LectureGRUCell as LectureGRUCell,
    LectureLSTMCell as LectureLSTMCell,
    MUT1Cell as MUT1Cell,
    MUT2Cell as MUT2Cell,
    MUT3Cell as MUT3Cell,
    PeepholeLSTMCell as PeepholeLSTMCell,
)
from nn.linear import (
    Bilinear as Bilinear,
    Flatten as Flatten,
    Linear as Linear,
    Unflatten as Unflatten,
)
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
from nn.normalization import (
    GroupNorm as GroupNorm,
    LayerNorm as LayerNorm,
    LocalResponseNorm as LocalResponseNorm,
    RMSNorm as RMSNorm,
)
from nn.packing import (
    PackedSequence as PackedSequence,
    pack_padded_sequence as pack_padded_sequence,
    pack_sequence as pack_sequence,
    pad_packed_sequence as pad_packed_sequence,
    pad_sequence as pad_sequence,
    unpack_sequence as unpack_sequence,
    unpad_sequence as unpad_sequence,
)
from nn.padding import (
    CircularPad1d as CircularPad1d,
    CircularPad2d as CircularPad2d,
    ConstantPad1d as ConstantPad1d,
    ConstantPad2d as ConstantPad2d,
    ReflectionPad1d as ReflectionPad1d,
    ReflectionPad2d as ReflectionPad2d,
    ReplicationPad1d as ReplicationPad1d,
    ReplicationPad2d as ReplicationPad2d,
    ZeroPad1d as ZeroPad1d,
    ZeroPad2d as ZeroPad2d,
)
from nn.parameter import Parameter as Parameter
from nn.penalties import l1_penalty as l1_penalty, l2_penalty as l2_penalty
from nn.pooling import (
    AdaptiveAvgPool1d as AdaptiveAvgPool1d,
    AdaptiveAvgPool2d as AdaptiveAvgPool2d,
    AdaptiveMaxPool1d as AdaptiveMaxPool1d,
    AdaptiveMaxPool2d as AdaptiveMaxPool2d,
    AvgPool1d as AvgPool1d,
    AvgPool2d as AvgPool2d,
    LPPool1d as LPPool1d,
    LPPool2d as LPPool2d,
    MaxPool1d as MaxPool1d,
    MaxPool2d as MaxPool2d,
    MaxUnpool1d as MaxUnpool1d,
    MaxUnpool2d as MaxUnpool2d,
    SumPool2d as SumPool2d,
)
from nn.rearrangement import (
    CosineSimilarity as CosineSimilarity,
    Fold as Fold,
    PairwiseDistance as PairwiseDistance,
    PixelShuffle as PixelShuffle,
    PixelUnshuffle as PixelUnshuffle,
    Unfold as Unfold,
    Upsample as Upsample,
    UpsamplingBilinear2d as UpsamplingBilinear2d,
    UpsamplingNearest2d as UpsamplingNearest2d,
)
from nn.recurrent import GRU as GRU, LSTM as LSTM, RNN as RNN
from nn.recurrent_cells import (
    GRUCell as GRUCell,
    LSTMCell as LSTMCell,
    RecurrentCell as RecurrentCell,
    RNNCell as RNNCell,
)
from nn.saving import (
    FileFormatError as FileFormatError,
    MissingFileError as MissingFileError,
    load_weights as load_weights,
    save_weights as save_weights,
)
from nn.sizes import (
    output_size as output_size,
)
from nn.summary import Summary as Summary, summary as summary
from nn.tools import (
    Features as Features,
    features as features,
    freeze as freeze,
    replace_head as replace_head,
    unfreeze as unfreeze,
)
from nn.transformer import (
    Transformer as Transformer,
    TransformerDecoder as TransformerDecoder,
    TransformerDecoderLayer as TransformerDecoderLayer,
    TransformerEncoder as TransformerEncoder,
    TransformerEncoderLayer as TransformerEncoderLayer,
)
from nn.unrolling import unroll as unroll
from nn.volume import (
    AdaptiveAvgPool3d as AdaptiveAvgPool3d,
    AdaptiveMaxPool3d as AdaptiveMaxPool3d,
    AvgPool3d as AvgPool3d,
    BatchNorm3d as BatchNorm3d,
    CircularPad3d as CircularPad3d,
    ConstantPad3d as ConstantPad3d,
    Conv3d as Conv3d,
    ConvTranspose3d as ConvTranspose3d,
    Dropout3d as Dropout3d,
    InstanceNorm3d as InstanceNorm3d,
    LPPool3d as LPPool3d,
    MaxPool3d as MaxPool3d,
    MaxUnpool3d as MaxUnpool3d,
    ReflectionPad3d as ReflectionPad3d,
    ReplicationPad3d as ReplicationPad3d,
    ZeroPad3d as ZeroPad3d,
)

_ag.hide_source(_Path(__file__).parent)
