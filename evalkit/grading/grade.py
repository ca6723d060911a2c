"""Grade a completion with the task's grader, and with the rules that apply to every grader.

A completion without text is `empty`, one stopped by a provider's content filter is a `refusal`, and one cut off at the
token limit before it committed to an answer is `truncated`. A question without an answer can't be answered correctly.
If a grader raises, there is no verdict: a failure, never a default.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from evalkit.abstention.final import committed
from evalkit.errors import EvalkitError, MissingExtraError, ModelStoppedError, SettingError
from evalkit.plugins import BoundGrader, described, make_grader
from evalkit.records import Completion, Grade, NonAnswer, Outcome, Sample


async def grade_with(grader: str, sample: Sample, completion: Completion, **parameters: str | None) -> Grade:
    """Grade with a named grader, for tasks whose samples need different ones; the public `evalkit.grade_with`.

    Args:
        grader: its registered name, or file.py::name.
        sample: the question.
        completion: the model's completion.
        parameters: parameters of that grader; None leaves the default.

    Raises:
        UsageError: no such grader or parameter.
    """
    given = {key: value for key, value in parameters.items() if value is not None}
    name, function = make_grader(grader, given)
    result = function(sample, completion)
    grade_: Grade = await result if inspect.isawaitable(result) else result
    return grade_.model_copy(update={"grader": name})


class NoVerdictError(EvalkitError):
    """A grader reached no verdict; the text says why."""


async def grade(
    sample: Sample, completion: Completion, grader: BoundGrader, name: str, count_as: Mapping[NonAnswer, Outcome]
) -> Grade:
    """Grade one completion.

    Args:
        sample: the question.
        completion: the model's completion.
        grader: the task's grader, its parameters bound.
        name: the grader's name, written into the grade.
        count_as: changes to what a kind of non-answer counts as.

    Raises:
        NoVerdictError: the grader raised, or returned something other than a Grade.
        ModelStoppedError: a judge will not answer any more.
    """
    result = _without_reading(sample, completion) or await _ask(grader, sample, completion, name)
    if not sample.answerable and result.outcome is Outcome.CORRECT:
        reason = f"a claim about a question that has no answer; {result.reason}"
        result = result.model_copy(update={"outcome": Outcome.ERROR, "reason": reason})
    update: dict[str, object] = {} if result.grader else {"grader": name}
    if result.non_answer is not None and result.non_answer in count_as:
        update["outcome"] = count_as[result.non_answer]
    return result.model_copy(update=update) if update else result


def parse_count_as(changes: Mapping[str, str]) -> dict[NonAnswer, Outcome]:
    """Read `KIND=OUTCOME` pairs.

    Raises:
        UsageError: no such kind or outcome, or a non-answer counted as correct.
    """
    parsed = {}
    for kind, outcome in changes.items():
        if kind not in set(NonAnswer):
            raise SettingError("count_as", "unknown kind {kind}; known: {known}", kind=kind, known=", ".join(NonAnswer))
        allowed = (Outcome.ERROR, Outcome.IDK, *[Outcome.CORRECT] * (kind == NonAnswer.PARTIAL))
        if outcome not in allowed:
            raise SettingError(
                "count_as", "{kind}: a non-answer counts as error or idk, not {outcome}", kind=kind, outcome=outcome
            )
        parsed[NonAnswer(kind)] = Outcome(outcome)
    return parsed


def _without_reading(sample: Sample, completion: Completion) -> Grade | None:
    """The grade of a completion that no grader needs to read."""
    if completion.finish_reason == "content_filter" or completion.refusal:
        why = f": {' '.join(completion.refusal.split())[:200]}" if completion.refusal else ""
        return Grade.idk(NonAnswer.REFUSAL, f"stopped by the provider's content filter{why}")
    if completion.only_reasoned:
        raise NoVerdictError("no answer: only reasoning, then the end")
    cut = completion.finish_reason == "length"
    if not completion.text.strip():
        return Grade.cut_off("cut off before any answer") if cut else Grade.idk(NonAnswer.EMPTY)
    if cut and not committed(completion.text, question=sample.prompt):
        return Grade.cut_off()
    return None


async def _ask(grader: BoundGrader, sample: Sample, completion: Completion, name: str) -> Grade:
    try:
        result = grader(sample, completion)
        if inspect.isawaitable(result):
            result = await result
    except (MissingExtraError, ModelStoppedError):
        raise  # every other answer would fail in the same way
    except (Exception, SystemExit) as error:
        raise NoVerdictError(f"grader {name}: {described(error)}") from error
    if not isinstance(result, Grade):
        raise NoVerdictError(f"grader {name} returned {type(result).__name__}, not a Grade")
    return result
