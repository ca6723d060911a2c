"""Whether an answer says yes or no."""

from __future__ import annotations

import re

from ._entity_claim import OTHER, STATED
from ._entity_said import Said, Verdict
from ._entity_targets import Target

_YES = re.compile(
    r"^\W*(?:yes|true|correct|right|indeed|absolutely|definitely|certainly|of course|yeah|yep|ja|oui|si|sí|ano|да|是)"
    r"\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^\W*(?:no|false|incorrect|wrong|nope|not|never|nein|non|ne|нет|不)\b"
    r"|^\W*(?:he|she|it|they|that|this|there)\s+(?:(?:did|does|do|is|was|are|were|has|had)\s+not|\w+n't)\b",
    re.IGNORECASE,
)
_SAYS_SO = re.compile(
    r"^\W*(?:he|she|it|they|that|this)\s+(?:did|does|do|is|was|are|were|has|had|can)(?:\s+indeed)?\W*$", re.IGNORECASE
)
_BOTH = re.compile(r"\b(?:yes|true)\b.*\b(?:no|false)\b|\b(?:no|false)\b.*\b(?:yes|true)\b", re.IGNORECASE | re.DOTALL)


def says_yes(said: Said, target: Target) -> tuple[Verdict, str]:
    """Whether an answer says yes or no as accepted.

    Args:
        said: the answer.
        target: yes or no.
    """
    first = said.text[said.sentences[0].start : said.sentences[0].end] if said.sentences else said.text
    wanted, other = (_YES, _NO) if target.yes else (_NO, _YES)
    if _BOTH.search(first):
        return Verdict.CANT_TELL, "both yes and no"
    if wanted.match(first) or (target.yes and _SAYS_SO.match(first)):
        return Verdict.MATCH, STATED
    if other.match(first):
        return Verdict.NO_MATCH, OTHER
    ends = re.search(r"\b(yes|no|true|false)\W*$", first, re.IGNORECASE)
    if ends is None:
        return Verdict.CANT_TELL, "neither yes nor no"
    agrees = (ends.group(1).lower() in {"yes", "true"}) == target.yes
    return (Verdict.MATCH, STATED) if agrees else (Verdict.NO_MATCH, OTHER)
