"""Data that comes with scikit-learn and needs no download.

Floats are of the default dtype; scikit-learn is loaded when a function is called.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.data.toy import Examples

IRIS_CLASSES = ("setosa", "versicolor", "virginica")
"""What the labels 0, 1 and 2 of `iris` mean."""

BREAST_CANCER_CLASSES = ("malignant", "benign")
"""What the labels 0 and 1 of `breast_cancer` mean."""


def digits(*, flat: bool = False) -> Examples:
    """1,797 handwritten digits of 8×8 pixels (Alpaydin and Kaynak 1998).

    Args:
        flat: rows of 64 pixels instead of images.

    Returns:
        Images of shape (1797, 1, 8, 8) from 0 to 1, and the digits, shape (1797,).

    >>> images, labels = digits()
    >>> images.shape, float(images.max()), labels[:5].tolist()
    ((1797, 1, 8, 8), 1.0, [0, 1, 2, 3, 4])
    """
    images, labels = _labelled("load_digits")
    return Examples(images / 16 if flat else images.reshape(-1, 1, 8, 8) / 16, labels)


def iris() -> Examples:
    """150 irises of three species, `IRIS_CLASSES` (Fisher 1936).

    Returns:
        Length and width of sepal and petal in cm, shape (150, 4), and labels.
    """
    return _labelled("load_iris")


def wine() -> Examples:
    """178 wines of three cultivars (Forina et al. 1988).

    Returns:
        13 chemical measurements in units of their own, shape (178, 13), and labels: subtract
        the training part's mean and divide by its deviation before use.
    """
    return _labelled("load_wine")


def breast_cancer() -> Examples:
    """569 tumours, malignant or benign, `BREAST_CANCER_CLASSES` (Wolberg et al. 1993).

    Returns:
        30 measurements of cell nuclei in units of their own, shape (569, 30), and labels.
    """
    return _labelled("load_breast_cancer")


def photographs() -> Any:
    """Two colour photographs, a temple in China and a flower.

    Returns:
        Shape (2, 3, 427, 640): image, channel (red, green, blue), row, column; from 0 to 1.

    Raises:
        MissingPackageError: scikit-learn or Pillow is not installed.
    """
    ag.need_package("PIL", "pillow", "train", "Reading photographs")
    images = np.stack(_sets().load_sample_images().images)
    return images.transpose(0, 3, 1, 2).astype(ag.get_default_dtype()) / 255


def _labelled(loader: str) -> Examples:
    data, target = getattr(_sets(), loader)(return_X_y=True)
    return Examples(data.astype(ag.get_default_dtype()), target.astype(np.int64))


def _sets() -> Any:
    return ag.need_package("sklearn.datasets", "scikit-learn", "train", "This data set")
