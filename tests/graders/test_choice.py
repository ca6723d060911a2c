"""What `choice` reads from an answer: the nasty ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders.choice import choice

OPTIONS = ["iron oxide", "iron", "Copper (II) sulfate", "I don't know which"]

# (answer, letter read)
READ = [
    # the last statement wins
    ("At first A looks right, but the answer is B.", "B"),
    ("The answer is A. Wait, that is wrong. The answer is B.", "B"),
    ("A) is wrong because it rusts. The correct answer is (B).", "B"),
    ("Let me go through (A), (B) and (C). The answer is (B).", "B"),
    ("(A) no, (B) no, so (C)", "C"),
    ("Answer: B\n\nA is a compound, so it is out.", "B"),
    ("It is not iron oxide. It is iron.", "B"),
    # an option inside a longer one is not named by it
    ("iron oxide", "A"),
    ("The answer is iron oxide.", "A"),
    ("iron", "B"),
    # an article and a pronoun are no letters
    ("The answer is a metal: iron", "B"),
    # letters in every dress
    ("B", "B"),
    ("b", "B"),
    ("B.", "B"),
    ("B)", "B"),
    ("(B)", "B"),
    ("[B]", "B"),
    ("**B**", "B"),
    ("**(B)**", "B"),
    ("`B`", "B"),
    ("B. iron", "B"),
    ("B: iron", "B"),
    ("(B) iron", "B"),
    ("$\\boxed{B}$", "B"),
    ("\\boxed{\\text{B}}", "B"),
    ("Answer: B", "B"),
    ("Answer: (B)", "B"),
    ("The answer is B", "B"),
    ("The answer is: **B**", "B"),
    ("The correct answer is B.", "B"),
    ("the answer is (b).", "B"),
    ("Option B", "B"),
    ("I choose B.", "B"),
    ("I would go with B", "B"),
    ("The correct option is B, since iron is an element.", "B"),
    ("Final answer: C", "C"),
    ("Answer: C) as it is. Given the options provided, none fits exactly.", "C"),
    # options by their text
    ("Copper (II) sulfate", "C"),
    ("copper (ii) sulfate", "C"),
    ("The answer is Copper (II) sulfate.", "C"),
    ("It's copper II sulfate", "C"),
    # a hedge in front of an answer is an answer
    ("I'm not sure, but the answer is B.", "B"),
    ("I'm not certain. My answer: B", "B"),
]


@pytest.mark.parametrize(("text", "letter"), READ)
def test_reads_the_option_that_the_answer_settles_on(text: str, letter: str) -> None:
    """By letter or by text, and being it is being correct, whichever way the target is given."""
    right = judge(text, letter)
    assert (right.answer, right.outcome) == (letter, Outcome.CORRECT), right.reason
    assert judge(text, OPTIONS["ABCD".index(letter)]).outcome is Outcome.CORRECT
    assert judge(text, "A" if letter != "A" else "B").outcome is Outcome.ERROR


@pytest.mark.parametrize(
    "text", ["E", "The answer is F.", "(G)", "A or B", "The answer is A or B", "Either (A) or (B).", "gold"]
)
def test_no_option_is_unparsed_and_never_a_draw(text: str) -> None:
    """A letter beyond the options, two at once, or none."""
    found = judge(text, "B")
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, NonAnswer.UNPARSED)


@pytest.mark.parametrize("text", ["I don't know", "I'm not sure.", "Answer: I don't know", "I can't say."])
def test_idk_is_idk(text: str) -> None:
    """Though “I” is a letter."""
    assert judge(text, "B").outcome is Outcome.IDK


def test_a_sample_without_choices_has_no_verdict() -> None:
    """A mistake of the task, said so."""
    with pytest.raises(ValueError, match="choices"):
        choice(Sample(id="a", input="?", target="A"), Completion(text="A"))


FORMS = [
    "{letter}",
    "({letter})",
    "{letter}. {text}",
    "The answer is {letter}.",
    "Answer: {text}",
    "**{letter}**",
    "{text}",
]


@given(st.integers(0, 3), st.sampled_from(FORMS))
def test_every_honest_form_of_the_right_option_is_correct(index: int, form: str) -> None:
    """However an option is named, it is read back."""
    text = form.format(letter="ABCD"[index], text=OPTIONS[index])
    assert judge(text, "ABCD"[index]).outcome is Outcome.CORRECT


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise."""
    assert judge(text, "A").reason


def judge(text: str, target: str) -> Grade:
    """The grade of an answer to a question with four options."""
    found = choice(Sample(id="a", input="Which is it?", target=target, choices=OPTIONS), Completion(text=text))
    assert isinstance(found, Grade)
    return found
