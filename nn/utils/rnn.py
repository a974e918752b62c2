"""Sequences of different lengths, under the name that PyTorch's users type.

>>> import nn
>>> from nn.utils.rnn import pad_sequence
>>> pad_sequence is nn.pad_sequence
True
"""

from nn.packing import (
    PackedSequence as PackedSequence,
    pack_padded_sequence as pack_padded_sequence,
    pack_sequence as pack_sequence,
    pad_packed_sequence as pad_packed_sequence,
    pad_sequence as pad_sequence,
    unpack_sequence as unpack_sequence,
    unpad_sequence as unpad_sequence,
)
