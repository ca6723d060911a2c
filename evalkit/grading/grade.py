"""From a completion to its grade: the task's grader, and the rules that hold whatever the grader.

No text is `empty`, a provider's content filter is a `refusal`, and a question without an answer can't be
answered correctly. A grader that raises gives no verdict: a failure, never a default.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from evalkit.errors import EvalkitError, MissingExtraError, UsageError
from evalkit.plugins import Judge, described, make_grader
from evalkit.records import Completion, Grade, NonAnswer, Outcome, Sample


async def grade_with(grader: str, sample: Sample, completion: Completion, **parameters: str | None) -> Grade:
    """Judge by another grader, for a task whose samples need different ones; the public `evalkit.grade_with`.

    Args:
        grader: its registered name.
        sample: what was asked.
        completion: what was answered.
        parameters: of that grader; None leaves the default.

    Raises:
        UsageError: no such grader or parameter.
    """
    name, judge = make_grader(grader, {key: value for key, value in parameters.items() if value is not None})
    judged = judge(sample, completion)
    found: Grade = await judged if inspect.isawaitable(judged) else judged
    return found.model_copy(update={"grader": name})


class NoVerdictError(EvalkitError):
    """A grader did not come to a verdict; the text says why."""


async def grade(
    sample: Sample, completion: Completion, judge: Judge, name: str, count_as: Mapping[NonAnswer, Outcome]
) -> Grade:
    """Judge one completion.

    Args:
        sample: what was asked.
        completion: what was answered.
        judge: the task's grader, its parameters bound.
        name: the grader's name, written into the grade.
        count_as: changes to what a kind of non-answer counts as.

    Raises:
        NoVerdictError: the grader raised, or returned something that is no Grade.
    """
    judged = _without_text(completion) or await _ask(judge, sample, completion, name)
    if not sample.answerable and judged.outcome is Outcome.CORRECT:
        judged = judged.model_copy(
            update={"outcome": Outcome.ERROR, "reason": f"a claim where there is no answer; {judged.reason}"}
        )
    update: dict[str, object] = {} if judged.grader else {"grader": name}
    if judged.non_answer is not None and judged.non_answer in count_as:
        update["outcome"] = count_as[judged.non_answer]
    return judged.model_copy(update=update) if update else judged


def parse_count_as(changes: Mapping[str, str]) -> dict[NonAnswer, Outcome]:
    """Read `KIND=OUTCOME` pairs.

    Raises:
        UsageError: no such kind or outcome, or a non-answer counted as correct.
    """
    parsed = {}
    for kind, outcome in changes.items():
        if kind not in set(NonAnswer):
            raise UsageError(f"--count-as: no kind {kind!r}; there are: {', '.join(NonAnswer)}")
        if outcome not in (Outcome.ERROR, Outcome.IDK):
            raise UsageError(f"--count-as {kind}: a non-answer counts as error or idk, not {outcome!r}")
        parsed[NonAnswer(kind)] = Outcome(outcome)
    return parsed


def _without_text(completion: Completion) -> Grade | None:
    if completion.finish_reason == "content_filter":
        return Grade.idk(NonAnswer.REFUSAL, "stopped by the provider's content filter")
    if not completion.text.strip():
        cut = "; cut off while still reasoning" if completion.finish_reason == "length" else ""
        return Grade.idk(NonAnswer.EMPTY, f"no text{cut}")
    return None


async def _ask(judge: Judge, sample: Sample, completion: Completion, name: str) -> Grade:
    try:
        judged = judge(sample, completion)
        if inspect.isawaitable(judged):
            judged = await judged
    except MissingExtraError:
        raise  # every other answer would fail likewise
    except (Exception, SystemExit) as error:
        raise NoVerdictError(f"grader {name}: {described(error)}") from error
    if not isinstance(judged, Grade):
        raise NoVerdictError(f"grader {name} returned {type(judged).__name__}, not a Grade")
    return judged
