"""Padding, flipping, rolling and repeating."""
