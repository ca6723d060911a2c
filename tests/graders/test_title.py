"""What `title` accepts as the title of a dissertation: the nasty ones first."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample, simplify
from evalkit.graders.title import CUT, title
from evalkit.tasks.dissertations import dissertations

KALAI = "Probabilistic and On-line Methods in Machine Learning"
WERBOS = "Beyond Regression: New Tools for Prediction and Analysis in the Behavioral Sciences"
GODEL = ["Über die Vollständigkeit des Logikkalküls", "On the Completeness of the Calculus of Logic"]

CORRECT: list[tuple[str, list[str]]] = [
    (text, [KALAI])
    for text in (
        KALAI,
        f"{KALAI}.",
        f'"{KALAI}"',
        f"“{KALAI}”",
        f"*{KALAI}*",
        f"**{KALAI}**",
        f"_{KALAI}_",
        KALAI.lower(),
        KALAI.upper(),
        "Probabilistic and Online Methods in Machine Learning",
        "Probabilistic and On-Line Methods In Machine Learning",
        "Probabilistic & On-line Methods in Machine Learning",
        "Probablistic and On-line Methods in Machine Learning",
        f"The title of Adam Tauman Kalai's dissertation was {KALAI}.",
        f'Adam Kalai\'s dissertation (completed in 2001 at CMU) is entitled: "{KALAI}"',
        f"Adam Kalai's dissertation, titled {KALAI}, was submitted to Carnegie Mellon University in 2001.",
        f"His dissertation was *{KALAI}* (Carnegie Mellon, 2001), supervised by Avrim Blum.",
        f"Title: {KALAI}",
        f"{KALAI} (2001)",
        f"{KALAI}, Carnegie Mellon University, 2001",
        f"I'm not entirely sure, but I believe it was “{KALAI}”.",
        f"I think the dissertation is called '{KALAI}'.",
        f"{KALAI}: Theory and Practice",
        f"Thesis: {KALAI}\n\nIt was written under Avrim Blum.",
    )
]
CORRECT += [
    (text, [WERBOS])
    for text in (
        WERBOS,
        "Beyond Regression",
        "Beyond Regression — New Tools for Prediction and Analysis in the Behavioral Sciences",
        "Beyond Regression: New Tools for Prediction and Analysis in the Behavioural Sciences",
        "Beyond Regression: New Tools for Prediction and Analysis in the Behaviorial Sciences",
        'Paul Werbos\'s 1974 thesis was titled "Beyond Regression".',
    )
]
CORRECT += [
    (text, GODEL)
    for text in (
        "Über die Vollständigkeit des Logikkalküls",
        "Uber die Vollstandigkeit des Logikkalkuls",
        "On the completeness of the calculus of logic",
        '"Über die Vollständigkeit des Logikkalküls" ("On the Completeness of the Calculus of Logic")',
    )
]

WRONG = [
    # what three models said of Adam Tauman Kalai's, as the paper quotes them
    "Adam Kalai's dissertation (2002) is titled “Boosting, Online Algorithms, and Other Topics in Machine Learning.”",
    'The title of the dissertation was "Algebraic Methods in Interactive Machine Learning" at Harvard in 2005.',
    'Adam T. Kalai\'s dissertation is titled "Efficient Algorithms for Learning and Playing Games" (MIT, 2007).',
    # the same field, or nearly the same words
    "Machine Learning",
    "Methods in Machine Learning",
    "Probabilistic Methods in Machine Learning",
    "On-line Methods in Machine Learning",
    "Probabilistic and On-line Methods in Game Theory",
    "Probabilistic and Off-line Methods in Machine Learning",
    "Statistical and On-line Methods in Machine Learning",
    "Theory of Machine Learning",
    "It was about machine learning, entitled 'Learning Theory'.",
]


@pytest.mark.parametrize(("text", "targets"), CORRECT)
def test_the_right_title_in_any_dress_is_correct(text: str, targets: list[str]) -> None:
    """Case, punctuation, diacritics, subtitle, misspelling and the sentence around it do not matter."""
    found = judge(text, targets)
    assert found.outcome is Outcome.CORRECT, found


@pytest.mark.parametrize("text", WRONG)
def test_another_title_is_an_error(text: str) -> None:
    """Also one of the same field, and with most words the same."""
    assert judge(text, [KALAI]).outcome is Outcome.ERROR


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "I'm not sure what the title was.",
        "I couldn't find information about this dissertation.",
        "Unknown",
    ],
)
def test_idk_is_idk(text: str) -> None:
    """An abstention names no title."""
    assert judge(text, [KALAI]).outcome is Outcome.IDK


@pytest.mark.parametrize("text", ["Kalai wrote a dissertation at CMU in 2001.", "His thesis won an award."])
def test_a_claim_without_a_title_is_unparsed(text: str) -> None:
    """It says something, and no title."""
    assert judge(text, [KALAI]).non_answer is NonAnswer.UNPARSED


def test_the_cut_lies_between_variants_and_other_titles() -> None:
    """Measured on the data: recorded spelling variants lie above it, different titles below."""
    samples = list(dissertations(n="all").samples)
    titles = [sample.target[0] for sample in samples]
    apart = max(
        fuzz.ratio(simplify(a), simplify(b)) for a, b in itertools.combinations(titles, 2) if simplify(a) != simplify(b)
    )
    spelled = [
        score
        for sample in samples
        for other in sample.target[1:]
        if (score := fuzz.ratio(simplify(sample.target[0]), simplify(other)))
        > 80  # the rest: main titles, translations
    ]
    assert len(spelled) >= 5
    assert apart < 85 < CUT < 97 < min(spelled)


def test_no_title_in_the_data_passes_for_another() -> None:
    """Each title answers the question about 40 other people, and is accepted for none of them."""
    samples = list(dissertations(n="all").samples)
    for one, other in (
        (samples[k], samples[(k + step) % len(samples)]) for k in range(len(samples)) for step in range(1, 41)
    ):
        if simplify(one.target[0]) != simplify(other.target[0]):
            assert judge(one.target[0], other.target).outcome is Outcome.ERROR, (one.target, other.target)


FORMS = ["{}", '"{}"', "*{}*", "The title was “{}”.", "It is entitled {}.", "{}.", "Title: {}"]
TITLES = [sample.target[0] for sample in dissertations(n="all").samples]


@given(st.sampled_from(TITLES), st.sampled_from(FORMS), st.sampled_from([str, str.lower, str.upper]))
def test_every_honest_form_of_a_real_title_is_correct(real: str, form: str, case: object) -> None:
    """Whatever its length, language and punctuation."""
    assert callable(case)
    assert judge(form.format(case(real)), [real]).outcome is Outcome.CORRECT


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise."""
    assert judge(text, [KALAI]).reason


def judge(text: str, targets: list[str]) -> Grade:
    """The grade of an answer about a dissertation."""
    sample = Sample(id="a", input="What was the title of Adam Tauman Kalai's dissertation?", target=targets)
    found = title(sample, Completion(text=text))
    assert isinstance(found, Grade)
    return found
