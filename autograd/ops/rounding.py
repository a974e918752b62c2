"""Rounding, remainders and bounds."""
