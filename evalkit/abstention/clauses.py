"""Find the answer in a sentence that also says it does not know: "I'm not sure, but 3"."""

from __future__ import annotations

import re

from evalkit.abstention.measures import CONTENT, NAME, VALUE, count_words, is_specific
from evalkit.abstention.phrases import Phrases, is_own, offers

FRAGMENT = 4
"""Longest bare answer, in words, such as "around 1950"."""
SHORT = 14
"""Longest sentence, in words, in which a bare answer may stand beside a disclaimer."""
_CLAUSES = re.compile(
    r"[,;:](?=[\u3040-\u30ff\u4e00-\u9fff])|[、，；：،؛]\s*|\s*[,;:()\[\]–—]\s+|\s+[–—-]\s+"
    r"|\s+(?=(?:but|however|though|although|ama|fakat|ancak|pero|aber|jedoch|maar|ale|însă|nhưng|tetapi|tapi|namun|lakini|"
    r"αλλά|но|али|ali)\b|แต่|কিন্তু|ஆனால்|लेकिन)|\s*\(|\s*·\s+|(?<=[\u0e00-\u0e7f])\s+(?=[\u0e00-\u0e7f])"
)
_YEAR = re.compile(r"(?:1\d|20)\d\d")


def has_hedged_answer(text: str, asked: str, phrases: Phrases) -> bool:
    """Whether a sentence that says it does not know answers in another clause: "I'm not sure, 3"."""
    clauses = [clause.strip(" .!?\"'") for clause in _CLAUSES.split(text) if clause and CONTENT.search(clause)]
    clauses = _with_contrast(clauses, phrases)
    if len(clauses) < 2:  # noqa: PLR2004 - nothing beside the disclaimer
        return False
    words = count_words(text)
    first, later = clauses[0], clauses[1:]
    conceded = phrases.concession.search(first.lower()) and phrases.abstained.search(first.lower())
    if conceded and any(_is_statement(clause, phrases) for clause in later):
        return True
    named = any(phrases.concession.search(clause.lower()) for clause in later)
    # Whatever the question names is the topic, not an answer.
    new = is_specific(first, asked) if asked else bool(NAME.search(first) or VALUE.search(first))
    named = named or (new and is_own(text.lower(), phrases))
    if _is_statement(first, phrases) and any(_is_remark(clause.lower(), phrases, named=named) for clause in later):
        return True
    return any(_is_bare_answer(clause, asked, phrases, words) for clause in clauses)


def claims_beside(text: str, phrases: Phrases) -> bool:
    """Whether a clause beside a remark to the reader claims something: "Sorry, that is wrong: it is Portuguese"."""
    clauses = [clause.lower() for clause in _CLAUSES.split(text) if clause and CONTENT.search(clause)]
    talk = (phrases.filler, phrases.advice, phrases.general, phrases.stamps)
    plain_ones = [clause for clause in clauses if not any(pattern.search(clause) for pattern in talk)]
    return len(clauses) > 1 and any(count_words(clause) >= FRAGMENT - 1 for clause in plain_ones)


def _with_contrast(clauses: list[str], phrases: Phrases) -> list[str]:
    """Clauses with a lone "but", or a "but as of 2018" that only leads up to it, put in front of the next one."""
    merged: list[str] = []
    for clause in clauses:
        turn = phrases.contrast.match(merged[-1].lower()) if merged else None
        rest = merged[-1][turn.end() :].strip().lower() if turn else "-"
        if turn and (not CONTENT.search(rest) or phrases.subordinate.search(rest)):
            merged[-1] = f"{turn.group()} {clause}"
        else:
            merged.append(clause)
    return merged


def _is_statement(clause: str, phrases: Phrases) -> bool:
    """Whether a clause before a remark of ignorance answers: "born in Warsaw, though I don't know the street"."""
    lower = clause.lower()
    talk = (
        phrases.abstained,
        phrases.refusal,
        phrases.filler,
        phrases.advice,
        phrases.general,
        phrases.conclusion,
        phrases.subordinate,
        phrases.reason,
    )
    if any(pattern.search(lower) for pattern in talk):
        return False
    return count_words(clause) >= FRAGMENT - 1


def _is_remark(lower: str, phrases: Phrases, *, named: bool) -> bool:
    """Whether a clause only adds what is not known, and does not take back what was said ("…, but I cannot tell")."""
    if not phrases.abstained.search(lower):
        return False
    return bool(phrases.concession.search(lower)) or (named and not phrases.contrast.search(lower))


def _is_bare_answer(clause: str, asked: str, phrases: Phrases, words: int) -> bool:
    """Whether a clause, of a sentence of so many words, is an answer by itself."""
    lower = clause.lower()
    if phrases.abstained.search(lower) or phrases.refusal.search(lower) or phrases.advice.search(lower):
        return False
    rest = phrases.contrast.sub("", lower).strip(" ,")
    if not CONTENT.search(rest) or (rest in asked and len(rest) > 1):
        return False
    if offers(phrases.answer, rest) or (count_words(rest) <= FRAGMENT + 1 and offers(phrases.perhaps, rest)):
        return True
    if phrases.subordinate.search(rest):
        return False
    if rest != lower:
        return not phrases.filler.search(rest) or VALUE.search(rest) is not None
    if words > SHORT or count_words(rest) > FRAGMENT or _YEAR.fullmatch(rest):
        return False
    if phrases.filler.search(lower) or phrases.general.search(lower):
        return False
    return bool(is_specific(clause, asked) or (words <= SHORT // 2 and clause[0].isupper()))
