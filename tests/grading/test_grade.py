"""The rules that hold whatever the grader."""

from __future__ import annotations

import asyncio

import pytest

from evalkit.errors import UsageError
from evalkit.grading.grade import NoVerdictError, grade, parse_count_as
from evalkit.plugins import BoundGrader
from evalkit.records import Completion, Grade, NonAnswer, Outcome, Sample

SAMPLE = Sample(id="a", input="How many?", target="3")


def always_right(sample: Sample, completion: Completion) -> Grade:
    """Every text is the answer."""
    return Grade.of(correct=True, answer=completion.text, reason=f"as in {sample.id}")


def judge(
    completion: Completion, grader: BoundGrader = always_right, sample: Sample = SAMPLE, **count_as: str
) -> Grade:
    """Grade outside an event loop."""
    return asyncio.run(grade(sample, completion, grader, "always", parse_count_as(count_as)))


def test_the_engine_writes_the_graders_name() -> None:
    """A grade says who made it."""
    assert judge(Completion(text="3")).grader == "always"


def test_no_text_is_empty_and_counts_as_idk() -> None:
    """Where the model ended by itself, before any grader sees it."""
    found = judge(Completion(text=" \n", finish_reason="stop"))
    assert (found.outcome, found.non_answer) == (Outcome.IDK, NonAnswer.EMPTY)


@pytest.mark.parametrize("text", ["", " \n", "Let me count the letters. First there is"])
def test_an_answer_cut_off_before_it_committed_is_missing(text: str) -> None:
    """The token limit is the harness's act: neither IDK nor an error, and nothing is read from the torso."""
    found = judge(Completion(text=text, finish_reason="length"))
    assert (found.outcome, found.non_answer) == (Outcome.MISSING, NonAnswer.TRUNCATED)


def test_a_content_filter_is_a_refusal() -> None:
    """Whatever text came before it."""
    found = judge(Completion(text="The ans", finish_reason="content_filter"))
    assert (found.outcome, found.non_answer) == (Outcome.IDK, NonAnswer.REFUSAL)


def test_a_claim_about_the_unanswerable_is_never_correct() -> None:
    """Only IDK is right there."""
    sample = Sample(id="a", input="?", target="3", metadata={"answerable": False})
    assert judge(Completion(text="3"), sample=sample).outcome is Outcome.ERROR


def test_the_policy_for_a_kind_can_be_changed_for_a_run() -> None:
    """empty=error counts blanks as errors, and keeps the kind."""
    found = judge(Completion(text=""), empty="error")
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, NonAnswer.EMPTY)


@pytest.mark.parametrize("changes", [{"silence": "error"}, {"empty": "correct"}, {"empty": "x"}])
def test_a_policy_that_means_nothing_is_refused(changes: dict[str, str]) -> None:
    """A non-answer is never correct."""
    with pytest.raises(UsageError, match="count_as"):
        parse_count_as(changes)


def test_a_grader_may_be_a_coroutine() -> None:
    """A judge asks a model."""

    async def later(sample: Sample, completion: Completion) -> Grade:
        await asyncio.sleep(0)
        return always_right(sample, completion)

    assert judge(Completion(text="3"), later).outcome is Outcome.CORRECT


def test_a_grader_that_raises_gives_no_verdict() -> None:
    """A failure, never a default grade."""

    def broken(_: Sample, completion: Completion) -> Grade:
        raise KeyError(completion.text)

    with pytest.raises(NoVerdictError, match="KeyError"):
        judge(Completion(text="3"), broken)
    with pytest.raises(NoVerdictError, match="not a Grade"):
        judge(Completion(text="3"), lambda *_: "C")  # type: ignore[arg-type] # a careless user's grader
