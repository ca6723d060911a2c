"""Observation 1: under binary grading, "I don't know" is never the best response.

A binary grader gives a response 1 or 0, and IDK 0. Whatever a model believes about which grader will be used, some
answer has positive expected credit, and IDK has none (Kalai et al. 2025, Observation 1). This holds where every grader
gives 1 to some answer: not for questions without a right answer, nor for those whose right answer is IDK.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def check_binary(credit: Floats, abstains: Bools) -> None:
    """Check that Observation 1 applies to some graders.

    Args:
        credit: shape (graders, responses), the credit that each grader gives each response, 0 or 1.
        abstains: shape (responses,), which responses say IDK.

    Raises:
        ValueError: a credit is neither 0 nor 1, IDK gets credit, or a grader gives 1 to no response.
    """
    if not np.isin(credit, (0, 1)).all():
        raise ValueError("a binary grader gives 0 or 1")
    if credit[:, abstains].any():
        raise ValueError("a grader gives credit for abstaining: the right answer to that question is IDK")
    if not credit.any(axis=1).all():
        raise ValueError("a grader gives 1 to no response: that question has no right answer")


def best_responses(credit: Floats, belief: Floats, abstains: Bools) -> Bools:
    """Return which responses have the highest expected credit, shape (responses,); IDK is never among them.

    Args:
        credit: shape (graders, responses), as in `check_binary`.
        belief: shape (graders,), probability of each grader, summing to 1.
        abstains: shape (responses,), which responses say IDK.

    Raises:
        ValueError: as `check_binary`.
    """
    check_binary(credit, abstains)
    expected = belief @ credit
    return np.asarray(expected == expected.max())
