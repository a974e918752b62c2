"""Plots of what pictures of a graph cannot show: numbers over time, layers and space.

Each takes a model, a loss, a trace or a history, and returns a `matplotlib.figure.Figure` that
a notebook shows once and ``figure.savefig("name.pdf")`` writes. Nothing goes through pyplot.
"""

from autograd.plot.curves import loss_curves as loss_curves
from autograd.plot.distributions import histograms as histograms
from autograd.plot.images import activation_maps as activation_maps, filters as filters
from autograd.plot.norms import gradient_norms as gradient_norms, jacobian_norms as jacobian_norms
from autograd.plot.plane import decision_boundary as decision_boundary
from autograd.plot.surface import paths as paths
