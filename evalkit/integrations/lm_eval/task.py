"""The class that wrapped task files name: the original task with a confidence target and with outcomes.

Beside the original's metrics it gives `outcome` (correct, error, idk, missing), `idk` and `threshold_score`, for every
filter. The outcome is what `evalkit rescore` makes of the same answer: of the task's first metric, where that is 0 or
1, and of the text. A generated answer that makes no claim is IDK. Of multiple choice, an answer counts as IDK where the
softmax of its choices' log-likelihoods gives the best one no more than t.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from lm_eval.api.metrics import mean
from lm_eval.api.task import ConfigurableTask

from evalkit.metrics.threshold import check_threshold, penalty
from evalkit.readers.lm_eval import single_row
from evalkit.readers.lm_eval_metrics import IDK, OUTCOME, SCORE, STATED, metrics_of
from evalkit.records import Outcome
from evalkit.rescoring.single import grade_row
from evalkit.runs.wordings import PAPER, find_wording

logger = logging.getLogger(__name__)

SETTINGS = "evalkit"
"""Key of a task file that holds what evalkit adds: {t, wording, scored_at, metric}."""
CHOICES = "multiple_choice"


def share_correct(outcomes: list[str]) -> float:
    """Aggregate outcomes: the share of correct answers among those with a verdict; NaN without one."""
    graded = [one for one in outcomes if one != Outcome.MISSING]
    return sum(one == Outcome.CORRECT for one in graded) / len(graded) if graded else float("nan")


class ConfidenceTargetTask(ConfigurableTask):  # type: ignore[misc,unused-ignore] # lm-eval is no dependency
    """A task under a confidence target.

    Args:
        config: the original's, with the key `evalkit`.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        given = dict(config)
        given.pop("class", None)
        settings = given.pop(SETTINGS, None) or {}
        target = settings.get("t")
        self._target = None if target is None else check_threshold(float(target))
        self._wording = find_wording(str(settings.get("wording", PAPER)))
        self._scored_at = [check_threshold(float(t)) for t in settings.get("scored_at", ())]
        self._metric = str(settings.get("metric", ""))
        self._doc_id = -1
        super().__init__(config=given)
        words = self._wording.words(self._target)
        if words and (self._wording.in_system or self.multiple_input):
            self.config.description = f"{self.config.description or ''}{words}\n\n"

    def doc_to_text(self, doc: Any, doc_to_text: Any = None) -> Any:
        """Write the question, with the target before it; examples, which lm-eval asks for by their own way, stay."""
        text = super().doc_to_text(doc, doc_to_text)
        if doc_to_text is not None or not isinstance(text, str) or self._wording.in_system or self._target is None:
            return text
        if "{question}" in self._wording.text:
            return self._wording.around(text, self._target)
        return f"{self._wording.words(self._target)}\n\n{text}"

    def doc_iterator(self, **kwargs: Any) -> Iterator[tuple[int, Any]]:
        """Walk the documents, and remember which one lm-eval is at."""
        for doc_id, doc in super().doc_iterator(**kwargs):
            self._doc_id = doc_id
            yield doc_id, doc

    def process_results(self, doc: Any, results: Any) -> dict[str, Any]:
        """Compute the original's metrics, and what evalkit adds."""
        metrics: dict[str, Any] = dict(super().process_results(doc, results))
        return metrics | self._added(self._outcome(doc, results, metrics))

    def aggregation(self) -> dict[str, Any]:
        """How metrics are aggregated: the original's, a share of correct outcomes, and means."""
        added = dict.fromkeys((IDK, STATED, *self._scores()), mean)
        return {**super().aggregation(), **added, OUTCOME: share_correct}

    def higher_is_better(self) -> dict[str, bool]:
        """Tell which metrics are better higher."""
        scores = dict.fromkeys(self._scores(), True)
        return {**super().higher_is_better(), **scores, OUTCOME: True, IDK: False, STATED: True}

    def _scores(self) -> dict[str, float]:
        """Name of a score → its target: the stated one, or those of a plain prompt."""
        if self._target is not None:
            return {SCORE: self._target}
        return {f"{SCORE}_{t:g}": t for t in self._scored_at}

    def _added(self, outcome: Outcome) -> dict[str, Any]:
        added: dict[str, Any] = {OUTCOME: outcome.value}
        if outcome is not Outcome.MISSING:
            added[IDK] = float(outcome is Outcome.IDK)
            added |= {name: _points(outcome, t) for name, t in self._scores().items()}
        return added if self._target is None else {**added, STATED: self._target}

    def _outcome(self, doc: Any, results: Any, metrics: dict[str, Any]) -> Outcome:
        """Find the outcome of one document under one filter."""
        requests = sorted((one for one in self.instances if one.doc_id == self._doc_id), key=lambda one: one.idx)
        row = {
            "doc_id": self._doc_id,
            "doc": doc,
            "target": self.doc_to_target(doc),
            "arguments": [one.args for one in requests],
            "resps": [one.resps for one in requests],
            "filtered_resps": list(results),
            "metrics": list(metrics),
            **metrics,
        }
        read = single_row(row, self._metric or next(iter(metrics_of(row)), ""))
        grade = grade_row(read)
        if grade.outcome is Outcome.MISSING:
            logger.warning("[%s] document %s has no outcome: %s", self.config.task, self._doc_id, grade.reason)
        is_unsure = read.confidence is not None and self._target is not None and read.confidence <= self._target
        if self.OUTPUT_TYPE == CHOICES and is_unsure and grade.outcome is not Outcome.MISSING:
            return Outcome.IDK
        return grade.outcome


def _points(outcome: Outcome, t: float) -> float:
    """What an answer with a verdict scores at a target."""
    if outcome is Outcome.ERROR:
        return -penalty(t)
    return 1.0 if outcome is Outcome.CORRECT else 0.0
