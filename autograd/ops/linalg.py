"""Linear algebra: solving, decomposing, inverting."""
