"""The paper's bounds as functions of a few numbers, and where their printed forms slip."""

from __future__ import annotations

import math


def choice_bound(options: int, opt: float) -> float:
    """Theorem 3, one valid response a prompt: err ≥ 2(1 − 1/C)·opt, C the fewest options.

    A slide prints (2 − 1/C)·opt; that is false: a uniform guess over C options has err 1 − 1/C and opt ½.

    Args:
        options: C ≥ 2.
        opt: least is-it-valid error over thresholds, in [0, ½].

    Raises:
        ValueError: fewer than two options.
    """
    if options < 2:  # noqa: PLR2004 - nothing to choose
        raise ValueError("a choice needs two options")
    return 2 * (1 - 1 / options) * opt


def facts_lower(singleton_rate: float, n: int, errors: int, delta: float = 0.0, gamma: float = 0.01) -> float:
    """Theorem 2: with probability 1 − γ, err ≥ sr − 2/K − 6·ln(3N/γ)/√N − δ; at γ = 0.01 the paper rounds up.

    Args:
        singleton_rate: prompts answered exactly once among the samples, over N.
        n: N, samples, those that abstain among them.
        errors: K, the fewest errors of a prompt.
        delta: δ ≥ 0.
        gamma: probability of failing, in (0, 1); at 0.01 the constant is (35 + 6·ln N)/√N.

    Raises:
        ValueError: no samples, or no errors.
    """
    _checked(n, errors)
    term = (35 + 6 * math.log(n)) / math.sqrt(n) if gamma == 0.01 else 6 * math.log(3 * n / gamma) / math.sqrt(n)  # noqa: PLR2004
    return singleton_rate - 2 / errors - term - delta


def facts_upper(singleton_rate: float, n: int, errors: int, gamma: float = 0.01) -> float:
    """Theorem 2, the calibrated algorithm: err ≤ sr − sr/(L + 1) + 5·√(ln(5/γ)/N); at γ = 0.01 13/√N.

    Args:
        singleton_rate, n, gamma: as in `facts_lower`.
        errors: L, the most errors of a prompt.

    Raises:
        ValueError: no samples, or no errors.
    """
    _checked(n, errors)
    term = 13 / math.sqrt(n) if gamma == 0.01 else 5 * math.sqrt(math.log(5 / gamma) / n)  # noqa: PLR2004
    return singleton_rate - singleton_rate / (errors + 1) + term


def decryption_bound(messages: int, beta: float, delta: float) -> float:
    """Observation 2: a model that does not β-break the code decrypts wrongly with probability ≥ 1 − β − 2/(|ℳ|−1) − δ.

    Args:
        messages: |ℳ| ≥ 2, messages that a ciphertext may stand for.
        beta: advantage, err_iiv = (1 − β)/2.
        delta: δ ≥ 0.

    Raises:
        ValueError: fewer than two messages.
    """
    if messages < 2:  # noqa: PLR2004 - nothing to decrypt
        raise ValueError("a code needs two messages")
    return 1 - beta - 2 / (messages - 1) - delta


def _checked(n: int, errors: int) -> None:
    if n < 1 or errors < 1:
        raise ValueError("N and the number of errors are at least 1")
