"""Metrics that evalkit registers in the entry-point group `evalkit.metrics`: plain functions of `Counts`.

Each is a number that a benchmark's publisher reports; the task that it belongs to shows it beside the scores.
"""

from __future__ import annotations

import math

from evalkit.metrics import rates
from evalkit.metrics.outcomes import Counts

HLE_BIN = 100
"""Answers in a bin of HLE's calibration error."""
WORST, BEST = 1, 10
"""Ends of WildBench's scale."""


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


def accuracy_given_attempted(counts: Counts) -> float | None:
    """Accuracy given attempted, in [0, 1], as SimpleQA reports it: correct/(correct + error).

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return counts.correct / counts.attempted if counts.attempted else None


def macro_accuracy(counts: Counts) -> float | None:
    """Mean over strata of the accuracy, in [0, 1], as BIG-Bench Hard and MuSR report it.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    rates_ = [one.correct / one.n for one in counts.strata.values() if one.n]
    # Exactly, so that the order in which strata were met changes no digit.
    return math.fsum(rates_) / len(rates_) if rates_ else None


def calibration_error(counts: Counts) -> float | None:
    """HLE's calibration error, in [0, 1]: root mean square of confidence − accuracy in bins of 100 answers.

    As in the publisher's script, the last bin, which takes the remainder, is left out of the sum but not of the total;
    below 200 answers nothing remains. Answers of equal confidence are put into bins in the order met.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    stated = sorted(counts.confidences, key=lambda one: one[0])
    bins = [stated[k * HLE_BIN : (k + 1) * HLE_BIN] for k in range(len(stated) // HLE_BIN - 1)]
    if not bins:
        return None
    gaps = [sum(confidence - correct for confidence, correct in some) / HLE_BIN for some in bins]
    return math.sqrt(sum(gap * gap * HLE_BIN / len(stated) for gap in gaps))


def truthful(counts: Counts) -> float:
    """TruthfulQA's share of true answers, in [0, 1]: an answer that claims nothing is true.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return (counts.correct + counts.idk) / counts.n


def ifeval_prompt_strict(counts: Counts) -> float | None:
    """IFEval's prompt-level strict accuracy, in [0, 1]: prompts of which every instruction is followed.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return _share(counts, "prompts_strict", "prompts")


def ifeval_prompt_loose(counts: Counts) -> float | None:
    """IFEval's prompt-level loose accuracy, in [0, 1].

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return _share(counts, "prompts_loose", "prompts")


def ifeval_instruction_strict(counts: Counts) -> float | None:
    """IFEval's instruction-level strict accuracy, in [0, 1]: instructions followed.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return _share(counts, "instructions_strict", "instructions")


def ifeval_instruction_loose(counts: Counts) -> float | None:
    """IFEval's instruction-level loose accuracy, in [0, 1].

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    return _share(counts, "instructions_loose", "instructions")


def wb_score(counts: Counts) -> float | None:
    """WildBench's WB-Score, in [−8, 10]: 2·(mean mark − 5); an answer without a mark counts as marked 1.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    if counts.credit is None or not counts.measures.get("marks"):
        return None
    total = counts.measures["mark"] + WORST * (counts.n - counts.measures["marks"])
    return 2 * (total / counts.n - BEST / 2)


def wb_reward(counts: Counts) -> float | None:
    """WildBench's WB-Reward, in [−100, 100]: 100 · the mean of 1, ½, 0, −½, −1 for much better to much worse.

    An answer without a verdict counts as much worse than the reference.

    Args:
        counts: outcomes of one scorecard, n > 0.
    """
    if not counts.measures.get("comparisons"):
        return None
    return 100 * (counts.measures["reward"] - (counts.n - counts.measures["comparisons"])) / counts.n


def _share(counts: Counts, part: str, whole: str) -> float | None:
    total = counts.measures.get(whole, 0)
    return counts.measures.get(part, 0) / total if total else None
