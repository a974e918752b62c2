"""Convolutions as strided windows and matrix products."""
