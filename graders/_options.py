"""Find where an answer names an option, by letter or by text. Pure.

A letter counts only where it can mean an option: in brackets, at the start of a line or after words that introduce an
option. "A" before a noun is an article, "I" before a verb a pronoun; "Vitamin C" and "C = 20" name no option. Option
texts are compared with their symbols and numbers, and with case if only case distinguishes two options.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from evalkit import plain, simplify

from ._numerals import ENGLISH
from ._statements import introduces

_BLACK_LETTERS: dict[int, int | str] = {
    **{code + k: ord("A") + k for code in (0x1F150, 0x1F170, 0x1F130, 0x1F1E6) for k in range(26)},
    **dict.fromkeys(map(ord, "‐‑‒–−﹣－"), "-"),
}
_TEX_DRESS = re.compile(
    r"\\(?:text|textbf|textit|textrm|texttt|textsf|mathrm|mathbf|mathit|mathsf|mathtt|mathcal|boldsymbol|bm|emph|"
    r"operatorname|underline|mbox|hbox|rm|bf|ensuremath)\s*\{([^{}]*)\}"
)
_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*\{((?:[^{}]|\{[^{}]*\})*)\}")
_TEX_SPACE = re.compile(r"\\[,;:!> ]|~")
_DASHED_LINE = re.compile(r" - ")
_SPACES = re.compile(r"[ \t]+")

_BEFORE_A_LETTER = frozenset(
    "is be was are or and not so therefore thus hence than over with choose chose pick select say option options "
    "choice choices answer answers letter between either neither nor both to out eliminate eliminates leaves leaving "
    "only for think believe guess picking choosing chosen selecting selected selects on it that it's that's the la el "
    "le die der das los las o a il ist es est lautet é è je är er wähle opción opcion respuesta réponse antwort "
    "resposta opção risposta opzione scelta ответ вариант это elijo choisis odpověď jest antwoord svar svaret válasz "
    "az este correct right best final while whereas but because since then if of rules exclude reject consider "
    "considered considering prefer favor try from like called be: except unlike likely probably definitely clearly "
    "obviously certainly actually in eliminating excluding options: und oder y ou e и или nicht no pas non не mark "
    "marked submit through seems possibly perhaps maybe wait yes against than: est-ce vs versus letra lettre lettera "
    "buchstabe буква là adalah είναι cevap doğru kies wybieram vybírám volím escolho scelgo выбираю lösung auswahl "
    "möglichkeit alternativa alternativ варіант відповідь одговор odgovor є je: makes making leaning lean vote voting "
    "tick circle take get gives giving namely by statement towards toward gets yields yielding means meaning "
    "indicates suggests supports confirms matches matching equals represents dismiss drop keep remains whether as "
    "plus having answered picks say: call check evaluate after before when".split()
)
_AFTER_ARTICLE = frozenset(
    "is was are or and because since as over it wins fits would must should has seems instead rather not vs versus nor "
    "but so if by correct wrong right false true best then which based due given being remains can cannot can't could "
    "isn't doesn't does matches being ist ist: es est è é je und y et e или и for appears looks might may will, also "
    "richtig correcta korrekt stimmt".split()
)
_AFTER_PRONOUN = frozenset("is was or and because since instead rather not vs nor correct wrong right over".split())
_LETTER = re.compile(
    r"(?<![A-Za-z0-9_À-ɏͰ-ϿЀ-ӿ.\\^°])(?<![A-Za-z]['’])([A-Za-z])(?![A-Za-z0-9_À-ɏͰ-ϿЀ-ӿ^]|['’][a-z]|\.[A-Za-z]|-[A-Za-z])"
)
_WORD_CHARACTER = re.compile(r"[^\W_]")
_OPENING = frozenset("([<")
_LAST_WORD = re.compile(r"([^\W\d_](?:\w|['’](?=\w))*)[ \"'*(\[]*$")
_NEXT_WORD = re.compile(r"^[ \"'*]*([^\s\"'*(\[{<.,;:!?|>=)\]}]+(?:'[a-z]+)?)")
_OPERATOR_BEFORE = re.compile(r"[+×·^<≤≥≈∈]\s*$|[\w)][ ]?\*[ ]?$|[\d)]\s*/\s*$|(?<![=-])(?<!is )[=]\s*$|\d\s*$|\w\s*-$")
_OPERATOR_AFTER = re.compile(r"^[ \t]*(?:=(?![>=])|[+×·^≤≥≈∈]|<(?![/a-z])|\*\s*\w|/\s*[\d(]|\(\w\))")
_CYRILLIC = str.maketrans("АВСЕНабсе", "ABCEHabce")
_LONE_CYRILLIC = re.compile(r"(?:(?<=[:—(] )|(?<=\()|^)([АВСЕН])(?=[).\s]*(?:$|\n))", re.MULTILINE)
_SIGNED = re.compile(r"[+-]?\d")
_NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?|[+-]?\.\d+")
_BETWEEN_NAMES = re.compile(r"[)\].:,\s\"'*(\[=–-]*")
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_PROSE = re.compile(r"[\w\s.,;:'\"()&!?/-]+")
# Words common in any text: they name an option only where they open, conclude or state an answer.
_COMMON = frozenset(
    "yes no true false none all both neither a an the and or it he she they i one maybe not some any other".split()
)

LONGEST_ALONE = 60
"""Longest text, in characters, that may be a single letter with markup."""


class Mention(NamedTuple):
    """A mention of an option."""

    start: int
    end: int
    option: int
    """Index of the option; a letter beyond the last option has an index too."""
    by_letter: bool
    common: bool = False
    """Whether the word is ambiguous, such as "no"."""


def readable(text: str) -> str:
    """Normalize an answer: boxes become statements, dashes are unified, markup is removed; lines are kept.

    Args:
        text: as the model wrote it.
    """
    text = text.translate(_BLACK_LETTERS)
    if "\\" in text:
        text = _TEX_SPACE.sub(" ", text)
        for _ in range(3):
            text = _TEX_DRESS.sub(r"\1", text)
        text = _BOX.sub(r" answer: \1 ", text)
    text = plain(_LONE_CYRILLIC.sub(lambda found: found.group().translate(_CYRILLIC), text))
    return text.translate(_BLACK_LETTERS)


def mentions(text: str, options: tuple[str, ...]) -> list[Mention]:
    """All mentions of options, in order.

    Args:
        text: as `readable` gives it.
        options: in the order shown.
    """
    letters = _letters(text, len(options))
    texts = _texts(text, options, {mention.start for mention in letters})
    # A letter inside an option's text ("A and C") belongs to that text.
    letters = [one for one in letters if not any(t.start <= one.start < t.end for t in texts)]
    return _joined(text, sorted([*letters, *texts]))


def same_text(text: str, options: tuple[str, ...]) -> int | None:
    """The option that a text equals, ignoring markup, an article and a full stop; None unless exactly one matches.

    Args:
        text: as `readable` gives it.
        options: in the order shown.
    """
    texts = _option_texts(options)
    bare = _bare(text)
    loose = simplify(bare)
    for key, keys in ((bare, [one.bare for one in texts]), (_folded(bare), [one.folded for one in texts])):
        if keys.count(key) == 1:
            return keys.index(key)
    value = _value(bare)
    if value is not None:
        same = [k for k, one in enumerate(texts) if _value(one.bare) == value]
        return same[0] if len(same) == 1 else None
    same = [k for k, one in enumerate(texts) if loose and one.loose == loose]
    return same[0] if len(same) == 1 and is_prose(options[same[0]]) else None


def is_prose(option: str) -> bool:
    """Whether an option consists of words, so that its punctuation does not matter.

    Args:
        option: its text.
    """
    return (
        bool(_PROSE.fullmatch(option)) and not _SIGNED.match(option.strip()) and bool(re.search(r"[^\W\d_]{2}", option))
    )


def _bare(text: str) -> str:
    return _SPACES.sub(" ", text).strip(" \n\"'").removesuffix(".").strip(" \"'`")


def _folded(text: str) -> str:
    return re.sub(r"\s+", "", text).casefold()


def _value(text: str) -> float | None:
    text = text.strip("$ ")
    if not _NUMBER.fullmatch(text):
        return None
    return float(text.replace(",", ""))


def _letters(text: str, count: int) -> list[Mention]:
    results = []
    alone = len(text) < LONGEST_ALONE and len(_WORD_CHARACTER.findall(text)) == 1
    for match in _LETTER.finditer(text):
        letter = match.group(1)
        start, end = match.span()
        bracketed = text[start - 1 : start] in _OPENING and text[end : end + 1] in ")]>"
        option = ord(letter.upper()) - ord("A")
        # "(X)" stands for any letter in prompts; an answer that echoes it names no option.
        placeholder = letter in "Xx" and option >= count
        if not placeholder and (alone or _may_be_letter(text, letter, start, end, count, bracketed=bracketed)):
            results.append(Mention(start, end, option, by_letter=True))
    return results


def _may_be_letter(text: str, letter: str, start: int, end: int, count: int, *, bracketed: bool) -> bool:
    before, after = text[max(0, start - 40) : start], text[end : end + 40]
    if bracketed:
        # f(A) and P(B) are not options, nor is "(a)" in a list if the options have capital letters.
        return not re.search(r"[A-Za-z0-9_][(\[]$", before) or bool(
            re.search(r"(?:option|choice|answer)s?[(\[]$", before)
        )
    if _OPERATOR_AFTER.match(after) or (_OPERATOR_BEFORE.search(before) and not introduces(before)):
        return False
    word = _LAST_WORD.search(before)
    if letter.islower():
        return _lower_is_letter(before, after)
    if word and text[max(0, start - 1) : start] != "\n" and not _introduces(word.group(1), before):
        return False
    following = _NEXT_WORD.match(after)
    if following is None or after[:1] in ").]:,;\n":
        return letter != "I" or count > ord("I") - ord("A")
    if letter == "I":
        return count > ord("I") - ord("A") and following.group(1) in _AFTER_PRONOUN
    if letter == "A":
        return _is_no_article(following.group(1))
    return True


def _introduces(word: str, before: str) -> bool:
    line = before.rsplit("\n", 1)[-1]
    return not line.strip(" \"'*(") or word.lower() in _BEFORE_A_LETTER or introduces(before)


def _is_no_article(following: str) -> bool:
    return following.lower() in _AFTER_ARTICLE or not following[:1].islower()


def _lower_is_letter(before: str, after: str) -> bool:
    """Whether a lower-case letter is an option: after a lead ("option b", "answer: b") or as a label ("b) Jupiter")."""
    led = re.search(
        r"(?:\b(?:option|choice|letter)\s+|(?:answer|choice|option|ans)\"?\s*(?::|=|\bis)\s*[\"'(]*)$",
        before,
        re.IGNORECASE,
    )
    ends = re.match(r"[)\].:,;\"'*]*\s*(?:$|\n|[).:,;])|\s+(?:is|because|since|as)\b", after)
    labels = re.search(r"(?:^|\n)\s*[(\[]?$", before) and re.match(r"[).:\]]\s|\s*$", after)
    return bool((led and ends) or labels)


def _texts(text: str, options: tuple[str, ...], letters: set[int]) -> list[Mention]:
    results = []
    folded = text.casefold()
    for option, one in enumerate(_option_texts(options)):
        # Most options are not named: check cheaply before compiling their patterns.
        if not any(all(word in folded for word in words) for words in one.words):
            continue
        for match in _pattern(one.bare, one.forms).finditer(text):
            if one.exactly and match.group() != one.bare:
                continue
            letter = match.end() - match.start() == 1 and match.start() in letters
            if not letter or _labeled(text, match.start(), option):
                results.append(Mention(*match.span(), option, by_letter=False, common=one.loose in _COMMON))
    # An option inside a longer one ("iron" in "iron oxide") is not named by it.
    return [one for one in results if not any(_holds(other, one) for other in results)]


def _labeled(text: str, start: int, option: int) -> bool:
    """Whether the option's letter precedes its text: "(B) C"."""
    return bool(re.search(rf"(?<!\w){chr(ord('A') + option)}[)\].:]+\s*$", text[max(0, start - 8) : start]))


