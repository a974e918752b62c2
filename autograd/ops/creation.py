"""New tensors: constants, ranges, grids and random numbers."""
