"""The outcome policy: a file's verdict and the answer's text to an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from foreign import CLAIM, IDK

from evalkit.readers.base import ForeignRow
from evalkit.records import NonAnswer, Outcome
from evalkit.rescoring import policy
from evalkit.rescoring.policy import Reading, apply_policy


@pytest.mark.parametrize(
    ("row", "outcome", "kind"),
    [
        (ForeignRow(verdict="right", text=IDK), Outcome.CORRECT, None),
        (ForeignRow(verdict="wrong", text=""), Outcome.IDK, NonAnswer.EMPTY),
        (ForeignRow(verdict="wrong", text=IDK), Outcome.IDK, NonAnswer.ABSTAINED),
        (ForeignRow(verdict="wrong", text="I can't help with that."), Outcome.IDK, NonAnswer.REFUSAL),
        (ForeignRow(verdict="wrong", text="?", refused=True), Outcome.IDK, NonAnswer.REFUSAL),
        (ForeignRow(verdict="idk", text=CLAIM), Outcome.IDK, NonAnswer.ABSTAINED),
        (ForeignRow(verdict="wrong", text=CLAIM, unreadable=True), Outcome.ERROR, NonAnswer.UNPARSED),
        (ForeignRow(verdict="wrong", text=CLAIM), Outcome.ERROR, None),
        (ForeignRow(verdict="wrong", text="Cannot be determined", attempted=True), Outcome.ERROR, None),
        (ForeignRow(verdict="wrong"), Outcome.ERROR, None),
        (ForeignRow(verdict="wrong", text=") ]", answer=") ]"), Outcome.ERROR, None),
    ],
)
def test_the_policy(row: ForeignRow, outcome: Outcome, kind: NonAnswer | None) -> None:
    """Right stays right; the file's marks; then the text."""
    assert graded(row) == (outcome, kind)
    if kind is NonAnswer.ABSTAINED:
        assert graded(row, {NonAnswer.ABSTAINED: Outcome.ERROR}) == (Outcome.ERROR, kind)


def graded(
    row: ForeignRow, count_as: Mapping[NonAnswer, Outcome] = MappingProxyType({})
) -> tuple[Outcome, NonAnswer | None]:
    """What the policy makes of a row with a verdict."""
    grade = apply_policy(Reading.of(row), count_as)
    assert grade is not None
    return grade.outcome, grade.non_answer


def test_a_row_without_a_verdict_is_graded_where_its_text_makes_no_claim() -> None:
    """What a claim is worth only a verdict or gold can tell."""
    silent = apply_policy(Reading.of(ForeignRow(text=IDK)), {})
    assert silent is not None
    assert silent.outcome is Outcome.IDK
    assert apply_policy(Reading.of(ForeignRow(text=CLAIM)), {}) is None
    assert apply_policy(Reading.of(ForeignRow(refused=True)), {}) is None


def test_the_detector_reads_a_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the slowest part of rescoring."""
    texts = []
    monkeypatch.setattr(policy, "non_answer", lambda text, **_: texts.append(text))
    apply_policy(Reading.of(ForeignRow(text=CLAIM)), {})
    apply_policy(Reading.of(ForeignRow(text=IDK, verdict="wrong")), {})
    assert texts == [CLAIM, IDK]
