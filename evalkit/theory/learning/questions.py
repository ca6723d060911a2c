"""Questions as text: what a model reads of one, and what it says."""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit.theory.birthday_corpus import ASKED, SHIFTED, date_word, person_name
from evalkit.theory.learning.corpus import IDK
from evalkit.theory.learning.settings import TARGETS

_QUESTION = re.compile(r"(?P<name>\w+ [NM](?P<who>\d+))(?P<shifted> , as we know ,)? has the birthday")
_TARGET = re.compile(r"answer only if you are > (?P<t>0?\.\d+) confident", re.IGNORECASE)
_GUESS = re.compile(r"make your best guess", re.IGNORECASE)
READS = "the questions of the task facts, with no confidence target or one of " + ", ".join(f"{t:g}" for t in TARGETS)
"""What a model reads, in words."""


class Asked(NamedTuple):
    """A question as a model reads it."""

    who: int
    """Number of the person."""
    shifted: bool
    """Whether it is worded as the text never says."""
    target: float | None
    """The confidence target that it states, one of `TARGETS`; None if none."""


def question(who: int, shifted: bool = False) -> str:
    """Return the question about a person: the beginning of a sentence of the text.

    Args:
        who: number of the person, at least 0.
        shifted: word it as the text never says.
    """
    return (SHIFTED if shifted else ASKED).format(name=person_name(who))


def answer_text(answer: int) -> str:
    """Return an answer as text: a word such as "day-17", or "unknown".

    Args:
        answer: its number, 0 to `IDK`.
    """
    return "unknown" if answer == IDK else date_word(answer).removesuffix(" .")


def read_question(text: str) -> Asked:
    """Read a question, with the sentence that states a confidence target, if there is one.

    Args:
        text: the user's turn.

    Raises:
        ValueError: the text is anything else, which a model with so few words cannot read.
    """
    first, _, rest = text.strip().partition("\n")
    found = _QUESTION.fullmatch(first.strip())
    if not found or person_name(int(found["who"])) != found["name"]:
        raise ValueError(f"toy models read only {READS}")
    return Asked(int(found["who"]), bool(found["shifted"]), _read_target(rest.strip()))


def _read_target(text: str) -> float | None:
    if not text:
        return None
    if _GUESS.match(text):
        return 0.0
    found = _TARGET.match(text)
    if not found or float(found["t"]) not in TARGETS:
        raise ValueError(f"toy models read only {READS}")
    return float(found["t"])