def _holds(outer: Mention, inner: Mention) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and outer[:2] != inner[:2]


class _OptionText(NamedTuple):
    """An option's text in the forms used for comparison."""

    bare: str
    folded: str
    loose: str
    forms: tuple[str, ...]
    """A pattern for each form."""
    words: tuple[tuple[str, ...], ...]
    """For each form, the words that a text must contain."""
    exactly: bool
    """Whether case matters, because only case distinguishes it from another option."""


@lru_cache(maxsize=64)
def _option_texts(options: tuple[str, ...]) -> list[_OptionText]:
    texts = [_bare(readable(option)) for option in options]
    folded = [_folded(text) for text in texts]
    loose = [simplify(text) for text in texts]
    found = []
    for text, fold, simple in zip(texts, folded, loose, strict=True):
        parts = re.findall(r"\w+" if is_prose(text) and loose.count(simple) == 1 else r"\w+|[^\w\s]", text)
        between = r"[\W_]+" if is_prose(text) and loose.count(simple) == 1 else r"\s*"
        forms = [between.join(map(re.escape, parts))]
        words = [tuple(part.casefold() for part in parts)]
        if text.isdecimal():
            forms[0] += r"(?:\.0+)?"
            spelled = _in_words(int(text))
            forms += [re.escape(spelled).replace(r"\-", r"[\s-]")] if spelled else []
            words += [tuple(spelled.split("-"))] if spelled else []
        exactly = folded.count(fold) > 1 or len(_WORD_CHARACTER.findall(text)) == 1
        found.append(_OptionText(text, fold, simple, tuple(form for form in forms if form), tuple(words), exactly))
    return found


