"""Data: sets to learn from, their parts, batches of them, and augmentation.

>>> import nn
>>> train, test = nn.data.random_split(nn.data.moons(100, rng=0), [0.8, 0.2], rng=1)
>>> loader = nn.data.DataLoader(train, batch_size=32, shuffle=True, rng=2)
>>> [points.shape for points, labels in loader]
[(32, 2), (32, 2), (16, 2)]
"""

from nn.data.augment import (
    Augmentation as Augmentation,
    ColorCast as ColorCast,
    Compose as Compose,
    ElasticTransform as ElasticTransform,
    Normalize as Normalize,
    RandomAffine as RandomAffine,
    RandomCrop as RandomCrop,
    RandomHorizontalFlip as RandomHorizontalFlip,
    RandomRotation as RandomRotation,
    resize as resize,
)
from nn.data.builtin import (
    BREAST_CANCER_CLASSES as BREAST_CANCER_CLASSES,
    IRIS_CLASSES as IRIS_CLASSES,
    breast_cancer as breast_cancer,
    digits as digits,
    iris as iris,
    photographs as photographs,
    wine as wine,
)
from nn.data.dataset import (
    Dataset as Dataset,
    IterableDataset as IterableDataset,
    Subset as Subset,
    TensorDataset as TensorDataset,
)
from nn.data.download import (
    CIFAR10_CLASSES as CIFAR10_CLASSES,
    FASHION_MNIST_CLASSES as FASHION_MNIST_CLASSES,
    DownloadError as DownloadError,
    cache_folder as cache_folder,
    cifar10 as cifar10,
    fashion_mnist as fashion_mnist,
    mnist as mnist,
    tiny_shakespeare as tiny_shakespeare,
)
from nn.data.loader import DataLoader as DataLoader, default_collate as default_collate
from nn.data.splits import k_fold as k_fold, random_split as random_split
from nn.data.text import (
    SequenceBatches as SequenceBatches,
    Vocabulary as Vocabulary,
    python_source as python_source,
    python_topics as python_topics,
    sliding_windows as sliding_windows,
    split_text as split_text,
    text_file as text_file,
)
from nn.data.toy import (
    Examples as Examples,
    addition_task as addition_task,
    circles as circles,
    copy_task as copy_task,
    moons as moons,
    reverse_task as reverse_task,
    sine_waves as sine_waves,
    spirals as spirals,
)
