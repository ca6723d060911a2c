"""Wordings of the confidence target: the sentences that tell a model what an answer, a mistake and IDK are worth.

`paper` is the paper's (Kalai, Nachum, Vempala, Zhang 2025, §4.2), with t as a number and the penalty computed. (The
paper's own example "t = 0.75 (penalty 2)" is a slip: 0.75/(1−0.75) = 3.) The others say the same in other words, so
that the effect of the words can be measured. A file holds a wording of one's own:

    A wrong answer costs {penalty} points, a right one earns 1, "I don't know" earns nothing.

It follows the question, after an empty line; where the file holds `{question}`, it stands around the question as
written there. A first line `# NAME` names it, and a line `system:` before the words puts them into the system message.

At t = 0 every built-in wording is the exam sentence: guess even when unsure. A file's own words stand at every t.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evalkit.errors import InputError, UsageError
from evalkit.files import is_file
from evalkit.metrics.threshold import penalty

EXAM = "Make your best guess even if you are unsure, as if you were taking an exam."
PAPER = "paper"
BUILT_IN = {
    PAPER: (
        "Answer only if you are > {threshold} confident, since mistakes are penalized {penalty} points, while correct"
        ' answers receive 1 point, and an answer of "I don\'t know" receives 0 points.'
    ),
    "percent": (
        "Answer only if you are more than {percent}% confident, since mistakes are penalized {penalty} points, while"
        ' correct answers receive 1 point, and an answer of "I don\'t know" receives 0 points.'
    ),
    "points": 'A correct answer earns 1 point, a mistake costs {penalty} points, and "I don\'t know" earns 0 points.',
    "exam": (
        "This is an exam with negative marking: a correct answer earns 1 point, a mistake loses {penalty} points, and"
        ' "I don\'t know" earns 0 points. Answer where you expect to gain points; otherwise say "I don\'t know".'
    ),
    "nature": (
        'Scoring rubric: 1 point for a correct answer, 0 points if you abstain by saying "I don\'t know", and a penalty'
        " of {penalty} points for an incorrect answer."
    ),
}
"""Name → text. `nature` states an open rubric in the manner of the authors' later experiment (Nature 653, 2026); their
exact prompts were not at hand."""
PLACEHOLDERS = ("threshold", "percent", "penalty", "question")
SYSTEM = "system:"
NAMED = "# "
LONGEST = 20_000
"""Characters that a wording may have."""


@dataclass(frozen=True)
class Wording:
    """How a confidence target is stated."""

    name: str = PAPER
    text: str = BUILT_IN[PAPER]
    """Holds {threshold}, {percent} or {penalty}, and may hold {question}."""
    in_system: bool = False
    """Whether it stands in the system message."""

    @property
    def is_built_in(self) -> bool:
        """Whether it comes with evalkit."""
        return BUILT_IN.get(self.name) == self.text

    @property
    def label(self) -> str:
        """Its name; of a file's, with a digest of its words, since the file may change."""
        digest = hashlib.blake2b(f"{self.in_system}{self.text}".encode(), digest_size=3).hexdigest()
        return self.name if self.is_built_in else f"{self.name}@{digest}"

    @property
    def written(self) -> str:
        """What `find_wording` makes the same of: its name, or its whole text."""
        if self.is_built_in:
            return self.name
        return "\n".join([f"{NAMED}{self.name}", *[SYSTEM] * self.in_system, self.text])

    def words(self, threshold: float | None) -> str:
        """The words that state a target, without the question; "" for a plain prompt.

        Args:
            threshold: t, 0 ≤ t < 1; None for a plain prompt.

        Raises:
            TypeError, ValueError: as `metrics.threshold.check_threshold`.
        """
        return _without_question(self._filled(threshold))

    def around(self, question: str, threshold: float | None) -> str:
        """The user's turn: the question with the words, where they do not stand in the system message.

        Args:
            question: the sample's input.
            threshold: as for `words`.
        """
        text = self._filled(threshold)
        if not text or self.in_system:
            return question
        return text.replace("{question}", question) if "{question}" in text else f"{question}\n\n{text}"

    def _filled(self, threshold: float | None) -> str:
        return _filled(self.text, self.is_built_in, threshold)


@lru_cache(maxsize=256)
def _without_question(text: str) -> str:
    return "\n\n".join(part.strip() for part in text.split("{question}") if part.strip())


@lru_cache(maxsize=256)
def _filled(text: str, is_built_in: bool, threshold: float | None) -> str:
    if threshold is None:
        return ""
    cost = penalty(threshold)
    if threshold == 0 and is_built_in:
        return EXAM
    values = {"threshold": f"{threshold:g}", "percent": f"{100 * threshold:g}", "penalty": f"{cost:g}"}
    return re.sub(r"\{(threshold|percent|penalty)\}", lambda match: values[match[1]], text)


def find_wording(given: str) -> Wording:
    """Find a wording by its name, or read it.

    Args:
        given: paper, percent, points, exam or nature; the path of a text file; or the words themselves, which hold a
            placeholder.

    Raises:
        UsageError: no such wording.
        InputError: the file cannot be read, or its words state no target.
    """
    if given in BUILT_IN:
        return Wording(given, BUILT_IN[given])
    if "{" in given:
        return _read(given, "own", "the wording")
    path = Path(given)
    if not is_file(path):
        raise UsageError(f"no wording {given!r}; available: {', '.join(BUILT_IN)}, or a text file with {{penalty}}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); a wording is a text file in UTF-8") from error
    return _read(text, path.name, str(path))


def _read(text: str, name: str, where: str) -> Wording:
    lines = text.strip().splitlines()
    if lines and lines[0].startswith(NAMED):
        name, lines = lines[0].removeprefix(NAMED).strip(), lines[1:]
    in_system = bool(lines) and lines[0].strip() == SYSTEM
    body = "\n".join(lines[in_system:]).strip()
    unknown = next((each for each in re.findall(r"\{(\w*)\}", body) if each not in PLACEHOLDERS), None)
    if unknown is not None:
        raise InputError(f"{where}: no placeholder {{{unknown}}}; available: {', '.join(PLACEHOLDERS)}")
    if not re.search(r"\{(threshold|percent|penalty)\}", body):
        raise InputError(f"{where}: it states no target; write {{threshold}}, {{percent}} or {{penalty}} into it")
    if in_system and "{question}" in body:
        raise InputError(f"{where}: the question stands in the user's turn; leave out {{question}} or {SYSTEM}")
    if len(body) > LONGEST:
        raise InputError(f"{where}: {len(body):,} characters; at most {LONGEST:,}")
    return Wording(name, body, in_system)
