"""Picking elements by index along a dimension, and putting them back."""
