"""The forms that an accepted answer in words may take: with and without brackets, abbreviated, shortened to a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evalkit import simplify

from ._entity_said import Said
from ._entity_words import EMPTY, Word, alike, content, near, words_of

SUFFIX = frozenset("jr sr junior senior esq phd fc cf afc inc ltd co corp corporation company".split())
"""What may be left out behind a name."""
LETTER = 2
"""Characters of a symbol, such as a chemical one, that has to stand exactly as it is."""
JOINED = re.compile(r",|&|\b(?:and|und|et|y|a|i|og|och)\b")
"""What joins two names in one accepted answer."""
OPPOSITES = [
    frozenset(words.split())
    for words in (
        "north south east west northern southern eastern western central", "left right", "upper lower", "inner outer",
        "spring summer autumn fall winter", "major minor", "flat sharp", "male female", "first second third",
        "positive negative", "gold silver bronze", "red green blue yellow black white", "old new", "early late mid",
        "morning afternoon evening night", "king queen prince princess", "brother sister", "father mother",
        "son daughter",
    )
]  # fmt: skip
"""Words of which one says something else than another."""
LIST = 4
"""Items of a list; three may be a place in its region and country."""
_PARTS = re.compile(r"\(?[a-e]\)\s*\w.*\([b-e]\)\s*\w")
"""Answers to the parts of a question: "(a) yes; (b) no"."""
_GLUED = frozenset(["", "for", "from", "in", "and", "with", "who", "which", "was", "s", "es"])
"""What scraping joins to the end of a name."""
_GLUED_FROM = 5
"""Letters of a name that is recognized with something joined to it."""
_FORMULA = re.compile(r"[=^\\{}<>+*$_|]|\w\(\w|[(\[]\s*-?\w+\s*,|\w/\w+/")
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_WELL_KNOWN = {
    "usa": "united states of america", "us": "united states", "uk": "united kingdom", "uae": "united arab emirates",
    "ussr": "soviet union", "eu": "european union", "un": "united nations", "fbi": "federal bureau of investigation",
}  # fmt: skip


def is_formula(target: str) -> bool:
    """Whether an accepted answer is made of signs or is a list, so that only the very same is the same.

    Args:
        target: the accepted answer.
    """
    if _FORMULA.search(target) or _PARTS.search(target):
        return True
    parts = re.split(r"[,;\s]+", target.strip("()[]{} "))
    if len(parts) > 1 and "," in target and all(len(part) <= LETTER or part.isdecimal() for part in parts):
        return True
    items = [item.strip() for item in re.split(r"[,;]", target) if item.strip()]
    return len(items) >= LIST or (len(items) == LIST - 1 and any(item[0].islower() for item in items))


def forms_of(said: Said, target: str) -> list[str]:
    """The ways in which an accepted answer may be written, less those that the question holds itself.

    Args:
        said: the answer, with its question.
        target: the accepted answer.
    """
    forms = _bracketed(target)
    return [form for form in forms if len(forms) == 1 or {w.key for w in content(words_of(form))} - said.asked] or forms


def _bracketed(target: str) -> list[str]:
    """With what stands in brackets, without it, and an abbreviation in brackets alone."""
    bracket = _BRACKET.search(target)
    if bracket is None or not _BRACKET.sub("", target).strip():
        return [target]
    forms = [target, _BRACKET.sub("", target).strip()]
    if bracket.group(1).isupper() and len(bracket.group(1)) > LETTER:
        forms.append(bracket.group(1))
    return forms


def are_several(targets: Sequence[str]) -> bool:
    """Whether the accepted names are different things, three at least, not one thing in different words.

    Args:
        targets: the accepted names.
    """
    keys = [{word.key for word in content(words_of(target))} for target in targets]
    apart: list[set[str]] = []
    for one in keys:
        if not any(one & other for other in apart):
            apart.append(one)
    return len(apart) >= 3  # noqa: PLR2004 - two may be a name and its translation


def equal(text: str, target: str) -> bool:
    """Whether a text is the target but for case, spaces and, where there are words alone, signs.

    Args:
        text: the answer.
        target: an accepted answer.
    """
    if re.search(r"[^\w\s.,;:'\"()&!?/-]|\d", target) or not simplify(target):
        text = re.sub(r"\\[()\[\]]|\$", "", text)
        target = re.sub(r"\\[()\[\]]|\$", "", target)
        bare = [re.sub(r"[\s*`\"]", "", one).casefold().strip(".") for one in (text, target)]
        return bare[0] == bare[1]
    return simplify(text).replace(" ", "") == simplify(target).replace(" ", "")


@lru_cache(maxsize=4096)
def is_proper(form: str) -> bool:
    """Whether an accepted answer is a proper name: every word of it has a capital or is a number.

    Args:
        form: the accepted answer.
    """
    words = content(words_of(form))
    return bool(words) and all(not word.raw.islower() or word.key[0].isdecimal() for word in words)


def reads(key: str, wanted: Word, *, name: bool) -> bool:
    """Whether a word of the answer is one that is wanted; codes in capitals have no misspellings.

    Args:
        key: of the answer's word.
        wanted: a word of the accepted answer.
        name: whether that is a proper name.
    """
    if wanted.raw.isupper() and len(wanted.raw) > LETTER:
        return key == wanted.key
    if wanted.capital and len(wanted.key) >= _GLUED_FROM and key.startswith(wanted.key):
        return key[len(wanted.key) :] in _GLUED
    return alike(key, wanted.key, name=name)


def abbreviates(short: str, long: str) -> bool:
    """Whether one text is the initials of another.

    Args:
        short: perhaps an abbreviation.
        long: perhaps what it stands for.
    """
    short = re.sub(r"^the\s+", "", short.strip(), flags=re.IGNORECASE)
    letters = simplify(short).replace(" ", "")
    if not 2 <= len(letters) <= 6 or not short.replace(".", "").replace(" ", "").isupper():  # noqa: PLR2004 - initials
        return False
    known = _WELL_KNOWN.get(letters, "")
    if known and known.removesuffix(" of america") == simplify(long).removesuffix(" of america"):
        return True
    words = simplify(long).split()
    kept = [word for word in words if word not in EMPTY]
    return len(kept) > 1 and letters in {"".join(word[0] for word in words), "".join(word[0] for word in kept)}


def shares_words(said: Said, target: str) -> bool:
    """Whether an answer holds a word of the target, or one that may be, which the question does not hold.

    Args:
        said: the answer.
        target: an accepted answer.
    """
    wanted = {word.key for word in content(words_of(target))} - said.asked - EMPTY
    keys = {word.key for word in words_of(said.text)}
    proper = is_proper(target)
    return any(any(one == key or near(one, key, name=proper) for key in keys) for one in wanted)


def opposed(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether a word of one answer excludes a word of another: "left" and "right", the blood groups A and B.

    Args:
        words: of one answer.
        others: of the other, all different from the first.
    """
    mine, theirs = {word.key for word in words}, {word.key for word in others}
    if any(group & mine and group & theirs for group in OPPOSITES):
        return True
    letters = [[word for word in side if len(word.raw) == 1 and word.capital] for side in (words, others)]
    numbers = [[word for word in side if word.key[0].isdecimal()] for side in (words, others)]
    return all(letters) or all(numbers)
