"""What `instructions` checks: each of IFEval's kinds, followed and not, in words of our own."""

from __future__ import annotations

from typing import Any

import pytest

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders.instructions import instructions

pytest.importorskip("if_verifiable")

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa"

# An instruction, its arguments, a text that follows it, and one that does not
KINDS: list[tuple[str, dict[str, Any], str, str]] = [
    ("punctuation:no_comma", {}, "One two three.", "One, two, three."),
    ("change_case:english_lowercase", {}, "all of this is quiet text.", "This is not all quiet."),
    ("change_case:english_capital", {}, "ALL OF THIS IS LOUD TEXT.", "This is not loud text at all."),
    ("detectable_format:title", {}, "<<A title>>\nText.", "A title\nText."),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* one\n* two", "* one\n* two\n* three"),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        "*one* and *two*",
        "*one* and two",
    ),
    ("detectable_format:json_format", {}, '{"a": 1}', "a is 1"),
    (
        "detectable_format:constrained_response",
        {},
        "My answer is yes.",
        "Yes, certainly.",
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "Section", "num_sections": 2},
        "Section 1\nA\nSection 2\nB",
        "Section 1\nA",
    ),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "Text.\n\nP.S. More.", "Text."),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[name] of [place]", "[name] of here"),
    ("keywords:existence", {"keywords": ["river", "stone"]}, "A river over stone.", "A river over sand."),
    ("keywords:forbidden_words", {"forbidden_words": ["river"]}, "A brook.", "A river."),
    (
        "keywords:frequency",
        {"keyword": "river", "frequency": 2, "relation": "at least"},
        "River and river.",
        "One river.",
    ),
    (
        "keywords:letter_frequency",
        {"letter": "q", "let_frequency": 2, "let_relation": "at least"},
        "Quite quick.",
        "Quite slow.",
    ),
    ("length_constraints:number_words", {"num_words": 10, "relation": "at least"}, WORDS, "alpha beta gamma"),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "One.\n***\nTwo.", "One. Two."),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "later"},
        "First this.\n\nLater that.",
        "First this.\n\nThen that.",
    ),
    ("combination:two_responses", {}, "Here is one.\n******\nHere is another.", "Here is one."),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Say something."},
        "Say something. All right: a word.",
        "All right: a word.",
    ),
    ("startend:end_checker", {"end_phrase": "That is all."}, "Text. That is all.", "Text."),
    ("startend:quotation", {}, '"All of it is quoted."', "None of it is quoted."),
    (
        "language:response_language",
        {"language": "de"},
        "Das ist ein ganz gewöhnlicher deutscher Satz über das Wetter.",
        "This is a perfectly ordinary English sentence about the weather.",
    ),
]
TABLE = [(name, arguments, good, True) for name, arguments, good, _ in KINDS] + [
    (name, arguments, bad, False) for name, arguments, _, bad in KINDS
]


def grade(text: str, *wanted: tuple[str, dict[str, Any]], **parameters: Any) -> Grade:
    """The grade of a text that was to follow some instructions."""
    metadata = {"instructions": [name for name, _ in wanted], "arguments": [given for _, given in wanted]}
    sample = Sample(id="1", input="Say something.", metadata=metadata)
    found = instructions(sample, Completion(text=text), **parameters)
    assert isinstance(found, Grade)
    return found


@pytest.mark.parametrize(("name", "arguments", "text", "follows"), TABLE)
def test_each_kind_followed_and_not(name: str, arguments: dict[str, Any], text: str, follows: bool) -> None:
    """Correct with full credit, or an error without any; the reason names what was missed."""
    found = grade(text, (name, arguments))
    assert (found.outcome is Outcome.CORRECT) is follows, found.reason
    assert found.credit == float(follows)
    assert (name in found.reason) is not follows


def test_half_followed_is_an_error_with_half_the_credit() -> None:
    """All instructions have to be obeyed; the share is kept."""
    found = grade(
        "One, two.", ("punctuation:no_comma", {}), ("detectable_format:number_bullet_lists", {"num_bullets": 0})
    )
    assert (found.outcome, found.credit) == (Outcome.ERROR, 0.5)


def test_loose_forgives_a_first_line_and_strict_does_not() -> None:
    """Such as a greeting before a text without commas; the other verdict stands in the reason."""
    text = "Sure, here it is:\nno commas at all"
    strict = grade(text, ("punctuation:no_comma", {}))
    loose = grade(text, ("punctuation:no_comma", {}), verdict="loose")
    assert (strict.outcome, loose.outcome) == (Outcome.ERROR, Outcome.CORRECT)
    assert strict.reason == "strict: misses punctuation:no_comma; loose: obeys"


