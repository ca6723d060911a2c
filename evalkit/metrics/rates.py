"""Rates of correct, wrong and IDK answers under the names that papers give them.

Each function takes the counts of correct, error and IDK answers: integers ≥ 0, not all 0. Each raises as
`evalkit.metrics.check_counts`. A rate that is undefined is None, never 0.
"""

from __future__ import annotations

from evalkit.metrics.threshold import check_counts


def accuracy(correct: int, error: int, idk: int) -> float:
    """Return c/n, in [0, 1]: accuracy, for which IDK is worth as little as a mistake.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    return correct / check_counts(correct, error, idk)


def coverage(correct: int, error: int, idk: int) -> float:
    """Return (c + e)/n, in [0, 1]: the share of questions answered.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    return (correct + error) / check_counts(correct, error, idk)


def abstention_rate(correct: int, error: int, idk: int) -> float:
    """Return i/n, in [0, 1]: the share of questions not answered.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    return idk / check_counts(correct, error, idk)


def error_rate(correct: int, error: int, idk: int) -> float:
    """Return e/n, in [0, 1]: the share of all questions answered wrongly.

    OpenAI's GPT-5 system card calls this the hallucination rate.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    return error / check_counts(correct, error, idk)


def accuracy_given_attempted(correct: int, error: int, idk: int) -> float | None:
    """Return c/(c + e), in [0, 1]; None where nothing was answered.

    S_t is above 0 exactly where this is above t.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    check_counts(correct, error, idk)
    attempted = correct + error
    return correct / attempted if attempted else None


def breakeven(correct: int, error: int, idk: int) -> float | None:
    """Return the target at which S_t is 0, in [0, 1]; None where nothing was answered.

    It equals `accuracy_given_attempted`.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    return accuracy_given_attempted(correct, error, idk)


def error_given_attempted(correct: int, error: int, idk: int) -> float | None:
    """Return e/(c + e), in [0, 1]: the share of answers that are wrong; None where nothing was answered.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    right = accuracy_given_attempted(correct, error, idk)
    return None if right is None else error / (correct + error)


def error_given_not_correct(correct: int, error: int, idk: int) -> float | None:
    """Return e/(n − c), in [0, 1]: of the questions not answered correctly, the share answered wrongly.

    None where every answer is correct. Artificial Analysis calls this the hallucination rate (AA-Omniscience,
    arXiv:2511.13029).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    n = check_counts(correct, error, idk)
    return error / (n - correct) if n > correct else None


def simpleqa_f(correct: int, error: int, idk: int) -> float:
    """Return 2c/(n + c + e), in [0, 1]: SimpleQA's F, the harmonic mean of accuracy and accuracy given attempted.

    0 where no answer is correct (Wei et al. 2024, arXiv:2411.04368). An answer of confidence q raises F where
    q > F/2: F rewards guessing at a target that depends on the model and is never above one half.

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    n = check_counts(correct, error, idk)
    return 2 * correct / (n + correct + error)


def omniscience_index(correct: int, error: int, idk: int) -> float:
    """Return 100·(c − e)/n, in [−100, 100]: 100 times S_t at t = ½ (AA-Omniscience, arXiv:2511.13029).

    Args:
        correct, error, idk: counts ≥ 0, not all 0.
    """
    n = check_counts(correct, error, idk)
    return 100 * (correct - error) / n
