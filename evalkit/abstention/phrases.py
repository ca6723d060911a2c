"""Load the phrase tables, one file per language, as compiled patterns."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from unicodedata import normalize

from evalkit.abstention.measures import CONTENT
from evalkit.text import has_any

NEVER = re.compile(r"(?!)")


class Phrases(NamedTuple):
    """The patterns of one language, for lower-case text; en.toml documents each of them."""

    triggers: tuple[str, ...]
    abstained: re.Pattern[str]
    refusal: re.Pattern[str]
    filler: re.Pattern[str]
    advice: re.Pattern[str]
    general: re.Pattern[str]
    moral: re.Pattern[str]
    harm: re.Pattern[str]
    stamps: re.Pattern[str]
    answer: re.Pattern[str]
    perhaps: re.Pattern[str]
    contrast: re.Pattern[str]
    concession: re.Pattern[str]
    conclusion: re.Pattern[str]
    unable: re.Pattern[str]
    complies: re.Pattern[str]
    elsewhere: re.Pattern[str]
    example: re.Pattern[str]
    subordinate: re.Pattern[str]
    first_person: re.Pattern[str]
    incapable: re.Pattern[str]
    defers: re.Pattern[str]
    reason: re.Pattern[str]


@lru_cache(maxsize=64)
def load_phrases(language: str) -> Phrases:
    """Read and compile the table of a language.

    Args:
        language: one of `languages.LANGUAGES`.
    """
    source = resources.files("evalkit.abstention").joinpath("tables", f"{language}.toml")
    # Texts are normalized in the same way; in Thai this writes one vowel as two characters.
    table = tomllib.loads(normalize("NFKC", source.read_text(encoding="utf-8")))
    patterns = {name: _compile(table.get(name, [])) for name in Phrases._fields if name != "triggers"}
    return Phrases(triggers=tuple(table["triggers"]), **patterns)


_PUNCTUATION = str.maketrans(dict.fromkeys('.,;:!?()[]{}"*_-–—/<>|=+#`~', " "))
_GATE = 4
"""Letters of a word that are compared before a trigger is looked for."""


@lru_cache(maxsize=64)
def _gates(language: str) -> dict[str, tuple[str, ...]]:
    """The triggers of a language by the beginning of their first word; by "" where they begin inside a word."""
    gates: dict[str, list[str]] = {}
    for trigger in load_phrases(language).triggers:
        word = trigger.translate(_PUNCTUATION).split(" ")[0]
        inside = word.startswith("n'") or not word
        gates.setdefault("" if inside else word[:_GATE], []).append(trigger)
    return {gate: tuple(triggers) for gate, triggers in gates.items()}


@lru_cache(maxsize=2)
def triggers_in(lower: str, language: str) -> tuple[str, ...]:
    """The triggers of a language that a text holds.

    In English they are looked for at the beginning of words, which is three times faster than anywhere.

    Args:
        lower: the text in lower case.
        language: one of `languages.LANGUAGES`.
    """
    if language != "en":
        return tuple(trigger for trigger in load_phrases(language).triggers if trigger in lower)
    gates = _gates(language)
    beginnings = {word[:_GATE] for word in lower.translate(_PUNCTUATION).split()}
    beginnings.add("")
    return tuple(trigger for gate in gates.keys() & beginnings for trigger in gates[gate] if trigger in lower)


def is_triggered(lower: str, phrases: Phrases) -> bool:
    """Whether a text has one of the words that occur in every abstention or refusal in this language."""
    return has_any(lower, phrases.triggers)


def is_said(pattern: re.Pattern[str], lower: str, asked: str) -> bool:
    """Whether a phrase occurs in the text and is not merely repeated from the question."""
    return any(not (len(found.group()) > 1 and found.group() in asked) for found in pattern.finditer(lower))


def offers(pattern: re.Pattern[str], lower: str) -> bool:
    """Whether a phrase that introduces an answer occurs with something after it."""
    match = pattern.search(lower)
    return bool(match) and bool(CONTENT.search(pattern.sub("", lower)))


def is_own(lower: str, phrases: Phrases) -> bool:
    """Whether the speaker talks about itself; true for languages whose table cannot tell."""
    return phrases.first_person is NEVER or bool(phrases.first_person.search(lower))


def cut_out(pattern: re.Pattern[str], text: str) -> str:
    """Remove from a text all matches of a pattern for lower-case text."""
    lower = text.lower()
    if len(lower) != len(text):  # some letter's lower-case form is longer, so positions would not agree
        return text
    for matches in reversed(list(pattern.finditer(lower))):
        text = text[: matches.start()] + text[matches.end() :]
    return text


def _compile(phrases: list[str]) -> re.Pattern[str]:
    if not phrases:
        return NEVER
    # "~" is a gap of up to four words, bounded so that no text makes the search slow.
    gap = r"(?:[\w'-]{1,30} ){0,4}"
    spelled = [phrase.replace("(?:~ ?)", gap).replace("~ ?", gap).replace("~", gap) for phrase in phrases]
    # Phrases that begin at a word boundary share that test: inside words they all fail at once.
    edged = [f"(?:{phrase[2:]})" for phrase in spelled if phrase.startswith("\\b")]
    others = [f"(?:{phrase})" for phrase in spelled if not phrase.startswith("\\b")]
    shared = [rf"\b(?:{'|'.join(edged)})"] if edged else []
    return re.compile("|".join(shared + others))
