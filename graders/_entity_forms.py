"""Accepted spellings of a target in words: with and without brackets, abbreviated, or shortened to a name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evalkit import simplify

from ._entity_said import Said
from ._entity_words import EMPTY, Word, alike, content, near, words_of

SUFFIX = frozenset("jr sr junior senior esq phd fc cf afc inc ltd co corp corporation company".split())
"""Suffixes that may be omitted after a name."""
LETTER = 2
"""Longest symbol, in characters, such as a chemical one; symbols must match exactly."""
JOINED = re.compile(r",|&|\b(?:and|und|et|y|a|i|og|och)\b")
"""Separators between two names in one target."""
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
"""Groups of words that exclude one another."""
LIST = 4
"""Fewest items that make a list; three may be a place with its region and country."""
_PARTS = re.compile(r"\(?[a-e]\)\s*\w.*\([b-e]\)\s*\w")
"""Answers to the parts of a question, such as "(a) yes; (b) no"."""
_GLUED = frozenset(["", "for", "from", "in", "and", "with", "who", "which", "was", "s", "es"])
"""Text that scraping glues to the end of a name."""
_GLUED_FROM = 5
"""Shortest name, in letters, that is recognized with other text glued to it."""
_FORMULA = re.compile(r"[=^\\{}<>+*$_|]|\w\(\w|[(\[]\s*-?\w+\s*,|\w/\w+/")
_BRACKET = re.compile(r"\s*\(([^()]*)\)")
_WELL_KNOWN = {
    "usa": "united states of america", "us": "united states", "uk": "united kingdom", "uae": "united arab emirates",
    "ussr": "soviet union", "eu": "european union", "un": "united nations", "fbi": "federal bureau of investigation",
}  # fmt: skip


def is_formula(target: str) -> bool:
    """Whether a target consists of symbols or is a list, so that only an identical answer matches.

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
    """The accepted spellings of a target, except those that the question contains.

    Args:
        said: the answer, with its question.
        target: the accepted answer.
    """
    forms = _bracketed(target)
    return [form for form in forms if len(forms) == 1 or {w.key for w in content(words_of(form))} - said.asked] or forms


def _bracketed(target: str) -> list[str]:
    """The text with its brackets, without them, and an abbreviation in brackets on its own."""
    bracket = _BRACKET.search(target)
    if bracket is None or not _BRACKET.sub("", target).strip():
        return [target]
    forms = [target, _BRACKET.sub("", target).strip()]
    if bracket.group(1).isupper() and len(bracket.group(1)) > LETTER:
        forms.append(bracket.group(1))
    return forms


def are_several(targets: Sequence[str]) -> bool:
    """Whether the targets are at least three different things, not one thing in different words.

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
    """Whether a text equals the target, ignoring case, spaces and, if it consists of words only, punctuation.

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
    """Whether a target is a proper name: every word is capitalized or a number.

    Args:
        form: the accepted answer.
    """
    words = content(words_of(form))
    return bool(words) and all(not word.raw.islower() or word.key[0].isdecimal() for word in words)


def reads(key: str, wanted: Word, *, name: bool) -> bool:
    """Whether a word of the answer matches one of the target; codes in capitals must match exactly.

    Args:
        key: the key of the answer's word.
        wanted: a word of the accepted answer.
        name: whether the target is a proper name.
    """
    if wanted.raw.isupper() and len(wanted.raw) > LETTER:
        return key == wanted.key
    if wanted.capital and len(wanted.key) >= _GLUED_FROM and key.startswith(wanted.key):
        return key[len(wanted.key) :] in _GLUED
    return alike(key, wanted.key, name=name)


def abbreviates(short: str, long: str) -> bool:
    """Whether one text consists of the initials of another.

    Args:
        short: a possible abbreviation.
        long: what it may stand for.
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
    """Whether an answer has a word that is, or may be, one of the target's and that the question lacks.

    Args:
        said: the answer.
        target: an accepted answer.
    """
    wanted = {word.key for word in content(words_of(target))} - said.asked - EMPTY
    keys = {word.key for word in words_of(said.text)}
    proper = is_proper(target)
    return any(any(one == key or near(one, key, name=proper) for key in keys) for one in wanted)


def opposed(words: Sequence[Word], others: Sequence[Word]) -> bool:
    """Whether a word of one answer excludes a word of another, as "left" excludes "right".

    Args:
        words: words of one answer.
        others: words of the other answer; none of them is in `words`.
    """
    mine, theirs = {word.key for word in words}, {word.key for word in others}
    if any(group & mine and group & theirs for group in OPPOSITES):
        return True
    letters = [[word for word in side if len(word.raw) == 1 and word.capital] for side in (words, others)]
    numbers = [[word for word in side if word.key[0].isdecimal()] for side in (words, others)]
    return all(letters) or all(numbers)
