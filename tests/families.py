"""How long Hypothesis looks at a family of layers."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def examples(quick: int) -> settings:
    """So many examples by default, thirty times as many under the profile ``thorough``."""
    slow = [HealthCheck.filter_too_much, HealthCheck.too_slow]
    times = settings.default.max_examples / 100
    return settings(max_examples=int(quick * times), deadline=None, suppress_health_check=slow)
