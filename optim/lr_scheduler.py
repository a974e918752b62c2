"""All schedules, under the name that PyTorch's users type.

>>> from optim.lr_scheduler import CosineAnnealingLR
"""

from optim.combined import ChainedScheduler as ChainedScheduler, SequentialLR as SequentialLR
from optim.cycles import (
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
    CyclicLR as CyclicLR,
    OneCycleLR as OneCycleLR,
)
from optim.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from optim.schedules import (
    ConstantLR as ConstantLR,
    CosineAnnealingLR as CosineAnnealingLR,
    ExponentialLR as ExponentialLR,
    LambdaLR as LambdaLR,
    LinearLR as LinearLR,
    LRScheduler as LRScheduler,
    MultiplicativeLR as MultiplicativeLR,
    MultiStepLR as MultiStepLR,
    PolynomialLR as PolynomialLR,
    StepLR as StepLR,
)
