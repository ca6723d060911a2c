"""How much a simulated test draws: little by default, as much as the specification names with EVALKIT_FULL=1."""

from __future__ import annotations

import math
import os

FULL = os.environ.get("EVALKIT_FULL") == "1"


def draws(fast: int, full: int) -> int:
    """How many."""
    return full if FULL else fast


def slack_of_a_share(p: float, *sizes: int) -> float:
    """Four standard errors of the difference between a share and one that was measured on other draws.

    Args:
        p: the share.
        sizes: draws behind either.
    """
    return 4 * math.sqrt(p * (1 - p) * sum(1 / n for n in sizes))
