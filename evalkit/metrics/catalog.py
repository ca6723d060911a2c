"""Metrics that evalkit registers in the entry-point group `evalkit.metrics`: plain functions of `Counts`."""

from __future__ import annotations

from evalkit.metrics import rates
from evalkit.metrics.outcomes import Counts


def simpleqa_f(counts: Counts) -> float:
    """SimpleQA's F, in [0, 1]: the harmonic mean of accuracy and accuracy given attempted.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return rates.simpleqa_f(counts.correct, counts.error, counts.idk)


def omniscience_index(counts: Counts) -> float:
    """AA-Omniscience's index, in [−100, 100]: 100·(correct − error)/n.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return rates.omniscience_index(counts.correct, counts.error, counts.idk)


def hallucination_rate(counts: Counts) -> float | None:
    """AA-Omniscience's hallucination rate, in [0, 1]: of the questions not answered correctly, the share answered.

    Others call e/n the hallucination rate, which every scorecard has as its error rate.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return rates.error_given_not_correct(counts.correct, counts.error, counts.idk)
