"""What all tests share: how long Hypothesis looks for a counterexample."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=3000, deadline=None)
"""``pytest --hypothesis-profile=thorough`` looks thirty times as long as the default."""