@lru_cache(maxsize=2048)
def _pattern(text: str, forms: tuple[str, ...]) -> re.Pattern[str]:
    if not forms:
        return re.compile(r"(?!)")
    if re.match(r"[\d.]", text):
        left = r"(?<![\w.,])(?<![\d)] [+-])(?<![^\s\d)][+-])(?<!^[+-])(?<!\s[+-])(?<!\d[+-])"
    else:
        left = r"(?<!\w)" if re.match(r"\w", text) else r"(?<![\w+-])"
    numeric = re.search(r"\d$", text)
    right = r"(?![\w^%]|[.,]\d|\s*[+*×/^=·÷]\s*[\w(]|\s[-−]\s*\d|\s*/\s*\d)" if numeric else r"(?!\w)"
    return re.compile(rf"{left}(?:{'|'.join(forms)}){right}", re.IGNORECASE)


def _in_words(number: int) -> str:
    """A number below 100 in English words, "" for others."""
    ones = {value: word for word, value in reversed(ENGLISH.items())}
    if number in ones:
        return ones[number]
    ten, one = divmod(number, 10)
    if not 2 <= ten <= 9:  # noqa: PLR2004 - twenty to ninety
        return ""
    return _TENS[ten - 2] + (f"-{ones[one]}" if one else "")


def _joined(text: str, found: list[Mention]) -> list[Mention]:
    """Merge adjacent mentions of the same option: "B. Jupiter", "(B) Jupiter", "Jupiter (B)"."""
    joined: list[Mention] = []
    for mention in found:
        last = joined[-1] if joined else None
        between = text[last.end : mention.start] if last else ""
        same = last and last.option == mention.option and last.by_letter != mention.by_letter
        if last and same and _BETWEEN_NAMES.fullmatch(between) and "\n\n" not in between:
            joined[-1] = Mention(last.start, mention.end, last.option, by_letter=True, common=False)
        else:
            joined.append(mention)
    return joined
