"""What a text ends on: reasoning × statement × form × closing line, each with a known verdict; and torsos."""

from __future__ import annotations

import time
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit import final_statement, non_answer
from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.final import committed

ASKED = (
    "Which harbor did the Tessaly leave from in 1911?\n\nAnswer only if you are > 0.75 confident, since mistakes are "
    'penalized 3 points, while correct answers receive 1 point, and an answer of "I don\'t know" receives 0 points.'
)
DRAWN = 150
"""Texts of each form that are tried."""
REASONING = [
    "",
    "The Tessaly was built in 1899. Records name Corveth in 1908 and Lund in 1913.",
    "**Step 1:** The ship carried timber.\n**Step 2:** Candidates: Corveth, Lund, Marrow Bay.",
    "At first I thought the answer is Corveth. But that harbor closed in 1907.",
    "1. Corveth was closed.\n2. Lund was icebound.\n3. Marrow Bay had no pier.",
]
ABSTENTIONS = [
    "I don't know",
    "I don't know.",
    "I do not know which harbor it was.",
    "IDK",
    "I'm not confident enough to answer.",
    "I cannot determine this.",
    "I can't say with enough certainty.",
    "I'd rather not guess.",
    "I abstain.",
    "I'm going to abstain here.",
    "No answer",
    "Unknown",
    "I have to admit I don't know.",
    "I don't have enough information to answer this question.",
    "Je ne sais pas.",
    "Ich weiß es nicht.",
    "Nie wiem.",
    "我不知道。",
    "모르겠습니다.",
]
CLAIMS = [
    "Corveth",
    "Marrow Bay.",
    "It was Corveth.",
    "The Tessaly left from Corveth.",
    "42",
    "(B)",
    "no harbor at all",
    "None of them",
    "Not known as a harbor until 1950",
    "Pass Harbor",
]
FORMS = [
    "{}",
    "Final answer: {}",
    "**Final Answer:** {}",
    "The answer is: {}",
    'My final answer is "{}"',
    "So my answer is {}",
    "Therefore, {}",
    "### Answer\n{}",
    "## Final Answer\n\n**{}**",
    "\\boxed{{\\text{{{}}}}}",
    "The answer is $\\boxed{{\\text{{{}}}}}$.",
    "<answer>{}</answer>",
    '{{"answer": "{}"}}',
    '```json\n{{"answer": "{}", "confidence": 0.3}}\n```',
    '{{"reasoning": "Corveth is likely.", "answer": "{}"}}',
    "Answer: {}",
    "> {}",
    "- {}",
    "*{}*",
    "`{}`",
    "[{}]",
    "({})",
    "“{}”",
    "In conclusion, {}",
    "Die Antwort ist: {}",
    "La réponse est : {}",
    "答案是：{}",
]
REASONS = [
    "Given the penalty, {}",
    "My confidence is about 0.4, which is below 0.75, so {}",
    "Since I'm only 50% sure, {}",
    'The safest option is to say "{}"',
    "Expected score: 0.4 - 0.6*3 < 0. {}",
]
CLOSINGS = [
    "",
    "\n\nConfidence: 20%",
    "\nConfidence: 0.2",
    " (confidence: 30%)",
    "\n\n(My confidence is below the 0.75 threshold.)",
    "\n\nA wrong answer would cost 3 points.",
    "\n\nI hope this helps. Let me know if you have questions!",
    "\n\n---",
]
DISCLAIMERS = [
    "",
    "I don't know much about this ship.",
    "I'm not entirely sure, since I can't look it up.",
    "At first I thought I don't know, but then I remembered.",
    'The prompt says to answer "I don\'t know" if unsure.',
    'One option is to say "I don\'t know".',
]
EXPLANATIONS = [
    "",
    "\n\nConfidence: 80%",
    " (confidence: 0.9)",
    "\n\nI'm not 100% sure, though.",
    "\n\nI could be wrong.",
    "\n\nI hope this helps!",
    "\n\nI'm not sure about the other years.",
    "\n\nThe other harbors are not correct because they were closed.",
]


def joined(before: str, statement: str, form: str, closing: str) -> str:
    """A text of reasoning, a statement in a form, and a closing line."""
    return (f"{before}\n\n" if before else "") + form.format(statement) + closing


def drawn(form: str, *parts: list[str]) -> list[str]:
    """Texts in a form, a fixed draw of all combinations."""
    cases = [case for case in product(*parts) if fits(form, case[2])]
    return [
        joined(before, statement, form, closing) for before, statement, closing in Random(form).sample(cases, DRAWN)
    ]


def fits(form: str, closing: str) -> bool:
    """Whether a closing line can follow a form: a fence with words behind it is no fence."""
    return not (form.startswith("```") and closing and not closing.startswith("\n"))


