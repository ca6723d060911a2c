"""The scorer that puts evalkit's outcome around another scorer's score."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import TaskState

from evalkit.dataset.preference import Preference
from evalkit.dataset.source import Source
from evalkit.errors import UsageError
from evalkit.integrations.inspect.metrics import (
    accuracy_given_attempted,
    coverage,
    idk_rate,
    outcome_counts,
    threshold_score,
)
from evalkit.integrations.inspect.names import registered_name
from evalkit.readers.fields import Fields
from evalkit.readers.inspect_logs import sample_row
from evalkit.readers.inspect_outcomes import KEY, outcome_metadata
from evalkit.readers.inspect_scores import Chooser, parts_of
from evalkit.records import Grade, Outcome
from evalkit.rescoring.single import grade_row

logger = logging.getLogger(__name__)


def _three_way(
    scorer: Any = None,  # a Scorer, or its name; Inspect writes it to the log
    key: str = "",
    pass_mark: float | None = None,
    **parameters: Any,
) -> Scorer:
    """Score with another scorer, and keep beside its value whether the answer is correct, an error or IDK.

    The value, answer and explanation stay as they are; `metadata.evalkit` holds the outcome, the kind of non-answer,
    the reason and the stated target. The outcome is what `evalkit rescore` makes of the same score and answer.

    Args:
        scorer: the scorer, or its registered name; None takes the score that an earlier scorer of the task, or of the
            log that is scored again, has left.
        key: which score, or which value of a score, is the verdict, where there are several: SCORER, SCORER.KEY or KEY.
        pass_mark: the number from which an answer is right, for scorers that give other numbers than 0 and 1.
        parameters: of the scorer that is named.
    """
    inner = _scorer_named(scorer, parameters) if isinstance(scorer, str) else scorer
    preference = Preference(pass_mark=pass_mark)

    async def score(state: TaskState, target: Target) -> Score | None:
        scores = dict(state.scores or {}) if inner is None else {_name_of(inner): await inner(state, target)}
        given = {name: one for name, one in scores.items() if one is not None}
        if not given:
            if inner is not None:
                return None
            raise UsageError("three_way: no score to wrap; name a scorer (-S scorer=NAME), or append to a log's scores")
        chosen, grade, threshold = _grade(state, target, given, key, preference)
        original = given[chosen]
        added = {KEY: outcome_metadata(grade, threshold)}
        return original.model_copy(update={"metadata": {**(original.metadata or {}), **added}})

    return score


def _grade(
    state: TaskState, target: Target, scores: dict[str, Score], key: str, preference: Preference
) -> tuple[str, Grade, float | None]:
    """Grade as `evalkit rescore` grades a log with this sample.

    Returns:
        (the score that was chosen, its grade, the stated target).
    """
    source = Source(Path("sample"), preference=preference.copy())
    sample = Fields(_as_logged(state, target, scores), source)
    name = _choice(sample, scores, key)
    source.preference.scorer = name
    row = sample_row(sample, Chooser(source, []), str(state.model), "inspect")
    grade = grade_row(row, source.preference)
    if grade.outcome is Outcome.MISSING and row.score is not None:
        logger.warning("three_way: %s; it counts as missing (pass_mark= says which number is right)", grade.reason)
    return name if name in scores else name.partition(".")[0], grade, row.threshold


def _choice(sample: Fields, scores: dict[str, Score], key: str) -> str:
    """Name the score, or the value of one, that holds the verdict.

    Raises:
        UsageError: there are several, or none of the name that is wanted.
    """
    names = [part.name for part in parts_of(sample)]
    if not key and len(names) == 1:
        return names[0]
    wanted = [name for name in names if key in (name, name.partition(".")[0], name.partition(".")[2])] if key else []
    if len(wanted) == 1:
        return wanted[0]
    said = f"no value {key!r}" if key and not wanted else "several values, and one is the verdict"
    raise UsageError(f"three_way: the scores ({', '.join(scores)}) have {said}; give key= one of: {', '.join(names)}")


def _as_logged(state: TaskState, target: Target, scores: dict[str, Score]) -> dict[str, Any]:
    """The sample as Inspect's log has it."""
    asked = state.input if isinstance(state.input, str) else [one.model_dump(mode="json") for one in state.input]
    return {
        "id": state.sample_id,
        "epoch": state.epoch,
        "input": asked,
        "choices": [choice.value for choice in state.choices] if state.choices else None,
        "target": list(target),
        "metadata": state.metadata,
        "store": dict(state.store.items()),
        "output": state.output.model_dump(mode="json"),
        "scores": {name: score.model_dump() for name, score in scores.items()},
    }


def _name_of(inner: Scorer) -> str:
    from inspect_ai._util.registry import is_registry_object, registry_unqualified_name

    return str(registry_unqualified_name(inner)) if is_registry_object(inner) else "score"


def _scorer_named(name: str, parameters: dict[str, Any]) -> Scorer:
    from inspect_ai._eval.loader import scorer_from_spec
    from inspect_ai.scorer import ScorerSpec

    return scorer_from_spec(ScorerSpec(scorer=name), task_path=None, **parameters)


_three_way.__name__ = _three_way.__qualname__ = "three_way"
three_way = scorer(
    metrics=[threshold_score(), coverage(), accuracy_given_attempted(), idk_rate(), outcome_counts()],
    name=registered_name(_three_way),
)(_three_way)