def test_a_bare_abstention_is_idk_even_where_it_obeys() -> None:
    """Or "no commas" would pay for saying nothing."""
    assert grade("I don't know.", ("punctuation:no_comma", {})).non_answer is NonAnswer.ABSTAINED


def test_a_long_text_that_obeys_is_correct_whatever_it_says() -> None:
    """A letter that declines an invitation is what was asked for."""
    text = "I am sorry but I cannot come to your party on Friday. " * 4
    assert grade(text, ("punctuation:no_comma", {})).outcome is Outcome.CORRECT


def test_an_unknown_instruction_is_no_verdict() -> None:
    """Checked by nobody, it must not count as followed."""
    with pytest.raises(ValueError, match="no checker for en:no_comma"):
        grade("Text.", ("en:no_comma", {}))
    sample = Sample(id="1", input="q", metadata={"instructions": ["punctuation:no_comma"], "arguments": []})
    with pytest.raises(ValueError, match="arguments for 0"):
        instructions(sample, Completion(text="Text."))


def test_missing_tokenizer_data_are_a_failure_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never a verdict."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    with pytest.raises(RuntimeError, match=r"nltk\.downloader punkt_tab"):
        grade("One. Two.", ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}))


def test_the_same_text_gets_the_same_verdict() -> None:
    """The language detector draws at random unless it is seeded; short mixed text shows it."""
    verdicts = {
        grade("Nein no ja yes si oui", ("language:response_language", {"language": "de"})).outcome for _ in range(10)
    }
    assert len(verdicts) == 1


@pytest.mark.parametrize(
    "text",
    [
        "I am no poet but here is a try. Rivers run down to the sea and come back as rain upon the hills they left.",
        "I'm not sure what you like so I chose the sea. Waves roll in and out all day and never tire of the shore.",
        "As an AI I have no cats. Still: a cat sleeps through most of the day and hunts for mice at dusk and at dawn.",
    ],
)
def test_a_disclaimer_and_then_the_work_is_work(text: str) -> None:
    """Checked like any text."""
    assert grade(text, ("punctuation:no_comma", {})).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    "text",
    [
        "I can't help with that.",
        "i don't know",
        "I DON'T KNOW.",
        "No lo sé.",
        "Je ne sais pas.",
        "I don't know. Any hints?",
    ],
)
def test_an_abstention_instead_of_the_work_is_idk(text: str) -> None:
    """In any case and language, whichever instructions it happens to obey."""
    assert grade(text, ("punctuation:no_comma", {})).outcome is Outcome.IDK


@pytest.mark.parametrize(
    "text", ["how are you today?", "What is your name?\n\nWhy do you ask?", "Could you tell me more?"]
)
def test_a_text_of_questions_is_a_text(text: str) -> None:
    """Some prompts ask for one."""
    assert grade(text, ("punctuation:no_comma", {})).outcome is Outcome.CORRECT


SHORT = [
    ("change_case:english_lowercase", {}, "what did you do with my old hat?", True),
    ("change_case:english_lowercase", {}, "the rain is on the roof", True),
    ("change_case:english_lowercase", {}, "The rain is on the roof", False),
    ("change_case:english_capital", {}, "WHO IS IT THAT YOU SEE?", True),
    ("change_case:english_lowercase", {}, "la lluvia está en el tejado", False),
    ("language:response_language", {"language": "es"}, "El río es muy largo.", True),
    ("language:response_language", {"language": "fr"}, "La pluie est sur le toit.", True),
    ("language:response_language", {"language": "de"}, "Das ist ein Hut.", True),
    ("language:response_language", {"language": "it"}, "Il fiume è molto lungo.", True),
    ("language:response_language", {"language": "es"}, "The river is very long.", False),
    ("language:response_language", {"language": "de"}, "Le fleuve est très long.", False),
]


@pytest.mark.parametrize(("name", "arguments", "text", "follows"), SHORT)
def test_the_language_of_a_short_text(name: str, arguments: dict[str, Any], text: str, follows: bool) -> None:
    """A few words are enough for a reader; the checkers' detector guesses there."""
    assert (grade(text, (name, arguments)).outcome is Outcome.CORRECT) is follows


@pytest.mark.parametrize(("text", "follows"), [("A LOUD and LONG storm.", True), ("A loud LONG storm.", False)])
def test_words_in_capitals_need_no_tokenizer_data(text: str, follows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences have to be told apart for other instructions, not for this one."""
    import nltk

    monkeypatch.setattr(nltk.data, "path", [])
    wanted = {"capital_frequency": 3, "capital_relation": "at least"}
    assert (grade(text, ("change_case:capital_word_frequency", wanted)).outcome is Outcome.CORRECT) is follows