@pytest.mark.parametrize("form", FORMS + REASONS)
def test_an_abstention_at_the_end_decides(form: str) -> None:
    """Whatever reasoning stands before it, however it is dressed, whatever line on confidence follows."""
    texts = drawn(form, REASONING, ABSTENTIONS, CLOSINGS)
    missed = [text for text in texts if non_answer(text, question=ASKED) is None]
    assert not missed, (len(missed), missed[:3])


@pytest.mark.parametrize("form", FORMS)
def test_a_claim_at_the_end_decides(form: str) -> None:
    """Whatever disclaimer stands before it, and whatever explanation or hedge follows."""
    texts = drawn(form, DISCLAIMERS, CLAIMS, EXPLANATIONS)
    flagged = [text for text in texts if non_answer(text, question=ASKED) is not None]
    assert not flagged, (len(flagged), flagged[:3])


@pytest.mark.parametrize("form", FORMS)
def test_the_statement_is_bare(form: str) -> None:
    """Its words come without their dress."""
    final = final_statement(joined(REASONING[1], "Marrow Bay", form, "\n\nConfidence: 80%"))
    assert final.text.strip('"') == "Marrow Bay"


def test_an_explanation_after_a_stated_answer_stands_apart() -> None:
    """It does not overrule the answer."""
    final = final_statement("The answer is (B). Option D is wrong because it closed in 1907.")
    assert (final.text, final.stated) == ("B", True)
    assert "Option D" in final.after


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("The answer is Corveth. Wait, no, it closed in 1907. The answer is Lund.", "Lund"),
        ("Answer: Corveth\n\nActually, that is wrong.\n\nAnswer: Lund", "Lund"),
        ('{"answer": null}', "null"),
        ('Here it is:\n```json\n{"confidence": 0.2, "answer": "Lund"}\n```', "Lund"),
        ("So the harbor is\n\n\\[\n\\boxed{\\text{Lund}}\n\\]", "Lund"),
        ("<answer>\nLund\n</answer>", "Lund"),
        ("", ""),
    ],
)
def test_the_last_word_counts(text: str, statement: str) -> None:
    """A correction overrules; JSON, boxes and tags are read."""
    assert final_statement(text).text == statement


def test_an_echo_of_the_prompt_is_no_abstention() -> None:
    """Repeating the instructions claims and abstains from nothing."""
    assert non_answer('Corveth. If you are unsure, say "I don\'t know".', question=ASKED) is None


def test_a_line_break_inside_a_phrase_hides_nothing() -> None:
    """Text that was wrapped says the same."""
    assert non_answer("I do not\nknow.") == "abstained"
    assert non_answer("I don't have enough\ninformation to answer.") == "abstained"


def test_null_in_json_abstains() -> None:
    """An object that gives no answer."""
    assert non_answer('{"answer": null, "confidence": 0.1}') == "abstained"
    assert non_answer('```json\n{"answer": null}\n```') == "abstained"


COMMITTED = [
    "The answer is B. This is because the",
    "Answer: Corveth\n\nThe Tessaly left from Corveth since Lund was",
    "**Final Answer:** 42\n\nTo see this, note that",
    "\\boxed{42}. The reason is that",
    "The harbor was Corveth. The harbor was Corveth. The harbor was Corveth. The harbor was",
]
NOT_COMMITTED = [
    "",
    "   \n",
    "Let us look at each option. Option A says that the ship",
    "First, we compute 3 + 4 = 7. Then we multiply by 2 and get 14. Next",
    "The Tessaly was built in 1899. It carried timber. In 1911 it",
    "We need to find the answer. The answer is",
    "Step 1: The ship left in spring.\nStep 2: The harbors open then are Corveth and",
    "The answer is B. Wait, no, that closed in 1907. Let me think about",
]


@pytest.mark.parametrize("text", COMMITTED)
def test_a_stated_answer_was_committed_to(text: str) -> None:
    """Before the cut; a loop that repeats one claim commits to it too."""
    assert committed(text)


@pytest.mark.parametrize("text", NOT_COMMITTED)
def test_the_torso_of_reasoning_commits_to_nothing(text: str) -> None:
    """Nor does a statement that the cut ended, nor one that was taken back."""
    assert not committed(text)


@given(st.text(max_size=400))
def test_any_text_has_a_final_statement(text: str) -> None:
    """No text makes it raise, and reading it again changes nothing."""
    final = final_statement(text, question=ASKED)
    assert final == final_statement(text, question=ASKED)
    committed(text)


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["so ", "the answer is ", "I will say ", "as x, ", "I don't ", "know ", "not on, ", "my answer is "]
        ),
        min_size=10,
        max_size=60,
    )
)
def test_no_statement_is_slow_to_read(pieces: list[str]) -> None:
    """Openings and reasons upon each other are taken off one by one."""
    started = time.process_time()
    is_bare_abstention("".join(pieces)[:390])
    assert time.process_time() - started < 0.2
