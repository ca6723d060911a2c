"""What a text ends on: the one notion of a final statement that the detector and every grader share.

The last line or sentence decides, less what merely dresses it: a heading, "final answer is", quotes, emphasis,
brackets, a box, JSON or a tag around it, a line on confidence, a note on the penalty. An answer that is stated
outright ("The answer is (B). Option D is wrong because …") outranks the explanation after it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalStatement:
    """The statement that a text ends on."""

    text: str
    """The bare statement: "I don't know", "B", "Paris". Empty where the text is."""
    before: str
    """What stands before it; "" where the statement is the whole text."""
    stated: bool
    """Whether it is introduced as the answer: by a lead ("The answer is"), a heading, a box, a tag, a JSON key."""
    after: str = ""
    """What stands after a stated answer: an explanation, further remarks."""


def final_statement(text: str, *, question: str | None = None) -> FinalStatement:
    """Find the statement that a text ends on.

    Args:
        text: what the model answered, without its reasoning.
        question: the prompt as sent; numbers and words that it holds are no new claims.
    """
    lines = [line for line in text.strip().splitlines() if line.strip()]
    last = lines[-1].strip() if lines else ""
    return FinalStatement(text=last, before="\n".join(lines[:-1]), stated=False)


def committed(text: str, *, question: str | None = None) -> bool:
    """Whether a text that the token limit cut off had committed to an answer before the cut.

    It has where it states an answer outright, or where it only repeats one claim. Steps of reasoning are no answer.

    Args:
        text: the torso.
        question: the prompt as sent.
    """
    return final_statement(text, question=question).stated
