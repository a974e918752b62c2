"""Sorting and the elements that come out first."""
