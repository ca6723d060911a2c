"""Guess which languages a text may be in, from its script and most common words.

Too wide a guess causes false alarms, too narrow a guess misses abstentions. If the words do not decide, every language
of the script is tried.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

BEGINNING = 500
"""How many characters of a text are examined."""
CLEAR = 2
"""Once a language has this many common words in the text, languages with fewer are dropped."""

SURE = 6
"""If one word in this many is English, other languages are not tried."""

_ENGLISH = frozenset(("the", "is", "of", "and", "you", "that", "are", "don't", "i'm"))

_SCRIPTS = {
    "ko": re.compile("[\uac00-\ud7af]"),
    "ja": re.compile("[\u3040-\u30ff\u4e00-\u9fff]"),
    "zh": re.compile("[\u4e00-\u9fff]"),
    "ru": re.compile("[\u0400-\u04ff]"),
    "sr": re.compile("[\u0400-\u04ff]"),
    "ar": re.compile("[\u0600-\u06ff]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "el": re.compile("[\u0370-\u03ff]"),
}
_KANA = re.compile("[\u3040-\u30ff]")

RARE = 12
"""A script with less than one character in this many occurs only in names."""
MANY = 3
"""Most often that a letter counts, so that a single name does not decide."""
ALIKE = 0.6
"""A language is kept if it has this share of the highest vote count."""


class _Signs(NamedTuple):
    latin: tuple[str, ...]
    """Languages written in Latin letters."""
    homes: dict[str, tuple[str, ...]]
    """Common word → the languages that it is common in."""
    letters: dict[str, tuple[str, ...]]
    beginnings: frozenset[str]
    parts: tuple[str, ...]


@lru_cache(maxsize=1)
def signs() -> _Signs:
    """Read what tells languages apart, and the words that abstain in those of plain Latin letters."""
    source = resources.files("evalkit.abstention").joinpath("tables", "words.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    homes: dict[str, tuple[str, ...]] = {}
    for language, words in table["words"].items():
        for word in set(words.split()):
            homes[word] = (*homes.get(word, ()), language)
    letters: dict[str, tuple[str, ...]] = {}
    for language, own in table["letters"].items():
        for letter in own:
            letters[letter] = (*letters.get(letter, ()), language)
    abstaining = table["abstaining"]
    latin = tuple(language for language, words in table["words"].items() if any(map(str.isascii, words.split())))
    return _Signs(latin, homes, letters, frozenset(abstaining["beginnings"].split()), tuple(abstaining["parts"]))


_LATIN = signs().latin

LANGUAGES = ("en", *_LATIN, *(language for language in _SCRIPTS if language not in _LATIN))
"""Every language that has a phrase table."""


def candidates(lower: str) -> tuple[str, ...]:
    """Languages that a text may be in; only English if English words are common in it.

    Args:
        lower: the text in lower case, with straight quotes.
    """
    if is_english(lower):
        return ("en",)
    start = lower[:BEGINNING]
    if start.isascii():
        return ("en", *_likeliest(start, _LATIN))
    scripts = tuple(name for name, script in _SCRIPTS.items() if len(script.findall(start)) * RARE >= len(start))
    if "ja" in scripts:
        scripts = tuple(language for language in scripts if language != ("zh" if _KANA.search(start) else "ja"))
    if "ru" in scripts:
        return _likeliest(start, ("ru", "sr"))
    if scripts:
        return scripts
    return ("en", *_likeliest(start, _LATIN))


@lru_cache(maxsize=4)
def is_english(lower: str) -> bool:
    """Whether one word in fifteen is a common English word, and no other language has more common words.

    Args:
        lower: the text in lower case; a foreign title in it does not count against English.
    """
    words = lower[:BEGINNING].split()
    common = sum(map(_ENGLISH.__contains__, words))
    if common * 15 < len(words):
        return False
    if common * SURE >= len(words):
        return True
    votes = _votes(lower[:BEGINNING])
    return max(votes.values(), default=0) <= common


def _likeliest(start: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The languages whose common words and letters occur most often; all of them if there are too few to decide."""
    votes = _votes(start)
    most = max((votes[language] for language in languages), default=0)
    if most < CLEAR:
        return languages
    least = min(most - 1, most * ALIKE)
    return tuple(language for language in languages if votes[language] >= least)


def _votes(start: str) -> Counter[str]:
    """How many of a text's words and letters are common in each language."""
    _, homes, letters, *_ = signs()
    votes: Counter[str] = Counter()
    for word in start.split():
        for language in homes.get(word.strip(".,;:!?\"'()"), ()):
            votes[language] += 1
    if not start.isascii():
        for letter, languages in letters.items():
            if letter in start:
                votes.update(dict.fromkeys(languages, min(start.count(letter), MANY)))
    return votes
