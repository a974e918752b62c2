"""Pooling over strided windows."""
