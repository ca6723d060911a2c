"""Observation 1: under a grader that gives 1 or 0, and 0 to "I don't know", guessing is always at least as good.

For every belief about which such grader is in force some answer has a positive expected credit, and abstaining has
none: binary grading never rewards saying so. It holds where every grader gives 1 to some answer; not of questions
that have no right answer, nor of those whose right answer is to abstain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def check_binary(credit: Floats, abstains: Bools) -> None:
    """What Observation 1 needs of graders.

    Args:
        credit: of each grader (row) for each response (column).
        abstains: which responses say IDK.

    Raises:
        ValueError: a credit other than 0 and 1, one for abstaining, or a grader that gives 1 to no response.
    """
    if not np.isin(credit, (0, 1)).all():
        raise ValueError("a binary grader gives 0 or 1")
    if credit[:, abstains].any():
        raise ValueError("a grader gives credit for abstaining: the right answer to that question is IDK")
    if not credit.any(axis=1).all():
        raise ValueError("a grader gives 1 to no response: that question has no right answer")


def best_responses(credit: Floats, belief: Floats, abstains: Bools) -> Bools:
    """Which responses have the greatest expected credit; none of them abstains.

    Args:
        credit, abstains: as `check_binary` has them.
        belief: probability of each grader, summing to 1.

    Raises:
        ValueError: the graders are not as `check_binary` says.
    """
    check_binary(credit, abstains)
    expected = belief @ credit
    return np.asarray(expected == expected.max())
