"""Compare an answer that is only a name with an accepted one."""

from __future__ import annotations

import re

from evalkit import simplify

from ._entity_context import OBJECT, PASSING
from ._entity_forms import (
    JOINED,
    LETTER,
    SUFFIX,
    abbreviates,
    equal,
    forms_of,
    is_proper,
    opposed,
    reads,
    shares_words,
)
from ._entity_people import NO_PERSON, is_same_person
from ._entity_said import Said, Verdict
from ._entity_words import Word, content, distance, foreign, near, overlap, unspaced, words_of

_ANOTHER = frozenset(
    "north south east west northern southern eastern western new old upper lower democratic peoples republic saint "
    "little great greater grand central inner outer anti pre post non".split()
)
"""Words that turn a name into another name when they precede it: "West Virginia"."""


def compare_bare(said: Said, target: str) -> Verdict:
    """Compare an answer that is only a name with an accepted name.

    Args:
        said: the answer.
        target: the accepted name.
    """
    forms = forms_of(said, target)
    if any(equal(said.text, form) for form in forms):
        return Verdict.MATCH
    if min(len(simplify(target)), len(simplify(said.text))) <= LETTER and not foreign(said.text, target):
        return _letters(said, target)
    verdicts = [_compare(said, form) for form in forms]
    if Verdict.MATCH in verdicts:
        return Verdict.MATCH
    return Verdict.CANT_TELL if Verdict.CANT_TELL in verdicts or foreign(said.text, target) else Verdict.NO_MATCH


def _letters(said: Said, target: str) -> Verdict:
    """Compare a symbol or letter with a word or another symbol."""
    if len(simplify(target)) > LETTER:  # may abbreviate the target
        return Verdict.MATCH if abbreviates(said.text, target) else Verdict.CANT_TELL
    return Verdict.NO_MATCH if len(simplify(said.text)) <= LETTER else Verdict.CANT_TELL


def _compare(said: Said, form: str) -> Verdict:
    if abbreviates(said.text, form) or abbreviates(form, said.text):
        return Verdict.MATCH
    if foreign(said.text, form):
        return _transliterated(said.text, form)
    mine, wanted, proper = content(words_of(said.text)), content(words_of(form)), is_proper(form)
    missing = [w for w in wanted if not any(reads(m.key, w, name=proper) for m in mine)]
    extra = [m for m in mine if not any(reads(m.key, w, name=proper) for w in wanted)]
    needed = [w for w in missing if not overlap({w.key}, said.asked) and w.key not in SUFFIX]
    if not needed and len(missing) < len(wanted) and not (missing and extra):
        # "red, yellow and green" is more than "yellow and green".
        return Verdict.CANT_TELL if extra and " and " in form else _whole(said, mine, wanted, extra)
    if not JOINED.search(form) and is_same_person(said, mine, wanted):
        return Verdict.MATCH
    return _unlike(said, form, missing, extra) if extra else _part(said, form, mine, missing)


def _transliterated(text: str, form: str) -> Verdict:
    """Compare a name in another alphabet; transliterations may differ by a few letters."""
    mine, wanted = content(words_of(text)), content(words_of(form))
    if unspaced(text + form) or len(mine) != len(wanted):
        return Verdict.CANT_TELL
    pairs = zip(mine, wanted, strict=True)
    close = all(distance(m.key, w.key)[0] <= (1 if len(wanted) == 1 else len(w.key) // 3) for m, w in pairs)
    return Verdict.MATCH if close else Verdict.CANT_TELL


def _unlike(said: Said, form: str, missing: list[Word], extra: list[Word]) -> Verdict:
    """Compare an answer in which other words replace some of the target's."""
    proper = is_proper(form)
    if opposed(missing, extra):
        return Verdict.NO_MATCH
    if any(near(w.key, m.key, name=proper) for w in missing for m in extra):
        return Verdict.CANT_TELL
    if len(missing) == len(content(words_of(form))):
        return Verdict.CANT_TELL if shares_words(said, form) else Verdict.NO_MATCH
    return Verdict.NO_MATCH if proper else Verdict.CANT_TELL


def _whole(said: Said, mine: list[Word], wanted: list[Word], extra: list[Word]) -> Verdict:
    """Compare an answer that has all the target's words; the extra ones may name something else."""
    if not extra:
        return Verdict.MATCH
    if any(len(word.key) == 1 for word in extra) and any(len(word.key) == 1 for word in wanted):
        return Verdict.NO_MATCH
    extra = [word for word in extra if not _in_brackets(said.text, word)]
    if any(word.key[0].isdecimal() for word in extra) and not overlap({w.key for w in extra}, said.asked):
        return Verdict.CANT_TELL
    places = [place for place, word in enumerate(mine) if any(reads(word.key, w, name=True) for w in wanted)]
    if not places:
        return Verdict.MATCH
    first, last = mine[places[0]], mine[places[-1]]
    if _hangs_on(said, first, last, any(word.capital and word.start < first.start for word in extra)):
        return Verdict.CANT_TELL
    before = [word for word in mine[: places[0]] if word.key in _ANOTHER and word.key not in said.asked]
    behind = [word for word in mine[places[-1] + 1 :] if word.key not in SUFFIX]
    if before and first.capital:
        return Verdict.CANT_TELL
    if len(wanted) == 1 and wanted[0].capital and behind and behind[0].capital and not said.about_person:
        between = said.text[last.end : behind[0].start]
        return Verdict.MATCH if "," in between or "(" in between else Verdict.CANT_TELL
    return Verdict.MATCH


def _in_brackets(text: str, word: Word) -> bool:
    return text.rfind("(", 0, word.start) > text.rfind(")", 0, word.start)


def _hangs_on(said: Said, first: Word, last: Word, after_another: bool) -> bool:
    """Whether the name only describes another one: "a student of X", "Y, near X", "X's teacher", "X / Y"."""
    before, behind = said.text[: first.start], said.text[last.end :]
    if PASSING.search(before) or OBJECT.search(before) or re.match(r"'s?\s+\w", behind) or last.raw.endswith("'s"):
        return True
    return bool(re.search(r"[/;,(]", before) and after_another) or bool(re.match(r"\s*/\s*\w", behind))


def _part(said: Said, form: str, mine: list[Word], missing: list[Word]) -> Verdict:
    """Compare an answer that has only some of the target's words.

    It suffices if it is everything before a comma, or a river's name. It is a different answer if it omits a name,
    such as the "Papua" of "Papua New Guinea", but not if it omits a word like "lake".
    """
    head = form.split(",", maxsplit=1)[0].split(" in ", maxsplit=1)[0]
    if head != form and [w.key for w in content(words_of(head))] == [word.key for word in mine]:
        return Verdict.MATCH
    whole = [word.key for word in content(words_of(form))]
    if "river" in whole and [key for key in whole if key != "river"] == [word.key for word in mine]:
        return Verdict.MATCH
    if set(whole) == {"new", "york", "city"} and simplify(said.text) == "new york":
        return Verdict.MATCH
    named = any(
        not word.raw.isupper() and not word.key.isdecimal() and not overlap({word.key}, NO_PERSON | SUFFIX)
        for word in missing
    )
    short = len(whole) <= 3 and is_proper(form) and not JOINED.search(form)  # noqa: PLR2004 - one name, no title
    surname = len(mine) == 1 and mine[0].key == whole[-1] and not set(whole) & NO_PERSON
    return Verdict.NO_MATCH if named and short and not said.about_person and not surname else Verdict.CANT_TELL
