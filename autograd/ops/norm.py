"""Norms and distances."""
