"""What `exact` takes for the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Completion, Grade, Outcome, Sample, simplify
from evalkit.graders.exact import exact

# each row: answer and target
SAME = [
    # punctuation that is part of a number is kept, what stands around it is not
    ("-3", "-3"),
    ("−3", "-3"),
    ("+3", "3"),
    ("3.5", "3.5"),
    ("3.5.", "3.5"),
    ("1,000", "1000"),
    ("1000", "1,000"),
    ("3", "3"),
    ("**3**", "3"),
    ("$3$", "3"),
    ("\\boxed{3}", "3"),
    # dress
    ("Paris", "Paris"),
    ("paris", "Paris"),
    ("PARIS", "Paris"),
    ("Paris.", "Paris"),
    ("Paris!", "Paris"),
    (" Paris \n", "Paris"),
    ('"Paris"', "Paris"),
    ("“Paris”", "Paris"),
    ("*Paris*", "Paris"),
    ("`Paris`", "Paris"),
    ("São Paulo", "Sao Paulo"),
    ("Sao Paulo", "São Paulo"),
    ("Malmo", "Malmö"),
    ("rock-n-roll", "rock n roll"),
    ("rock'n'roll", "rocknroll"),
    ("The Beatles", "Beatles"),
    ("the Beatles", "The Beatles"),
    ("an apple", "apple"),
    ("AT&T", "at and t"),
    # wrappers
    ("The answer is Paris.", "Paris"),
    ("Answer: Paris", "Paris"),
    ("The correct answer is: **Paris**", "Paris"),
    ("Therefore, the answer is Paris", "Paris"),
    ("Final answer: Paris", "Paris"),
    ("So the answer is Paris.", "Paris"),
    ("France is in Europe, and its capital is old.\n\nParis", "Paris"),
    ("France is in Europe.\nThe answer is Paris.", "Paris"),
    # a target of several words or lines
    ("New York City", "New York City"),
    ("New\nYork City", "New York City"),
    # a target that sounds like an abstention
    ("Unknown", "unknown"),
    ("None", "none"),
    ("I don't know", "I don't know"),
]


@pytest.mark.parametrize(("text", "target"), SAME)
def test_the_same_words_in_any_dress_are_correct(text: str, target: str) -> None:
    """Case, punctuation, diacritics, markup, an article and a wrapper do not matter."""
    found = judge(text, target)
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("3", "-3"),
        ("3.5", "35"),
        ("35", "3.5"),
        ("3 km", "3"),
        ("Paris, Texas", "Paris"),
        ("Paris or London", "Paris"),
        ("not Paris", "Paris"),
        ("London", "Paris"),
    ],
)
def test_other_words_are_an_error(text: str, target: str) -> None:
    """Anything else does matter."""
    assert judge(text, target).outcome is Outcome.ERROR


@pytest.mark.parametrize("text", ["I don't know", "I'm not sure.", "No idea"])
def test_idk_is_idk(text: str) -> None:
    """Unless it is the target."""
    assert judge(text, "Paris").outcome is Outcome.IDK


WORDS = st.text("abcdefghij ABCDE", min_size=1, max_size=20).filter(lambda text: simplify(text) not in {"", "a"})


@given(WORDS, st.sampled_from(["{}", "**{}**", "The answer is {}.", "  {}\n"]))
def test_every_honest_form_of_the_target_is_correct(target: str, form: str) -> None:
    """However the words are dressed."""
    assert judge(form.format(target.strip()), target).outcome is Outcome.CORRECT


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise."""
    assert judge(text, "x").reason


def judge(text: str, target: str) -> Grade:
    """The grade of an answer with one accepted string."""
    found = exact(Sample(id="a", input="What is it?", target=target), Completion(text=text))
    assert isinstance(found, Grade)
    return found
