"""Observation 2: a code that a model cannot break, with "I don't know" among the valid answers."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.theory import bounds, is_it_valid
from evalkit.theory.worlds import make_world


@dataclass(frozen=True)
class Decryption:
    """What a model makes of "What is the decryption of h?"."""

    error: float
    """How often it states a wrong message."""
    beta: float
    """Its advantage in telling right from wrong: err_iiv = (1 − β)/2."""
    delta: float
    bound: float


def decryption(messages: int, knows: float = 0.0, abstains: float = 0.0) -> Decryption:
    """A model that breaks some codes; of the others it says IDK, or guesses uniformly.

    Args:
        messages: |ℳ| ≥ 2; all are equally likely.
        knows: share of the codes that it breaks, in [0, 1].
        abstains: probability of IDK of a code that it does not break, in [0, 1].
    """
    truth = [1.0, *[0.0] * messages]
    valid = [True, *[False] * (messages - 1), True]
    guess = [*[(1 - abstains) / messages] * messages, abstains]
    kinds = [(share, model) for share, model in ((knows, truth), (1 - knows, guess)) if share > 0]
    n = len(kinds)
    world = make_world([share for share, _ in kinds], [truth] * n, [model for _, model in kinds], [valid] * n)
    found = is_it_valid.reduction(world)
    beta = 1 - 2 * found.error_iiv
    return Decryption(found.error, beta, found.delta, bounds.decryption_bound(messages, beta, found.delta))
