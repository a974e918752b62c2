"""Optimizers: each rule one pure function that reads like its paper.

>>> import autograd as ag
>>> import optim
>>> x = ag.tensor([1.0, -2.0], requires_grad=True)
>>> optimizer = optim.SGD([x], lr=0.1)
>>> (x * x).sum().backward()
>>> optimizer.step()
>>> x
tensor([ 0.8, -1.6], requires_grad=True)
"""

from pathlib import Path as _Path

import autograd as _ag
from optim import _identity as _identity
from optim.optimizer import Optimizer as Optimizer
from optim.sgd import SGD as SGD, sgd_update as sgd_update

_ag.hide_source(_Path(__file__).parent)
