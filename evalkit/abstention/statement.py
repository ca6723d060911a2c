"""The final statement of a text, as a value."""

from __future__ import annotations

import re
from dataclasses import dataclass

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.lines import sentences

BARE = 4
"""Longest bare answer, in words."""
_ABOUT = re.compile(r"\b(?:who|whom|when|where|why|how|if|whether|about)\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\bi(?:'d|\s+would)?\s+(?:think|believe|guess|say|suspect|assume|go\s+with|lean)\b|\bmy\s+(?:best\s+)?(?:guess|answer|bet)\b|"
    r"\b(?:probably|likely|maybe|perhaps|might\s+be|could\s+be)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalStatement:
    """The statement that a text ends on."""

    text: str
    """The bare statement: "I don't know", "B", "Paris"; empty if the text is."""
    before: str
    """The text before it; "" if the statement is the whole text."""
    stated: bool
    """Whether it is introduced as the answer: by a lead ("The answer is"), a heading, a box, a tag, a JSON key."""
    after: str = ""
    """The text after a stated answer: an explanation, further remarks."""
    apart: bool = False
    """Whether it is a separate paragraph."""

    @property
    def abstains(self) -> bool:
        """Whether it says only that the answer is not known."""
        if not is_bare_abstention(self.text, stated=True):
            return False
        if _ABOUT.search(self.text) and _is_answered(self.before):
            return False  # "Lund. I don't know who came second."
        given = self.stated or not self.before or not _is_hedged(self.before, apart=self.apart)
        return given or is_bare_abstention(self.text)


def _is_answered(before: str) -> bool:
    """Whether the words before end in a bare answer."""
    last = before.rsplit("\n", 1)[-1].strip()
    return 0 < len(last.split()) <= BARE and not last.endswith(":") and not is_bare_abstention(last, stated=True)


def _is_hedged(before: str, *, apart: bool) -> bool:
    """Whether "I'm not sure" after this text hedges an answer, and is not the answer itself.

    It does after a single sentence, a bare answer or an opinion, but not after a paragraph of reasoning.
    """
    statements = [sentence for _, sentence in sentences(before)]
    if len(statements) == 1 and not apart:
        return True
    return len(statements[-1].split()) <= BARE or bool(_OPINION.search(before))
