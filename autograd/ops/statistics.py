"""Variance, standard deviation, median and quantiles."""
