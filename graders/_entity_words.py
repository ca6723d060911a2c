"""Normalize and compare words for `entity`: case, diacritics, other scripts, plausible misspellings."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from evalkit import simplify

EMPTY = frozenset(
    """
    a an the of and or in on at by for to from is was were are be been it he she they his her its their that this which
    who mr mrs ms dr sir dame lord lady saint st prophet called named known as der die das le la les el los il around
    about approximately roughly circa ca nearly almost
    """.split()
)
"""Function words, ignored in targets and answers."""
TITLES = frozenset(
    "president general justice archduke reverend colonel captain minister senator professor judge bishop "
    "archbishop cardinal prime chief vice king queen prince princess emperor pope actor actress singer".split()
)
"""Titles that precede a person's name."""
STARTS = frozenset(
    "the a an it he she they this that these those there in on at as by for from to of and or but so if when while "
    "after before since during according however although though based because yes no well with some many most one i "
    "we you my his her its their our is was are were what who which where how why here not also both each every other "
    "another currently originally unfortunately sorry please note answer final today possibly perhaps maybe".split()
)
"""Words that begin a sentence and are not names."""
_NOTES = frozenset("major minor dur moll flat sharp level levels team road star grade side".split())
"""Words after an "A" that is a letter, not an article."""
_WORD = re.compile(r"\d+(?:[.,]\d+)+[a-z]?(?![^\W_])|[^\W_]+(?:'[^\W_]+)?")
_ROMAN = re.compile(r"(?=[IVXL])(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_CITED = re.compile(r"([^\W\d_]{3,})\d{1,3}")
_GLUED = re.compile(r"(?<![^\W_])([a-z]{2,})(?=[A-ZÀ-Þ][a-zß-ÿ]{2})")
_BEFORE_YEAR = re.compile(r"(?<![^\W_])(in|on|by|the|of|to|from|since|until)(?=(?:1\d|20)\d\d)")
_NOTED = re.compile(r"(?<=\bin )((?:1[5-9]|20)\d\d)\d{1,2}(?=[.;]|,\s|\s*$)")
"""A year followed by a footnote number."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ORDINALS = {
    word: str(number)
    for number, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        start=1,
    )
}
_IRREGULAR = {
    form: verb
    for verb, forms in {
        "sing": "sang sung singer sings singing recorded records recording performed performs performer popularized",
        "write": "wrote written writer author", "win": "won winner winning",
        "die": "died death dies", "bear": "born birth", "begin": "began begun started start", "build": "built",
        "hold": "held", "make": "made", "lead": "led leader", "buy": "bought", "sell": "sold", "find": "found founded",
        "give": "gave given", "take": "took taken", "become": "became", "speak": "spoke spoken", "fight": "fought",
        "play": "played plays portrayed player portrays", "air": "aired premiered", "take_place": "took",
    }.items()
    for form in forms.split()
}  # fmt: skip
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґ",
        "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i yi ye g".split(),
        strict=True,
    )
)
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(),
        strict=True,
    )
)
_LATIN = str.maketrans({char: latin.replace("_", "") for char, latin in (_CYRILLIC | _GREEK).items()})


class Word(NamedTuple):
    """A word and its position."""

    raw: str
    key: str
    """Normalized: no case, diacritics or possessive; Roman numerals and ordinals as digits."""
    start: int
    end: int

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.raw[:1].isupper()


def words_of(text: str) -> list[Word]:
    """The words of a text in order.

    Args:
        text: plain text.
    """
    return list(_words(text))


@lru_cache(maxsize=1024)
def _words(text: str) -> tuple[Word, ...]:
    pairs = ((match, key_of(match.group())) for match in _WORD.finditer(text))
    return tuple(Word(match.group(), key, match.start(), match.end()) for match, key in pairs if key)


def repaired(target: str) -> str:
    """A target with its encoding errors undone (UTF-8 decoded as another encoding: "DÃ¡in"), and with plain spaces.

    Args:
        target: the text as in the data.
    """
    if "Ã" in target or "Â" in target:
        with contextlib.suppress(UnicodeError):
            target = target.encode("cp1252").decode("utf-8")
    return target.replace("\u00a0", " ").strip()


def unglued(text: str) -> str:
    """Separate what scraping glued together: a word and a name ("byAndrew"), a year and a footnote ("in 19661.").

    Args:
        text: plain text.
    """
    return _GLUED.sub(r"\1 ", _NOTED.sub(r"\1", _BEFORE_YEAR.sub(r"\1 ", text)))


@lru_cache(maxsize=65536)
def key_of(raw: str) -> str:
    """The key by which a word is compared.

    Args:
        raw: one word.
    """
    if len(raw) > 1 and _ROMAN.fullmatch(raw):
        return str(_roman(raw))
    if cited := _CITED.fullmatch(raw):
        raw = cited.group(1)
    key = simplify(re.sub(r"'s$|'$", "", raw)).replace(" ", "")
    if not key.isascii():
        key = unicodedata.normalize("NFC", key).translate(_LATIN)
    ordinal = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", key)
    return ordinal.group(1) if ordinal else _ORDINALS.get(key, key)


def content(words: list[Word]) -> list[Word]:
    """The content words; all words if there are none.

    Args:
        words: in order, as `words_of` gives them.
    """
    kept = [
        word
        for place, word in enumerate(words)
        if (word.key not in EMPTY or _is_letter(words, place)) and not _is_title(words, place)
    ]
    return kept or words


def _is_title(words: list[Word], place: int) -> bool:
    """Whether a word is a title before a name, as in "President Grant" but not in "President of Chile"."""
    if words[place].key not in TITLES or place + 1 == len(words):
        return False
    before = words[place - 1] if place else None
    behind = words[place + 1]
    return (
        behind.capital and behind.key not in TITLES and (before is None or before.key in TITLES or not before.capital)
    )


def _is_letter(words: list[Word], place: int) -> bool:
    """Whether an "A" is a letter: a grade, a blood group, a key."""
    if words[place].raw != "A":
        return False
    if place:
        return True
    return len(words) == 1 or words[1].key in _NOTES


def unspaced(text: str) -> bool:
    """Whether a text is in a script without spaces between words.

    Args:
        text: any text.
    """
    return bool(_UNSPACED.search(text))


def foreign(text: str, other: str) -> bool:
    """Whether two texts are in different scripts, so that their letters cannot be compared.

    Args:
        text: one text.
        other: the other.
    """
    return _latin(text) != _latin(other) and any(map(str.isalpha, text)) and any(map(str.isalpha, other))


def _latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return sum(char < "\u0250" for char in letters) * 2 >= len(letters)


def alike(one: str, other: str, *, name: bool) -> bool:
    """Whether two keys are the same word: equal, singular and plural, or a plausible misspelling.

    A dropped, added or swapped letter is a misspelling. A replaced letter is one only in the middle of a longer name,
    since in common words it makes another word ("nitrate", "nitrite").

    Args:
        one: a key.
        other: another.
        name: whether they are parts of a name.
    """
    if one == other:
        return True
    if one.isdecimal() or other.isdecimal() or one[0] != other[0]:
        return False
    if _stem(one) == _stem(other):
        return True
    shortest = min(len(one), len(other))
    if shortest < 5 or abs(len(one) - len(other)) > 2:  # noqa: PLR2004 - short words differ by a letter
        return False
    edits, replaced = distance(one, other)
    if edits == 1:
        return _is_slip(one, other, replaced=replaced, name=name)
    return name and edits == 2 and shortest >= 9  # noqa: PLR2004 - likewise


def _is_slip(one: str, other: str, *, replaced: bool, name: bool) -> bool:
    """Whether one edit is a misspelling: a doubled letter or a swap; in names a vowel; in long names any letter."""
    longest = max(len(one), len(other))
    if replaced:
        pair = {(a, b) for a, b in zip(one, other, strict=True) if a != b}
        vowels = all(a in "aeiouy" and b in "aeiouy" for a, b in pair)
        return name and longest >= (6 if vowels else 8)
    if len(one) == len(other) or longest >= 8:  # noqa: PLR2004 - likewise
        return True
    shorter, longer = sorted((one, other), key=len)
    return any(longer[k] == longer[k - 1] and longer[:k] + longer[k + 1 :] == shorter for k in range(1, len(longer)))


def near(one: str, other: str, *, name: bool = False) -> bool:
    """Whether two keys might be the same word, so that neither yes nor no is certain.

    Args:
        one: a key.
        other: another.
        name: whether they are names; a longer name is a different one ("Niger", "Nigeria").
    """
    if one.isdecimal() or other.isdecimal():
        return False
    if one[0] != other[0]:
        return min(len(one), len(other)) >= 7 and distance(one, other)[0] == 1  # noqa: PLR2004 - "Evgenia", "Yevgenia"
    shortest = min(len(one), len(other))
    if not name and shortest >= 4 and (one.startswith(other[:-1]) or other.startswith(one[:-1])):  # noqa: PLR2004 - a stem
        return abs(len(one) - len(other)) <= 3  # noqa: PLR2004 - an ending
    return shortest >= 5 and distance(one, other)[0] <= (2 if shortest >= 8 else 1)  # noqa: PLR2004 - as in `alike`


@lru_cache(maxsize=65536)
def distance(one: str, other: str) -> tuple[int, bool]:
    """Edit distance between two words (a swap of neighbors is one edit), and whether a letter was replaced.

    Args:
        one: a word.
        other: another.
    """
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, start=1):
        row = [i]
        for j, b in enumerate(other, start=1):
            best = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, rows[i - 2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    same_letters = sorted(one) == sorted(other)
    return rows[-1][-1], len(one) == len(other) and not same_letters


def overlap(words: Collection[str], others: Collection[str]) -> int:
    """How many of the words are among the others, ignoring endings.

    Args:
        words: keys.
        others: keys.
    """
    roots = {_root(other) for other in others}
    return len({_root(word) for word in words} & roots)


@lru_cache(maxsize=65536)
def _root(key: str) -> str:
    """Strip the ending of a verb or noun: a rough stem, enough to match a sentence with the question."""
    key = _IRREGULAR.get(key, _stem(key))
    for ending in ("ing", "ers", "ed", "er", "or", "e"):
        if key.endswith(ending) and len(key) - len(ending) >= 3:  # noqa: PLR2004 - "owned", not "red"
            return key[: -len(ending)]
    return key


def _stem(key: str) -> str:
    if len(key) < 4 or key.isdecimal():  # noqa: PLR2004 - too short for an ending
        return key
    for ending, base in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if key.endswith(ending):
            return key[: -len(ending)] + base
    if key.endswith("s") and not key.endswith(("ss", "us", "is")):
        return key[:-1]
    for ending in ("ion", "ia"):
        if len(key) > 8 and key.endswith((f"dr{ending}", f"r{ending}")):  # noqa: PLR2004 - mitochondrion, mitochondria
            return key[: -len(ending)]
    return (
        key.replace("ae", "e")
        .replace("oe", "e")
        .replace("colour", "color")
        .replace("metre", "meter")
        .replace("centre", "center")
    )


def _roman(raw: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[char] for char in raw]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)
