"""Scorecards: counts to the JSON's keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit
from evalkit.records import Completion, Failure, Grade, NonAnswer, Outcome, Record, Usage
from evalkit.runs.counting import CardHead, from_records

GRADES = {
    "C": Grade.of(correct=True),
    "E": Grade.of(correct=False),
    "U": Grade.unparsed("no number"),
    "I": Grade.idk("abstained"),
    "R": Grade.idk("refusal"),
    "B": Grade.idk("empty"),
}


def records(outcomes: dict[str, str], **more: Any) -> list[Record]:
    """One record a letter: sample id → letters of its epochs."""
    return [
        Record(
            run="r",
            task="t",
            model="m",
            sample_id=name,
            epoch=k,
            completion=Completion(text="x"),
            grade=GRADES[o],
            **more,
        )
        for name, letters in outcomes.items()
        for k, o in enumerate(letters, start=1)
    ]


def test_score_of_bare_counts() -> None:
    """evalkit.score gives a card whose attributes are the JSON's keys."""
    card = evalkit.score(correct=60, error=25, idk=15, threshold=0.75)
    assert card.n == card.correct + card.error + card.idk == 100
    assert card.accuracy is not None
    assert card.accuracy.value == 0.6
    (score,) = card.scores
    assert score.value == pytest.approx(-0.15)
    assert (score.penalty, score.mode) == (3, "closed")
    assert score.normalized == pytest.approx(0.7125)
    assert score.se == pytest.approx(0.1681517)
    assert score.ci95[0] < score.value < score.ci95[1]


def test_the_documents_keys_are_the_contract() -> None:
    """Keys may be added, never renamed."""
    document = evalkit.score(correct=1, error=1, idk=1, threshold=[0.5, 0.75]).model_dump(mode="json")
    assert set(document) >= {
        "task", "model", "prompt_threshold", "run", "n", "items", "correct", "error", "idk", "failed", "truncated",
        "non_answers", "accuracy", "scores", "coverage", "accuracy_given_attempted", "error_rate", "count_as", "policy",
        "credit", "answerable", "tokens", "strata",
    }  # fmt: skip
    assert set(document["non_answers"]) == {"abstained", "refusal", "empty", "unparsed", "partial"}
    assert set(document["accuracy"]) == {"value", "se", "ci95"}
    assert set(document["scores"][0]) == {"threshold", "penalty", "mode", "value", "se", "ci95", "normalized"}
    assert set(document["tokens"]) == {"prompt", "completion", "reasoning"}


def test_penalties_print_as_people_write_them() -> None:
    """0.9/(1−0.9) is 9.000000000000002 in floats; the card says 9."""
    assert evalkit.score(correct=1, error=1, idk=1, threshold=0.9).scores[0].penalty == 9


def test_a_stated_target_has_one_score_at_itself() -> None:
    """Answers given under t are scored at t only: mode open."""
    card = from_records(records({"a": "C", "b": "E"}, prompt_threshold=0.75), CardHead(prompt_threshold=0.75), [0, 0.5])
    assert [(s.threshold, s.mode) for s in card.scores] == [(0.75, "open")]


def test_a_plain_prompt_is_scored_wherever_asked() -> None:
    """Mode closed, at every t asked for; at 0, 0.5, 0.75, 0.9 if none was."""
    card = from_records(records({"a": "C"}), CardHead(), [0.5, 0.6])
    assert [(s.threshold, s.mode) for s in card.scores] == [(0.5, "closed"), (0.6, "closed")]
    assert [s.threshold for s in from_records(records({"a": "C"}), CardHead()).scores] == [0, 0.5, 0.75, 0.9]


def test_counts_by_kind_and_stratum() -> None:
    """Non-answers are kept by kind, truncation is a count, strata have their own rows."""
    given = records({"a": "C", "b": "U", "c": "I", "d": "R", "e": "B"}, metadata={"stratum": "head"})
    cut = given[0].model_copy(
        update={
            "sample_id": "f",
            "completion": Completion(text="x", finish_reason="length", usage=Usage(prompt_tokens=5)),
        }
    )
    card = from_records([*given, cut], CardHead())
    assert (card.correct, card.error, card.idk, card.cut_off, card.truncated) == (2, 1, 3, 1, 0)
    assert card.non_answers.model_dump() == {"abstained": 1, "refusal": 1, "empty": 1, "unparsed": 1, "partial": 0}
    assert card.strata["head"].model_dump() == {"n": 6, "correct": 2, "error": 1, "idk": 3, "missing": 0}
    assert card.tokens.prompt == 5


def test_unanswerable_questions_are_counted_in_n_and_shown() -> None:
    """`answerable` is the share of answers to questions that have one."""
    given = records({"a": "C"}) + records({"b": "I"}, metadata={"answerable": False})
    card = from_records(given, CardHead())
    assert (card.n, card.answerable) == (2, 0.5)


def test_a_duplicate_is_refused() -> None:
    """Counting (q1, epoch 1) twice would inflate the score silently."""
    with pytest.raises(ValueError, match="twice"):
        from_records(records({"q1": "C"}) * 2, CardHead())


def test_unbalanced_epochs_are_averaged_by_item() -> None:
    """q1: correct twice, q2: wrong once, t = .75: the mean of item means is −1, not the pooled −1/3."""
    card = from_records(records({"q1": "CC", "q2": "E"}), CardHead(), [0.75])
    assert (card.n, card.items) == (3, 2)
    assert card.scores[0].value == pytest.approx(-1)


def test_epochs_have_the_standard_error_of_item_means() -> None:
    """Four items, three epochs: .5507, where pooling twelve answers would claim .4943."""
    card = from_records(records({"a": "CCE", "b": "III", "c": "ECE", "d": "CCC"}), CardHead(), [0.75])
    score = card.scores[0]
    assert score.value == pytest.approx(-0.25)
    assert score.se == pytest.approx(0.5506729889333059)
    assert score.ci95[0] < score.value < score.ci95[1]


def test_nothing_graded_has_no_rates() -> None:
    """A card where everything failed has counts and None, never 0."""
    failures = [
        Failure(task="t", model="m", sample_id=k, epoch=1, prompt_threshold=None, stage="completion", error="503")
        for k in "abc"
    ]
    card = from_records([], CardHead(), failures=failures)
    assert (card.n, card.failed, card.accuracy, card.scores, card.coverage) == (0, 3, None, [], None)
    assert [(one.threshold, one.low, one.high) for one in card.range] == [
        (0, 0, 1),
        (0.5, -1, 1),
        (0.75, -3, 1),
        (0.9, pytest.approx(-9), 1),
    ]


@pytest.mark.slow
@given(st.lists(st.sampled_from("CEUIRB"), min_size=1, max_size=60))
def test_cards_from_records_and_from_counts_agree(letters: list[str]) -> None:
    """With one answer an item, records and counts score the same."""
    card = from_records(records({str(k): o for k, o in enumerate(letters)}), CardHead(), [0, 0.75])
    same = evalkit.score(correct=card.correct, error=card.error, idk=card.idk, threshold=[0, 0.75])
    assert card.n == card.correct + card.error + card.idk == len(letters)
    assert card.scores == same.scores
    assert card.accuracy == same.accuracy


def test_grades_keep_outcomes_as_an_enum() -> None:
    """Never a letter or a float on the way."""
    assert GRADES["U"].outcome is Outcome.ERROR
    assert GRADES["U"].non_answer is NonAnswer.UNPARSED
