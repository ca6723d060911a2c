"""A title: reads it out of the sentence around it and compares it with the accepted ones.

Case, punctuation, diacritics, a missing subtitle and wrappers ("… is entitled “X” (1905)") are forgiven, and so
are misspellings: every word must have a partner at least 80% alike, and the whole at least `CUT` alike. On the
titles of data/dissertations the recorded spelling variants reach 0.97 and more, the most alike pair of different
titles 0.83 (a test measures both), so the cut at 0.9 lies well between.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from evalkit import Completion, Grade, Sample, grader, non_answer, plain, simplify

CUT = 90.0
WORD_CUT = 80.0
SMALL_WORDS = frozenset(
    "a an and as at by for from in into of on or the to und der die das des de la le les et sur".split()
)

_QUOTED = re.compile(r"\"([^\"\n]{3,300})\"|(?<!\w)'([^\n]{3,300}?)'(?!\w)")
_EMPHASISED = re.compile(r"\*{1,3}([^*\n]{3,300})\*{1,3}|(?<!\w)_([^_\n]{3,300})_(?!\w)")
_AFTER_WORDS = re.compile(
    r"\b(?:(?:en)?titled|called|named|title(?:\s+of\s+[^.\n:]{1,80}?)?\s+(?:was|is)|"
    r"(?:dissertation|thesis)(?:\s+title)?\s+(?:was|is|on)|(?:title|dissertation|thesis|answer)\s*:)\s*:?\s*(.{3,300})",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*(?:[(\[].*|,?\s+(?:which|submitted|completed|published|defended|written|from|at the|at [A-Z]|"
    r"in (?:1[5-9]|20)\d\d|\(?(?:1[5-9]|20)\d\d).*|\.\s+[A-Z].*|\.)$",
    re.DOTALL,
)
_SUBTITLE = re.compile(r"\s*(?::|\s[-–—]\s|—|\.\s)\s*")


@grader
def title(sample: Sample, completion: Completion) -> Grade:
    """Compare the title that an answer names with the accepted ones."""
    text = plain(completion.text)
    candidates = _candidates(completion.text, text)
    for candidate in candidates:
        if reason := _match(candidate, sample.target):
            return Grade.of(correct=True, answer=candidate, reason=reason)
    if contained := _contained(text, sample.target):
        return Grade.of(correct=True, answer=contained, reason="an accepted title stands in the answer")
    if kind := non_answer(completion.text, question=sample.prompt, target=sample.target):
        return Grade.idk(kind)
    if not candidates:
        return Grade.unparsed("a claim, but no title in it")
    return Grade.of(correct=False, answer=candidates[0], reason="another title")


def _candidates(marked: str, text: str) -> list[str]:
    """What may be the title, most explicit first."""
    found = [a or b for a, b in _QUOTED.findall(text)]
    found += [a or b for a, b in _EMPHASISED.findall(marked)]
    found += [_TAIL.sub("", rest).strip(" .\"'") for rest in _AFTER_WORDS.findall(text)]
    lines = [line for line in text.splitlines() if line.strip()]
    if not found and len(lines) == 1 and not re.search(r"\b(?:dissertation|thesis|wrote|i)\b", text, re.IGNORECASE):
        found.append(_TAIL.sub("", lines[0]).strip(" .\"'"))
    return [candidate.strip(" ,.") for candidate in found if simplify(candidate)]


def _match(candidate: str, targets: list[str]) -> str:
    for target in targets:
        if _alike(candidate, target):
            return (
                "an accepted title"
                if simplify(candidate) == simplify(target)
                else "an accepted title, spelled differently"
            )
        main, subtitle = _split(target)
        if subtitle and len(main.split()) > 1 and _alike(candidate, main):
            return "an accepted title without its subtitle"
        said, more = _split(candidate)
        if more and not subtitle and len(said.split()) > 1 and _alike(said, target):
            return "an accepted title with a subtitle added"
    return ""


def _alike(one: str, other: str) -> bool:
    a, b = simplify(one), simplify(other)
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return True
    if fuzz.ratio(a, b) < CUT:
        return False
    first, second = _words(a), _words(b)
    return _have_partners(first, second) and _have_partners(second, first)


def _have_partners(words: list[str], others: list[str]) -> bool:
    joined = "".join(others)
    return all(word in joined or any(fuzz.ratio(word, other) >= WORD_CUT for other in others) for word in words)


def _words(text: str) -> list[str]:
    return [word for word in text.split() if word not in SMALL_WORDS]


def _split(title_text: str) -> tuple[str, str]:
    parts = _SUBTITLE.split(title_text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def _contained(text: str, targets: list[str]) -> str | None:
    """An accepted title of three words or more that stands in the text outright."""
    whole = f" {simplify(text)} "
    for target in targets:
        words = simplify(target)
        if len(words.split()) > 2 and f" {words} " in whole:  # noqa: PLR2004 - two words may stand anywhere by chance
            return target
    return None
