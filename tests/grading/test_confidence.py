"""Where confidences come from, and abstaining by them afterwards."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from loopback import ChatServer, completion_body, lines_of, question_of

import evalkit
from evalkit.errors import UsageError
from evalkit.grading import confidence
from evalkit.grading.confidence import agree, from_logprobs, split_verbal, vote
from evalkit.records import Grade

STATED = [
    # a line of its own, in any dress
    ("3\nConfidence: 80%", "3", 0.8),
    ("3\n\n**Confidence:** 100", "3", 1.0),
    ("3\n**Confidence:** 95 %", "3", 0.95),
    ("3\n**Confidence: 95%**", "3", 0.95),
    ("3\n*Confidence*: 95%", "3", 0.95),
    ("3\n- Confidence: 95%", "3", 0.95),
    ("3\n* Confidence: 95%", "3", 0.95),
    ("3\n• Confidence: 95%", "3", 0.95),
    ("3\n> Confidence: 95%", "3", 0.95),
    ("3\n## Confidence: 95%", "3", 0.95),
    ("3\n(Confidence: 95%)", "3", 0.95),
    ("3\n[Confidence: 95%]", "3", 0.95),
    ("3\n`Confidence: 95%`", "3", 0.95),
    ("3\nConfidence level: 95%", "3", 0.95),
    ("3\nConfidence score: 95", "3", 0.95),
    ("3\nConfidence = 0.95", "3", 0.95),
    ("Confidence: 0%\n3", "3", 0.0),
    ("3\nmy confidence: 55 %.", "3", 0.55),
    ("3\nMy confidence is 55%.", "3", 0.55),
    ("3\nCONFIDENCE: 55", "3", 0.55),
    # of a hundred, of ten, of one
    ("3\nConfidence: 95/100", "3", 0.95),
    ("3\nConfidence: 95 / 100", "3", 0.95),
    ("3\nConfidence: 9/10", "3", 0.9),
    ("3\nConfidence: 0.95", "3", 0.95),
    ("3\nConfidence: .95", "3", 0.95),
    ("3\nConfidence: 0,95", "3", 0.95),
    ("3\nConfidence: 0.95/1.0", "3", 0.95),
    ("3\nConfidence: 1.0", "3", 1.0),
    ("3\nConfidence: 0.0", "3", 0.0),
    ("3\nConfidence: 0", "3", 0.0),
    ("3\nConfidence: 95.5%", "3", 0.955),
    ("3\nConfidence: 0.5%", "3", 0.005),
    ("3\nConfidence: 1%", "3", 0.01),
    ("3\nConfidence: 95 percent", "3", 0.95),
    ("3\nConfidence: 95 per cent.", "3", 0.95),
    # at the end of a line
    ("Paris (Confidence: 95%)", "Paris", 0.95),
    ("Paris. Confidence: 95%", "Paris.", 0.95),
    ("Paris, confidence: 0.95", "Paris", 0.95),
    ("Paris – Confidence: 95%", "Paris", 0.95),
    ("Paris [confidence: 95/100].", "Paris", 0.95),
    ("Paris **(Confidence: 95%)**", "Paris", 0.95),
    ("It is Paris.\nIts river is the Seine. (Confidence: 95%)", "It is Paris.\nIts river is the Seine.", 0.95),
    # a JSON key stays, since the answer stands in the same object
    ('{"answer": "3", "confidence": 0.9}', '{"answer": "3", "confidence": 0.9}', 0.9),
    ('{"answer": "3", "confidence": "90%"}', '{"answer": "3", "confidence": "90%"}', 0.9),
    # twice the same is one
    ("3 (Confidence: 80%)\nConfidence: 80%", "3", 0.8),
]
NOT_STATED = [
    ("3\nConfidence: 90–95%", "3"),
    ("3\nConfidence: 90-95%", "3"),
    ("3\nConfidence: 0.9 to 0.95", "3"),
    ("3\nConfidence: 101%", "3"),
    ("3\nConfidence: 110/100", "3"),
    ("3\nConfidence: 1", "3"),
    ("3\nConfidence: high", "3"),
    ("3\nConfidence: about ninety", "3"),
    ("3\nConfidence: > 90%", "3"),
    ("3\nConfidence: 90% or so", "3"),
    ("3\nConfidence: 80%\nConfidence: 20%", "3"),
    ("3 (Confidence: 80%)\nConfidence: 20%", "3"),
    ("3", "3"),
    ("I am 80% confident that it is 3", "I am 80% confident that it is 3"),
    ("Confidence intervals: 95% of them hold it", "Confidence intervals: 95% of them hold it"),
    ("A vote of no confidence was lost by 95", "A vote of no confidence was lost by 95"),
]


@pytest.mark.parametrize(("text", "answer", "said"), STATED)
def test_a_stated_confidence_is_read_and_taken_off(text: str, answer: str, said: float) -> None:
    """One number, however it is written, on a line of its own, at the end of a line or in JSON."""
    rest, found = split_verbal(text)
    assert rest == answer
    assert found == pytest.approx(said)


@pytest.mark.parametrize(("text", "answer"), NOT_STATED)
def test_what_was_meant_is_not_guessed(text: str, answer: str) -> None:
    """Ranges, words, more than one number, and a bare 1, which is one percent or certainty."""
    assert split_verbal(text) == (answer, None)


@given(st.text())
def test_any_text_has_at_most_one_confidence(text: str) -> None:
    """No text is lost where there is none."""
    rest, said = split_verbal(text)
    assert said is None or 0 <= said <= 1
    if "onfidence" not in text.lower():
        assert rest == text


def token(text: str, **alternatives: float) -> dict[str, Any]:
    """One entry of `logprobs.content`."""
    top = [{"token": name.replace("_", " "), "logprob": math.log(p)} for name, p in alternatives.items()]
    return {"token": text, "logprob": -0.1, "top_logprobs": top}


def spoken(*pairs: tuple[str, float]) -> list[dict[str, Any]]:
    """Tokens with their probabilities, without alternatives."""
    return [{"token": text, "logprob": math.log(p)} for text, p in pairs]


def test_variants_of_a_letter_are_summed_among_the_options() -> None:
    """Two spellings of B against A and C; Z and words are no options."""
    tokens = [token("The"), token(" answer"), token(" B", B=0.3, _B=0.3, A=0.1, _C=0.1, Z=0.1, the=0.1)]
    assert from_logprobs(tokens, 4, "B") == pytest.approx(0.6 / 0.8)


def test_the_letter_that_counts_is_the_one_that_was_graded() -> None:
    """Not the last one written: what follows the answer says why the others are wrong."""
    tokens = [
        token("The"), token(" answer"), token(" is"), token(" ("), token("B", B=0.6, D=0.4), token(")."),
        token(" Option"), token(" D", D=0.9, B=0.1), token(" is"), token(" wrong"), token("."),
    ]  # fmt: skip
    assert from_logprobs(tokens, 4, "B") == pytest.approx(0.6)
    assert from_logprobs(tokens, 4, "D") == pytest.approx(0.9)


def test_a_letter_that_no_token_holds_has_no_probability() -> None:
    """Of an option that was chosen by a letter nobody wrote nothing is known."""
    assert from_logprobs([token("no letter")], 4, "A") is None


def test_the_last_of_several_letters_counts_where_none_is_stated() -> None:
    """A train of thought that comes back to a letter commits where it ends."""
    tokens = [token("B", B=0.5, A=0.5), token(" perhaps"), token(".\n"), token("B", B=0.8, A=0.2)]
    assert from_logprobs(tokens, 2, "B") == pytest.approx(0.8)


def test_an_open_answer_has_the_probability_of_its_own_tokens() -> None:
    """The words around it are no part of it, as likely or unlikely as they may be."""
    tokens = spoken(("It", 0.2), (" was", 0.3), (" in", 0.9), (" Par", 0.5), ("is", 0.8), (".", 0.6))
    assert from_logprobs(tokens, 0, "Paris") == pytest.approx(0.4)


def test_an_open_answer_counts_where_it_is_stated() -> None:
    """Not where it was mentioned before."""
    tokens = spoken(("Paris", 0.3), (" or", 0.5), (" Rome", 0.5), ("?\n", 0.5), ("Answer:", 0.9), (" Paris", 0.7))
    assert from_logprobs(tokens, 0, "Paris") == pytest.approx(0.7)


def test_an_answer_graded_in_other_words_has_the_probability_of_the_whole_text() -> None:
    """Exp Σ log p of "three" for 3, which no token holds; a missing number gives none rather than a wrong one."""
    assert from_logprobs(spoken(("th", 0.5), ("ree", 0.4)), 0, "3") == pytest.approx(0.2)
    assert from_logprobs([{"token": "th", "logprob": -0.1}, {"token": "ree"}], 0, "3") is None


@given(st.lists(st.tuples(st.text(max_size=5), st.floats(0.01, 1)), max_size=20), st.text(max_size=5))
def test_any_tokens_have_a_probability_or_none(pairs: list[tuple[str, float]], answer: str) -> None:
    """A value in [0, 1], whatever the tokens say."""
    found = from_logprobs(spoken(*pairs), 0, answer)
    assert found is None or 0 <= found <= 1 + 1e-9


def graded(*answers: str | None) -> list[Grade]:
    """Grades with these answers; None abstains."""
    return [Grade.idk() if a is None else Grade.of(a == "3", answer=a) for a in answers]


def test_a_vote_is_chosen_on_one_half_and_measured_on_the_other() -> None:
    """Three of four agree on 3 in the first half, one of two in the second: ½, not ⅔."""
    assert vote(graded("3", "3", "4", "3", "3", "4", "5", "3")) == (0, 0.5)
    assert vote(graded("3", "4")) == (0, 0.0)
    assert vote(graded(None, None, "3")) == (0, None)
    assert agree(graded("3", "3"))
    assert agree(graded(None, None))
    assert not agree(graded("3", None))
    with pytest.raises(UsageError, match="at least 2"):
        vote(graded("3"))


def test_a_run_scores_what_a_stated_confidence_would_have_kept(server: ChatServer, tmp_path: Path) -> None:
    """Asked for in the prompt, taken off before grading, recorded in the grade, applied at each t."""

    def answer(body: dict[str, Any]) -> str:
        right = "DEEPSEEK" in question_of(body)
        return "1\nConfidence: 90%" if right else "77\nConfidence: 60%"

    server.answer = answer
    result = evalkit.run(
        model="m", base_url=server.url, tasks=["letters"], limit=10, thresholds=[None, 0.5, 0.75],
        confidence="verbal", policy="confidence", out=tmp_path,
    )  # fmt: skip
    assert question_of(server.requests[0]).endswith(confidence.ASK.split(". ")[-1])
    records = lines_of(result.folder / "records.jsonl")
    assert {record["grade"]["confidence"] for record in records} == {0.6, 0.9}
    assert all("Confidence" in record["completion"]["text"] for record in records)
    low, high = result.scorecards[-2:]
    assert {(card.policy, card.unstated, card.scores[0].mode) for card in (low, high)} == {
        ("confidence", 0, "simulated")
    }
    right = low.correct
    assert (low.error, low.idk) == (10 - right, 0)
    assert (high.correct, high.error, high.idk) == (right, 0, 10 - right)
    assert low.scores[0].value == pytest.approx((right - (10 - right)) / 10)
    assert high.scores[0].value == pytest.approx(right / 10)
    assert evalkit.run(resume=result.folder).scorecards[-1].scores == high.scores


def test_log_probabilities_are_asked_for_and_recorded(server: ChatServer, tmp_path: Path) -> None:
    """`logprobs` in the request, the probability in the grade."""
    body = completion_body("1")
    body["choices"][0]["logprobs"] = {"content": [{"token": "1", "logprob": math.log(0.7)}]}
    server.answer = lambda _: web.json_response(body)
    result = evalkit.run(model="m", base_url=server.url, tasks=["letters"], limit=3, confidence="logprob", out=tmp_path)
    assert server.requests[0]["logprobs"] is True
    for record in lines_of(result.folder / "records.jsonl"):
        assert record["grade"]["confidence"] == pytest.approx(0.7)


def test_samples_that_disagree_become_idk_under_consistency(server: ChatServer, tmp_path: Path) -> None:
    """The authors' follow-up: k samples, kept only where they agree; an item counts once."""
    seen: dict[str, int] = {}

    def answer(body: dict[str, Any]) -> str:
        question = question_of(body)
        seen[question] = seen.get(question, 0) + 1
        return "1" if "DEEPSEEK" in question else str(50 + seen[question])

    server.answer = answer
    result = evalkit.run(
        model="m", base_url=server.url, tasks=["letters"], limit=10, epochs=3, policy="consistency", out=tmp_path
    )
    card = result.scorecards[-1]
    assert (card.policy, card.n, card.error) == ("consistency", 10, 0)
    assert card.idk == 10 - card.correct


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"policy": "confidence"}, "confidence= logprob"),
        ({"policy": "consistency"}, "epochs="),
        ({"confidence": "vote"}, "epochs="),
        ({"policy": "consistency", "epochs": 2, "thresholds": [0.5]}, "thresholds="),
    ],
)
def test_policies_that_cannot_be_applied_are_refused_before_the_run(settings: dict[str, Any], said: str) -> None:
    """One line that names the option that is missing."""
    with pytest.raises(UsageError, match=said):
        evalkit.run(model="baseline/idk", tasks=["letters"], **settings)
