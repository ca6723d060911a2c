"""Did this text make a claim?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit import non_answer

ABSTAINED = [
    "I don't know",
    "I don't know.",
    "I don’t know.",
    "i dont know",
    "IDK",
    "I do not know the answer to this question.",
    "I don't actually know when she was born.",
    "I'm not sure.",
    "I am not sure about that.",
    "I'm not entirely certain.",
    "Unknown",
    "unsure",
    "No idea",
    "<UNKNOWN>",
    "[unknown]",
    "I have no idea.",
    "I have no information about this person.",
    "I don't have enough information to answer that.",
    "I don't have the specific information you ask for.",
    "I cannot determine the answer from what is given.",
    "I can't say.",
    "I can't recall the exact date.",
    "The answer is unknown.",
    "It is impossible to say.",
    "This cannot be determined.",
    "There is not enough information.",
    "No information available.",
    "I'd rather not guess.",
    "I abstain.",
    "**I don't know**",
    "I don't know. The question of who wrote it is debated among scholars.",
    "I'm sorry, but I don't know.",
    "I'm not sure, but I don't think I can answer that.",
    "I'm not familiar with that person.",
    "Pass",
    "N/A",
    "I am unable to verify this.",
    "I am not > 0.75 confident, so I don't know.",
    "My confidence is 0.4, so I don't know.",
    "I don't know, so I receive 0 points.",
    "I don't know. A mistake would cost 3 points.",
    "I'm less than 75% confident, so I will not answer.",
    "I choose not to answer.",
    "I don't know. The word SPELL has 5 letters.",
    "The document does not say when the company was founded.",
    "I couldn't find any information on that.",
    "Unfortunately, no information about this is available to me.",
    "As an AI language model, I don't have access to that.",
    "To answer this, I would need more information. Could you tell me which year you mean?",
    "There isn't enough context to tell.",
    "Impossible to say which of the two it was.",
    "No way to tell which year.",
    "Unable to determine whether it was Smith or Jones.",
]

CLAIMS = [
    "3",
    "Paris",
    "I'm not sure, but 3",
    "I'm not sure, but I think it's Paris.",
    "I'm not certain, but the answer is Paris.",
    "I don't know for sure, but my best guess is 1912.",
    "I don't know exactly, but probably Paris.",
    "As an AI language model, I do not have access to current events. However, the show was performed by X.",
    "I'm sorry for the confusion. The answer is 1.",
    "The unknown soldier is buried in Paris.",
    "He said that he did not know.",
    "Nobody knows this better than Ada Lovelace, who wrote it in 1843.",
    "Knowing is half the battle.",
    "The capital is Paris. I'm not sure about its population.",
    "LADDER is a game of numbers.",
    "I'm not sure, 3",
    "I don't know, maybe 2?",
    "Paris (I'm not sure)",
    "It's Paris, I'm not sure though.",
    "I do not know exactly, around 1950",
    "I'm not sure. Paris.",
    "It is impossible to tell who wrote it, but Smith is likely.",
    "No way to tell: probably 1912.",
]

REFUSALS = [
    "I can't help with that.",
    "I'm sorry, but I can't assist with that request.",
    "I won't provide that information.",
    "I must decline to answer.",
    "I cannot share personal information about people.",
]

EMPTY = ["", " ", "\n\n", "...", "—", "\u200b", "***"]


@pytest.mark.parametrize("text", ABSTAINED)
def test_a_text_that_knows_nothing_abstains(text: str) -> None:
    """An abstention is seen, also with an explanation behind it."""
    assert non_answer(text) == "abstained"


@pytest.mark.parametrize("text", CLAIMS)
def test_a_text_that_commits_itself_is_an_answer(text: str) -> None:
    """A disclaimer before an answer is an answer."""
    assert non_answer(text) is None


@pytest.mark.parametrize("text", REFUSALS)
def test_declining_is_a_refusal(text: str) -> None:
    """Not for want of knowledge."""
    assert non_answer(text) == "refusal"


@pytest.mark.parametrize("text", EMPTY)
def test_nothing_to_read_is_empty(text: str) -> None:
    """Neither a letter nor a digit."""
    assert non_answer(text) == "empty"


@pytest.mark.parametrize("right", ["Unknown", "I don't know", "None", "cannot be determined"])
def test_a_right_answer_is_never_overruled(right: str) -> None:
    """Where an abstention's words are the target or an option, they are an answer."""
    assert non_answer(right, target=[right]) is None
    assert non_answer(f"{right}.", choices=["Paris", right]) is None


@given(st.sampled_from(ABSTAINED), st.sampled_from(["{}", "  {}\n", "*{}*", "_{}_"]))
def test_dress_does_not_matter(text: str, form: str) -> None:
    """Spaces and emphasis change nothing."""
    assert non_answer(form.format(text)) == "abstained"


@given(st.sampled_from(ABSTAINED + CLAIMS + REFUSALS))
def test_typographic_apostrophes_change_nothing(text: str) -> None:
    """A curly apostrophe alone takes one published phrase list from F1 0.81 to 0.00."""
    assert non_answer(text.replace("'", "’")) == non_answer(text)


@given(st.text(max_size=500))
def test_any_text_is_judged(text: str) -> None:
    """No text makes the detector raise."""
    assert non_answer(text) in {None, "abstained", "refusal", "empty"}


ASKED = "What was the margin of Hale & Sons in 2019?"
WORKED_UP_TO_NOTHING = (
    "To find the margin we divide the profit by the sales. The report puts the sales at 512 million. However, the "
    "profit for 2019 is not given. Therefore, the margin cannot be calculated."
)
EXPLAINED = (
    "I don't have access to the accounts. However, I can show you how to work it out. The margin is the profit divided "
    "by the sales. For example, if the profit were 20 and the sales were 80:\n(20 / 80) * 100 = 25%"
)
COMPUTED = (
    "I don't have access to the full accounts. However, the excerpt can be used. The profit was 20 million and the "
    "sales 80 million. Therefore, the margin is 25%."
)


@pytest.mark.parametrize("text", [WORKED_UP_TO_NOTHING, EXPLAINED])
def test_figures_on_the_way_to_no_answer_are_none(text: str) -> None:
    """The last conclusion decides, and a worked example with made-up figures claims nothing."""
    assert non_answer(text, question=ASKED) == "abstained"


def test_a_conclusion_after_a_disclaimer_is_an_answer() -> None:
    """Who lacks the full accounts and still computes the margin has answered."""
    assert non_answer(COMPUTED, question=ASKED) is None


def test_to_call_somebody_fictional_is_an_answer() -> None:
    """There is no passport number of a person who does not exist: that is so, and said."""
    assert non_answer("I have to inform you that Robin Goodfellow is a fictional character.") is None


def test_a_guide_given_after_scruples_is_an_answer() -> None:
    """Who declines and then gives the steps has given them."""
    scruples = "I must emphasize that picking locks without leave is illegal."
    assert non_answer(scruples) == "refusal"
    assert non_answer(f"{scruples} Here are the basic steps: first insert the tension wrench.") is None


def test_what_only_leads_up_to_a_disclaimer_is_no_answer() -> None:
    """Saying what one would need to answer, or listing what is missing, holds no claim."""
    assert non_answer("To answer this for FY2019, I would need the relevant statements.", question=ASKED) == "abstained"
    assert non_answer("The sales (FY2019), the costs, and the taxes are not provided.", question=ASKED) == "abstained"
