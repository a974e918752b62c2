"""Whole architectures of the lectures, from two layers to VGG-16.

Parameters carry the names that PyTorch's own model collection gives them where it has the
model, so that weights go across by `load_state_dict`.

>>> import nn
>>> nn.models.MLP([64, 32, 10], rng=0)
MLP(
  (0): Linear(in_features=64, out_features=32, bias=True)
  (1): ReLU()
  (2): Linear(in_features=32, out_features=10, bias=True)
)
"""

from nn.models.alexnet import AlexNet as AlexNet
from nn.models.dense import MLP as MLP, HighwayNetwork as HighwayNetwork
from nn.models.googlenet import GoogLeNet as GoogLeNet, Inception as Inception
from nn.models.language import CarriedState as CarriedState, LanguageModel as LanguageModel
from nn.models.lenet import LeNet5 as LeNet5
from nn.models.resnet import BasicBlock as BasicBlock, ResNet as ResNet, ResNet18 as ResNet18
from nn.models.tagger import Tagger as Tagger
from nn.models.translation import EncoderDecoder as EncoderDecoder
from nn.models.vgg import VGG as VGG, VGG16 as VGG16
