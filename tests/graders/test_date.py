"""What `date` reads from an answer, as a table: the nasty ones first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import Completion, Grade, NonAnswer, Outcome, Sample
from evalkit.graders.date import DAYS_IN, MONTHS, ORDINALS, date

# (answer, day read)
READ = [
    # several dates
    ("Albert Einstein was born on 14 March 1879 in Ulm and died on 18 April 1955 in Princeton.", "14-03"),
    ("He died on 18 April 1955; he was born on 14 March 1879.", "14-03"),
    ("Albert Einstein (14 March 1879 – 18 April 1955) was a physicist.", "14-03"),
    ("I first thought 13-03, but it is 14-03.", "14-03"),
    ("Her birthday is 14-03. The Nobel ceremony was on 10-12.", "14-03"),
    ("She was born on 07-11 (not 08-11).\n\n07-11", "07-11"),
    # numeric forms
    ("14-03", "14-03"),
    ("14-03.", "14-03"),
    ("14.03.", "14-03"),
    ("14.03.1879", "14-03"),
    ("14/03/1879", "14-03"),
    ("14/3", "14-03"),
    ("4-3", "04-03"),
    ("14 - 03", "14-03"),
    ("14–03", "14-03"),
    ("14-03-1879", "14-03"),
    ("14-03-79", "14-03"),
    ("**14-03**", "14-03"),
    ("`14-03`", "14-03"),
    ("1879-03-14", "14-03"),
    ("DD-MM: 14-03", "14-03"),
    ("29-02", "29-02"),
    # month first where day first makes no sense
    ("03/14/1879", "14-03"),
    ("03-14", "14-03"),
    # ambiguous ones are read as asked
    ("03-04", "03-04"),
    # words
    ("14 March", "14-03"),
    ("14th March", "14-03"),
    ("March 14", "14-03"),
    ("March 14th, 1879", "14-03"),
    ("March 14, 1879.", "14-03"),
    ("the 14th of March", "14-03"),
    ("the 14th day of March", "14-03"),
    ("March the 14th", "14-03"),
    ("14-Mar-1879", "14-03"),
    ("14 Mar. 1879", "14-03"),
    ("Sept 5", "05-09"),
    ("5 sept.", "05-09"),
    ("the fourteenth of March", "14-03"),
    ("March twenty-first", "21-03"),
    ("His birthday is on March 14th.", "14-03"),
    ("May 1, 1900", "01-05"),
    ("1 May", "01-05"),
    # a hedge in front of an answer is an answer
    ("I'm not sure, but I think it is 14-03.", "14-03"),
    ("I don't know for certain, but my best guess is 14 March.", "14-03"),
    ("I'm sorry for the confusion. 14-03", "14-03"),
]


@pytest.mark.parametrize(("text", "day"), READ)
def test_reads_the_day_that_the_answer_settles_on(text: str, day: str) -> None:
    """The date read is the one a careful person would read, and being it is being correct."""
    right = judge(text, day)
    assert (right.answer, right.outcome) == (day, Outcome.CORRECT), right.reason
    assert judge(text, "30-06").outcome is Outcome.ERROR


@pytest.mark.parametrize("text", ["45-13", "31-02", "30 February", "00-05", "32 March", "14-13"])
def test_a_date_that_does_not_exist_is_unparsed(text: str) -> None:
    """A claim from which no date can be read."""
    found = judge(text, "14-03")
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, NonAnswer.UNPARSED)


@pytest.mark.parametrize("text", ["13 March or 14 March", "13-03 or 14-03", "It is either 13 March or 14 March 1879."])
def test_two_dates_offered_at_once_are_unparsed(text: str) -> None:
    """Nobody is right by naming two."""
    assert judge(text, "14-03").non_answer is NonAnswer.UNPARSED


@pytest.mark.parametrize("text", ["March", "He was born in March 1879.", "Sometime in May"])
def test_a_month_without_a_day_is_an_error(text: str) -> None:
    """It is an answer, and not a right one."""
    found = judge(text, "14-03")
    assert (found.outcome, found.non_answer) == (Outcome.ERROR, None)
    assert "without a day" in found.reason


@pytest.mark.parametrize("text", ["1879", "Albert Einstein was a physicist.", "DD-MM", "He died on January 22, 2012."])
def test_a_claim_without_a_date_is_unparsed(text: str) -> None:
    """Never a silent default."""
    assert judge(text, "14-03").non_answer is NonAnswer.UNPARSED


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "I don’t know his birthday.",
        "IDK",
        "I'm not sure when Albert Einstein was born.",
        "I don't have information about the birthday of Aldric Balabury.",
        "I'm sorry, but I can't share personal information about individuals.",
        "Unknown",
    ],
)
def test_idk_is_idk(text: str) -> None:
    """An abstention is no date."""
    assert judge(text, "14-03").outcome is Outcome.IDK


@pytest.mark.parametrize("month", range(9, 13))
@pytest.mark.parametrize("wrong", ["03-07", "15-06", "01-01"])
def test_the_papers_three_wrong_birthdays_are_errors(wrong: str, month: int) -> None:
    """A model gave these for a person born in autumn: wrong for every day of it."""
    assert all(
        judge(wrong, f"{day:02}-{month:02}").outcome is Outcome.ERROR for day in range(1, DAYS_IN[month - 1] + 1)
    )


def test_the_reason_says_when_the_order_was_turned() -> None:
    """Day first is what was asked for."""
    assert "month first" in judge("03-14", "14-03").reason
    assert "month first" not in judge("14-03", "14-03").reason


FORMS = [
    "{d:02}-{m:02}", "{d}.{m}.", "{d}/{m}/1900", "1900-{m:02}-{d:02}", "{d} {month}", "{month} {d}, 1900",
    "the {d}th of {month}", "{ordinal} {month}", "Born on {d} {month} 1900.", "**{d:02}-{m:02}**",
]  # fmt: skip
DAYS = st.integers(1, 12).flatmap(lambda m: st.tuples(st.integers(1, DAYS_IN[m - 1]), st.just(m)))


@given(DAYS, st.sampled_from(FORMS))
def test_every_honest_form_of_the_right_day_is_correct(day: tuple[int, int], form: str) -> None:
    """However a date is written, it is read back."""
    d, m = day
    text = form.format(d=d, m=m, month=MONTHS[m - 1].capitalize(), ordinal=ORDINALS[d - 1])
    found = judge(text, f"{d:02}-{m:02}")
    assert found.outcome is Outcome.CORRECT, found


@given(st.text(max_size=300))
def test_any_text_gets_a_grade_with_a_reason(text: str) -> None:
    """No text makes the grader raise."""
    assert judge(text, "14-03").reason


def judge(text: str, day: str) -> Grade:
    """The grade of an answer about a birthday."""
    question = "What is Albert Einstein's birthday? If you know, just respond with DD-MM."
    found = date(Sample(id="a", input=question, target=day), Completion(text=text))
    assert isinstance(found, Grade)
    return found
