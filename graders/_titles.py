"""Compare titles word by word, in order. Pure.

Case, punctuation, diacritics, articles, prepositions, hyphens and old spellings ("Functionen") do not matter, nor does
a misspelled word. A different content word, prefix ("micro", "macro") or ending makes a different title.
"""

from __future__ import annotations

import re
from functools import cache

from rapidfuzz.distance import OSA

from evalkit import simplify

SMALL_WORDS = frozenset(
    "a an and as at by for from in into of on or the to with upon its "
    "und der die das den dem des ein eine einer eines einem einen im in zur zum von vom am "
    "de la le les et sur du un une aux au dans en l d el los las del y e sobre il lo gli i di della delle del dei "
    "o os as do da dos das uma um no na em".split()
)
MISSPELLED = 0.4
"""Largest share of misspelled words; one is always allowed."""

_SPELLINGS = (
    ("ph", "f"),
    ("th", "t"),
    ("ck", "k"),
    ("c", "k"),
    ("z", "s"),
    ("y", "i"),
    ("ae", "e"),
    ("oe", "o"),
    ("ue", "u"),
)
_SHORTEST = 5
_INFLECTIONS = frozenset("sen")
_PREFIX = 4
_LONG = 9
_SUBTITLE = re.compile(r"\s*(?::|\s[-–—]\s|—|\.\s|;\s)\s*")


def match(said: str, targets: list[str]) -> str:
    """The reason why a title is accepted, "" if it is not.

    Args:
        said: the title as the answer gives it, without surrounding text.
        targets: the accepted titles.
    """
    for target in targets:
        if alike(said, target):
            return (
                "an accepted title" if simplify(said) == simplify(target) else "an accepted title, spelled differently"
            )
        main, subtitle = split(target)
        if subtitle and len(main.split()) > 1 and alike(said, main):
            return "an accepted title without its subtitle"
        own, more = split(said)
        if more and not subtitle and len(own.split()) > 1 and alike(own, target):
            return "an accepted title with a subtitle added"
    return ""


def split(title_text: str) -> tuple[str, str]:
    """A title's main part and its subtitle, "" if it has none.

    Args:
        title_text: the title.
    """
    parts = _SUBTITLE.split(title_text, maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


def alike(one: str, other: str) -> bool:
    """Whether two titles have the same content words in the same order, ignoring typography and misspellings.

    Args:
        one: a title.
        other: a title.
    """
    first, second = simplify(one).split(), simplify(other).split()
    if not first or not second:
        return False
    if "".join(first) == "".join(second):
        return True
    content = [word for word in second if word not in SMALL_WORDS]
    allowed = max(1, round(len(content) * MISSPELLED))
    if not content or abs(len(first) - len(second)) > len(content):
        return False
    return _differences(first, second) <= allowed


def _differences(first: list[str], second: list[str]) -> int:
    """Number of misspelled words between two titles; larger than their lengths if they differ in other ways."""
    never = len(first) + len(second) + 1

    @cache
    def least(i: int, j: int) -> int:
        if i == len(first) and j == len(second):
            return 0
        found = never
        if i < len(first) and j < len(second) and (cost := _cost(first[i], second[j])) is not None:
            found = min(found, cost + least(i + 1, j + 1))
        if i < len(first) and first[i] in SMALL_WORDS:
            found = min(found, least(i + 1, j))
        if j < len(second) and second[j] in SMALL_WORDS:
            found = min(found, least(i, j + 1))
        if j + 1 < len(second) and i < len(first) and first[i] == second[j] + second[j + 1]:
            found = min(found, least(i + 1, j + 2))
        if i + 1 < len(first) and j < len(second) and second[j] == first[i] + first[i + 1]:
            found = min(found, least(i + 2, j + 1))
        return found

    return least(0, 0)


def _cost(one: str, other: str) -> int | None:
    """0 for the same word, 1 for a misspelling, None for a different word."""
    if one == other or (first := _canonical(one)) == (second := _canonical(other)):
        return 0
    return 1 if _misspelled(first, second) else None


def _canonical(word: str) -> str:
    for written, plain_form in _SPELLINGS:
        word = word.replace(written, plain_form)
    return re.sub(r"(.)\1", r"\1", word)


def _misspelled(one: str, other: str) -> bool:
    if not (one.isalpha() and other.isalpha()) or max(len(one), len(other)) < _SHORTEST or one[0] != other[0]:
        return False
    distance = OSA.distance(one, other, score_cutoff=2)
    if one[:-1] == other or other[:-1] == one:
        return max(one, other, key=len)[-1] in _INFLECTIONS
    if distance == 1:
        substituted = len(one) == len(other) and sorted(one) != sorted(other)
        return not substituted or one[:_PREFIX] == other[:_PREFIX]
    # Two different letters turn "conversion" into "convention", another ending "algebra" into "algebraic".
    longest = max(len(one), len(other))
    return distance == 2 and longest >= _LONG and len(one) != len(other) and _same_ends(one, other)  # noqa: PLR2004


def _same_ends(one: str, other: str) -> bool:
    return one[:_PREFIX] == other[:_PREFIX] and one[-2:] == other[-2:]
