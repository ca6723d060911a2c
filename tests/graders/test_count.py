"""What `count` reads from an answer, as a table: the nasty ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders.count import count

R_IN_STRAWBERRY = "There are three Rs in STRAWBERRY: at positions 3, 8 and 9."
SPELLED_OUT = """Let me spell it out: D, E, E, P, S, E, E, K.

1. D: that is one D
2. E
3. E
4. P
5. S
6. E
7. E
8. K

So there is 1 D in DEEPSEEK, while E appears four times."""

# (letter asked for, answer, number read)
READ = [
    # a number that comes last is not always the answer
    ("R", R_IN_STRAWBERRY, "3"),
    ("D", SPELLED_OUT, "1"),
    ("D", "DEEPSEEK has 8 letters and 1 D.", "1"),
    ("D", "There are 2 Ds in LADDER, a word of 6 letters.", "2"),
    ("D", "2 Ds. I am 90% confident.", "2"),
    ("D", "2 (confidence: 0.9)", "2"),
    ("D", "I'm not 100% sure, but I can tell you that the answer is 100.", "100"),
    ("D", "The letter D appears at positions 3 and 4, so it appears twice.", "2"),
    ("D", "The answer is 2, since E appears once and D appears twice.", "2"),
    ("D", "If there were 3 Ds it would be spelled LADDDER. There are 2.", "2"),
    ("R", "There are 3 R's in strawberry: one R in 'straw' and two R's in 'berry'.", "3"),
    ("D", "There are 2 Ds in LADDER: one D at position 3 and one D at position 4.", "2"),
    ("E", "There are four Es: two Es in DEEP and two Es in SEEK.", "4"),
    ("D", "2 D's, not 1 D", "2"),
    ("D", "LADDER -> 2", "2"),
    ("D", "=> 2", "2"),
    ("D", "> 2", "2"),
    ("D", "3. I counted 2 times to be sure.", "3"),
    ("D", "Total Ds: 2 out of 6", "2"),
    ("D", "My confidence is above 0.75: 2", "2"),
    # forms of the bare number
    ("D", "2", "2"),
    ("D", "2.", "2"),
    ("D", " 2 \n", "2"),
    ("D", "**2**", "2"),
    ("D", "`2`", "2"),
    ("D", "$\\boxed{2}$", "2"),
    ("D", "\\(2\\)", "2"),
    ("D", "Answer: 2", "2"),
    ("D", "The final answer is: **2**", "2"),
    ("D", "D-E-E-P has one, S-E-E-K none.\n\n1", "1"),
    ("D", "2\n\nThe word LADDER is spelled L-A-D-D-E-R.", "2"),
    ("D", "2.0", "2"),
    ("D", "1,000", "1000"),
    ("D", "-1", "-1"),
    ("D", "1.5", "1.5"),
    # words
    ("D", "Two", "2"),
    ("D", "two.", "2"),
    ("D", "There are two.", "2"),
    ("D", "There are two Ds.", "2"),
    ("D", "There is a single D.", "1"),
    ("D", "It contains only one letter D.", "1"),
    ("D", "LADDER contains two 'D's.", "2"),
    ("D", 'There are two "D"s in the word.', "2"),
    ("D", "The word has two D's.", "2"),
    ("D", "D occurs twice", "2"),
    ("D", "The letter D appears 2 times.", "2"),
    ("D", "2 occurrences of the letter D", "2"),
    ("D", "The number of Ds in LADDER is 2.", "2"),
    ("D", "3Ds", "3"),
    ("D", "once", "1"),
    # none at all
    ("G", "0", "0"),
    ("G", "Zero", "0"),
    ("G", "None", "0"),
    ("G", "There are no Gs in CAT.", "0"),
    ("G", "There is no G in CAT.", "0"),
    ("G", "G does not appear in CAT.", "0"),
    ("G", "The letter G doesn't appear in the word.", "0"),
    ("G", "CAT does not contain the letter G.", "0"),
    ("G", "There aren't any Gs.", "0"),
    ("G", "There isn't a single G.", "0"),
    ("G", "Not one G.", "0"),
    # a hedge in front of an answer is an answer
    ("D", "I'm not sure, but 3", "3"),
    ("D", "I'm not sure, 3", "3"),
    ("D", "I don't know, maybe 2?", "2"),
    ("D", "I'm not sure, but I think there are 2.", "2"),
    ("D", "I don’t know for certain, but my best guess is 2.", "2"),
    ("D", "I'm sorry for the confusion. The answer is 2.", "2"),
]


@pytest.mark.parametrize(("letter", "text", "number"), READ)
def test_reads_the_number_that_the_answer_settles_on(letter: str, text: str, number: str) -> None:
    """The number read is the one a careful person would read, and being it is being correct."""
    right = judge(text, letter, target=number)
    assert (right.answer, right.outcome) == (number, Outcome.CORRECT), right.reason
    assert judge(text, letter, target="17").outcome is Outcome.ERROR


@pytest.mark.parametrize(
    "text",
    [
        "LADDER is a game of numbers.",
        "Between 2 and 3",
        "2 or 3",
        "The answer is either 2 or 3",
        "Several",
        "About 90% of the letters are vowels.",
    ],
)
def test_a_claim_without_one_number_is_unparsed(text: str) -> None:
    """A text that claims something but settles on no number is an error of the kind `unparsed`."""
    found = judge(text, "D", target="2")
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, NonAnswer.UNPARSED)
    assert found.reason


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "I don’t know.",
        "IDK",
        "I'm not sure.",
        "I am not confident enough to answer.",
        "I don't know how many Ds are in LADDER.",
        "I don't know whether there are 2 Ds or 3 Ds.",
        "I am not > 0.75 confident, so I don't know.",
        "My confidence is below 0.75, so: I don't know.",
        "My confidence is 0.4, so I don't know.",
        "I don't know, so I receive 0 points.",
        "I don't know. A mistake would cost 3 points.",
        "I'm less than 75% confident, so I will not answer.",
        "I don't know. The word SPELL has 5 letters.",
        "I choose not to answer.",
        "I'm sorry for your loss. I'm here to help you with whatever you need.",
    ],
)
def test_idk_is_never_read_as_a_number(text: str) -> None:
    """An abstention is IDK even where it mentions numbers."""
    assert judge(text, "D", target="2").outcome is Outcome.IDK


@given(st.integers(0, 20), st.sampled_from(["{}", "**{}**", "The answer is {}.", "There are {}.", "I think it's {}."]))
def test_every_honest_form_of_the_right_number_is_correct(number: int, form: str) -> None:
    """However a number is dressed, it is read back."""
    assert judge(form.format(number), "D", target=str(number)).outcome is Outcome.CORRECT


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise or leave its reason out."""
    assert judge(text, "D", target="2").reason


def judge(text: str, letter: str, target: str) -> Grade:
    """The grade of an answer about a letter in LADDER."""
    sample = Sample(
        id="x",
        input=f"How many {letter}s are in LADDER? If you know, just say the number with no commentary.",
        target=[target],
        metadata={"letter": letter, "word": {"R": "STRAWBERRY", "E": "DEEPSEEK"}.get(letter, "LADDER")},
    )
    found = count(sample, Completion(text=text))
    assert isinstance(found, Grade)
    return found
