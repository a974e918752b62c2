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
from optim import _identity as _identity, lr_scheduler as lr_scheduler
from optim.adadelta import Adadelta as Adadelta, adadelta_update as adadelta_update
from optim.adafactor import Adafactor as Adafactor, adafactor_update as adafactor_update
from optim.adagrad import Adagrad as Adagrad, adagrad_update as adagrad_update
from optim.adam import Adam as Adam, AdamW as AdamW, adam_update as adam_update
from optim.adamax import Adamax as Adamax, adamax_update as adamax_update
from optim.asgd import ASGD as ASGD, asgd_update as asgd_update
from optim.averaging import (
    SWALR as SWALR,
    AveragedModel as AveragedModel,
    ema_update as ema_update,
    get_ema_avg_fn as get_ema_avg_fn,
    get_swa_avg_fn as get_swa_avg_fn,
    mean_update as mean_update,
    update_bn as update_bn,
)
from optim.callbacks import (
    Callback as Callback,
    EarlyStopping as EarlyStopping,
    Run as Run,
)
from optim.clipping import (
    clip_grad_norm_ as clip_grad_norm_,
    clip_grad_value_ as clip_grad_value_,
)
from optim.fitting import evaluate as evaluate, fit as fit
from optim.history import History as History
from optim.lbfgs import LBFGS as LBFGS, lbfgs_direction as lbfgs_direction
from optim.lion import Lion as Lion, lion_update as lion_update
from optim.metrics import accuracy as accuracy
from optim.muon import Muon as Muon, muon_update as muon_update, orthogonalized as orthogonalized
from optim.nadam import NAdam as NAdam, nadam_update as nadam_update
from optim.newton import Newton as Newton, newton_update as newton_update
from optim.optimizer import Optimizer as Optimizer
from optim.radam import RAdam as RAdam, radam_update as radam_update
from optim.rmsprop import RMSprop as RMSprop, rmsprop_update as rmsprop_update
from optim.rprop import Rprop as Rprop, rprop_update as rprop_update
from optim.search import (
    LogUniform as LogUniform,
    Search as Search,
    Trial as Trial,
    Uniform as Uniform,
    grid_search as grid_search,
    random_restarts as random_restarts,
    random_search as random_search,
)
from optim.sgd import SGD as SGD, sgd_update as sgd_update

_ag.hide_source(_Path(__file__).parent)
