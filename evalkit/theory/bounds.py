"""The bounds of Kalai et al. 2025 as functions of a few numbers."""

from __future__ import annotations

import math


def choice_bound(options: int, opt: float) -> float:
    """Return Theorem 3's lower bound on err where each prompt has one valid response: 2(1 − 1/C)·opt.

    A talk's slide prints (2 − 1/C)·opt, which is false: a uniform guess among C options has err 1 − 1/C and opt ½.

    Args:
        options: C ≥ 2, the number of options of the prompt that has the fewest.
        opt: the lowest is-it-valid error over all thresholds, in [0, ½].

    Raises:
        ValueError: there are fewer than two options.
    """
    if options < 2:  # noqa: PLR2004 - one option is no choice
        raise ValueError("a choice needs two options")
    return 2 * (1 - 1 / options) * opt


def facts_lower(singleton_rate: float, n: int, errors: int, delta: float = 0.0, gamma: float = 0.01) -> float:
    """Return Theorem 2's lower bound on err: sr − 2/K − 6·ln(3N/γ)/√N − δ, which holds with probability 1 − γ.

    At γ = 0.01 the third term is rounded up to (35 + 6·ln N)/√N, as in the paper.

    Args:
        singleton_rate: sr, the number of prompts answered exactly once among the samples, over N; in [0, 1].
        n: N ≥ 1, training samples, including those that say IDK.
        errors: K ≥ 1, the number of errors of the prompt that has the fewest.
        delta: δ ≥ 0, how far the model is from calibrated.
        gamma: γ, the probability that the bound fails, in (0, 1).

    Raises:
        ValueError: there are no samples or no errors.
    """
    _check(n, errors)
    term = (35 + 6 * math.log(n)) / math.sqrt(n) if gamma == 0.01 else 6 * math.log(3 * n / gamma) / math.sqrt(n)  # noqa: PLR2004
    return singleton_rate - 2 / errors - term - delta


def facts_upper(singleton_rate: float, n: int, errors: int, gamma: float = 0.01) -> float:
    """Return Theorem 2's upper bound on err of its calibrated algorithm: sr − sr/(L + 1) + 5·√(ln(5/γ)/N).

    It holds with probability 1 − γ. At γ = 0.01 the third term is rounded up to 13/√N, as in the paper.

    Args:
        singleton_rate: sr, as in `facts_lower`.
        n: N ≥ 1, training samples, including those that say IDK.
        errors: L ≥ 1, the number of errors of the prompt that has the most.
        gamma: γ, the probability that the bound fails, in (0, 1).

    Raises:
        ValueError: there are no samples or no errors.
    """
    _check(n, errors)
    term = 13 / math.sqrt(n) if gamma == 0.01 else 5 * math.sqrt(math.log(5 / gamma) / n)  # noqa: PLR2004
    return singleton_rate - singleton_rate / (errors + 1) + term


def decryption_bound(messages: int, beta: float, delta: float) -> float:
    """Return Observation 2's lower bound on err of a model that does not break a code: 1 − β − 2/(|ℳ|−1) − δ.

    Args:
        messages: |ℳ| ≥ 2, the messages that a ciphertext may stand for.
        beta: β, the model's advantage in telling right from wrong messages: err_iiv = (1 − β)/2.
        delta: δ ≥ 0, how far the model is from calibrated.

    Raises:
        ValueError: there are fewer than two messages.
    """
    if messages < 2:  # noqa: PLR2004 - one message needs no decryption
        raise ValueError("a code needs two messages")
    return 1 - beta - 2 / (messages - 1) - delta


def _check(n: int, errors: int) -> None:
    if n < 1 or errors < 1:
        raise ValueError(f"n={n} and errors={errors} must be at least 1")
