"""Embeddings, one-hot codes and attention."""
