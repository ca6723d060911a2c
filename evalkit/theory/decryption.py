"""Observation 2: decrypting a code that a model cannot break, where IDK is a valid answer."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.theory import bounds, is_it_valid
from evalkit.theory.worlds import make_world


@dataclass(frozen=True)
class Decryption:
    """A model's errors on "What is the decryption of h?"."""

    error: float
    """Probability that it states a wrong message."""
    beta: float
    """β, its advantage in telling right from wrong messages: err_iiv = (1 − β)/2."""
    delta: float
    """δ, how far it is from calibrated."""
    bound: float
    """Observation 2's lower bound on `error`."""


def measure_decryption(messages: int, knows: float = 0.0, abstains: float = 0.0) -> Decryption:
    """Measure a model that breaks some codes, and on the others says IDK or guesses uniformly.

    Args:
        messages: |ℳ| ≥ 2 messages, all equally likely.
        knows: share of the codes that it breaks, in [0, 1].
        abstains: probability of IDK on a code that it does not break, in [0, 1].

    Raises:
        ValueError: there are fewer than two messages, or a share is out of range.
    """
    truth = [1.0, *[0.0] * messages]
    valid = [True, *[False] * (messages - 1), True]
    guess = [*[(1 - abstains) / messages] * messages, abstains]
    kinds = [(share, model) for share, model in ((knows, truth), (1 - knows, guess)) if share > 0]
    n = len(kinds)
    world = make_world([share for share, _ in kinds], [truth] * n, [model for _, model in kinds], [valid] * n)
    terms = is_it_valid.reduction(world)
    beta = 1 - 2 * terms.error_iiv
    return Decryption(terms.error, beta, terms.delta, bounds.decryption_bound(messages, beta, terms.delta))
