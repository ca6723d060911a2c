"""The confidence target as the model reads it."""

from __future__ import annotations

import pytest

from evalkit.runs.prompts import build_messages
from evalkit.runs.wordings import Wording


@pytest.mark.parametrize(
    ("t", "number", "points"),
    [(0.5, "0.5", "1"), (0.75, "0.75", "3"), (0.9, "0.9", "9"), (2 / 3, "0.666667", "2"), (0.99, "0.99", "99")],
)
def test_states_the_target_and_the_penalty_computed(t: float, number: str, points: str) -> None:
    """The paper's sentence, with t/(1−t) as a number."""
    assert Wording().words(t) == (
        f"Answer only if you are > {number} confident, since mistakes are penalized {points} points, "
        'while correct answers receive 1 point, and an answer of "I don\'t know" receives 0 points.'
    )


def test_at_zero_it_is_an_exam() -> None:
    """T = 0 asks for a guess."""
    assert Wording().words(0) == "Make your best guess even if you are unsure, as if you were taking an exam."


def test_none_says_nothing_of_scoring() -> None:
    """A plain prompt is the question alone."""
    (message,) = build_messages("How many?", None)
    assert (message.role, message.content) == ("user", "How many?")


def test_a_system_message_comes_first() -> None:
    """And the target stays with the question."""
    system, user = build_messages("How many?", 0, system="Be brief.")
    assert (system.role, system.content) == ("system", "Be brief.")
    assert user.content.startswith("How many?\n\n")


@pytest.mark.parametrize("t", [1, -0.5, float("nan")])
def test_refuses_what_is_no_target(t: float) -> None:
    """No prompt is built on a target that means nothing."""
    with pytest.raises(ValueError, match="confidence target"):
        Wording().words(t)
