"""Did this text make a claim? Text to `abstained`, `refusal`, `empty`, or None where it makes one.

Rules, in this order of evidence: nothing there; the accepted answer or an option, word for word; no trace of not
knowing or declining, so a claim; a hedged answer inside a sentence ("I'm not sure, but 3"); a claim that stands
against or before a disclaimer; else what the disclaimer says. A disclaimer in front of an answer is an answer: that
is the largest cause of false alarms. Phrase tables stand beside this module, one a language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from importlib import resources
from itertools import takewhile
from typing import Any, Generic, Literal, NamedTuple, TypeVar
from unicodedata import normalize

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.final import final_statement
from evalkit.abstention.languages import LANGUAGES, candidates, is_english
from evalkit.text import plain

Kind = Literal["abstained", "refusal", "empty"]
Part = Literal["abstained", "refusal", "hedged", "filler", "advice", "general", "claim"]

LONGEST = 20_000
"""Characters that are judged: the first and last halves of a longer text, where a claim or its lack is stated."""

_TOOL_CALL = re.compile(
    r"^\s*(?:```\w*\s*)?(?:<(?:tool_call|function_call|tool)\b|\{\s*\"(?:tool|function|tool_call|name)\"\s*:[^\n]*\"(?:arguments|parameters|input)\"|"
    r"i\s+(?:need|have|would\s+need)\s+to\s+(?:search|look|use|call)[^.\n]{0,60}:\s*\w+\()",
    re.IGNORECASE,
)
_EXTRA_SIGNS = ("null", "skip", "undefined", "tool_call", "function_call", "search(")
"""Of whole statements that the phrases' triggers do not cover."""
_DECLINES = re.compile(r"\b(?:declin|refus)", re.IGNORECASE)
_LONE_NUMBER = re.compile(
    r"^\W*(\d+)[.)] (?=(?:I|But|However|That|This|It|My|Though|Not)\b)(?!.*\n\W*\d+[.)] )", re.DOTALL
)
"""A number that a text begins with and that is no list's first point."""
_CONTENT = re.compile(r"[^\W_]")
_STOP = re.compile("[.!?\n。！？।؟][\"')\\]]*\\s*")
_ABBREVIATED = re.compile(r"\b(?:\d{1,2}|[A-Z]|al|vs|Inc)\.$")
_CLAUSES = re.compile(
    r"[,;:](?=[\u3040-\u30ff\u4e00-\u9fff])|[、，；：،؛]\s*|\s*[,;:()\[\]–—]\s+|\s+[–—-]\s+"
    r"|\s+(?=(?:but|however|though|although|ama|fakat|ancak|pero|aber|jedoch|maar|ale|însă|nhưng|tetapi|tapi|namun|lakini|"
    r"αλλά|но|али|ali)\b|แต่|কিন্তু|ஆனால்|लेकिन)|\s*\(|\s*·\s+|(?<=[\u0e00-\u0e7f])\s+(?=[\u0e00-\u0e7f])"
)
_LIST_MARK = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_VALUE = re.compile(r"(?<![\w.])[$€£]?\d[\d,]*(?:\.\d+)?(?!\s*%?\s*(?:confident|sure|certain|points?\b))")
_NAME = re.compile(r"(?<=[\w,;:\")] )[A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĪİŁŃŇŌŐŘŚŞŠŢŤŪŮŰŹŻŽƠƯȘȚΑ-ΩА-ЯЁЂЈЉЊЋЏІЇЄ][\w'-]+")
_QUOTED = re.compile(r"\"[^\"]{3,200}\"|「[^」]{2,}」|『[^』]{2,}』|《[^》]{2,}》")
_FORMULA = re.compile(r"(?:\s[=≈]|[)\]]\s*[*/×÷])\s(?!.*(?:\d\.\d|\d,\d{3}|[$€£]\d|million|billion))")
_UNSPACED = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_LONGER = re.compile(r"[^\W\d_]{5,}")
_MACHINE = re.compile(r"<\s*(?:unknown|unk|idk|abstain)\s*>\W*$", re.IGNORECASE)
_BUT_IN_JAPANESE = re.compile("(?:が|けど|けれど|けれども)[、,]")
_BUT_IN_KOREAN = re.compile("(?<=[\uac00-\ud7af])(지만|으나|는데|은데),? ")
_NEVER = re.compile(r"(?!)")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
FRAGMENT = 4
"""Words of a bare answer, such as "around 1950"."""
SHORT = 14
"""Words of a sentence in which a bare answer may stand beside a disclaimer."""


class _Phrases(NamedTuple):
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


Value = TypeVar("Value")


class _once(Generic[Value]):  # noqa: N801 - used as a decorator
    """A property computed once: `functools.cached_property` without its lock, which costs more than most of these."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, sentence: _Sentence, owner: type[_Sentence]) -> Value:
        value = self._compute(sentence)
        sentence.__dict__[self._name] = value
        return value


class _Sentence:
    """One sentence; what it does is found out when it matters."""

    def __init__(self, text: str, asked: str, phrases: _Phrases) -> None:
        mark = _LIST_MARK.match(text)
        self.text = text[mark.end() :].strip() if mark else text.strip()
        self.lower = self.text.lower()
        self.is_point = mark is not None
        self._asked = asked
        self._phrases = phrases

    @_once
    def part(self) -> Part:
        """What it does."""
        unstamped = _cut(self._phrases.stamps, self.text).strip()
        return _part(unstamped, self._asked.lower(), self._phrases)

    @_once
    def is_triggered(self) -> bool:
        """Holds a word without which nobody says that they do not know, or decline."""
        return _triggered(self.lower, self._phrases)

    @_once
    def is_silent(self) -> bool:
        """Says that it does not know, or declines."""
        return self.is_triggered and self.part in ("abstained", "refusal")

    @_once
    def declines(self) -> bool:
        """Names the reason for not answering: what is asked would do harm."""
        return bool(self._phrases.harm.search(self.lower))

    @_once
    def says_unknown(self) -> bool:
        """Holds a phrase of not knowing, whatever else it does."""
        return bool(self._phrases.abstained.search(self.lower))

    @_once
    def against(self) -> bool:
        """Begins against what stands before it."""
        return bool(self._phrases.contrast.search(self.lower))

    @_once
    def specific(self) -> bool:
        """Holds a number or name that the question did not."""
        return _is_specific(self.text, self._asked)

    @_once
    def concludes(self) -> bool:
        """Draws a conclusion."""
        return bool(self._phrases.conclusion.search(self.lower))

    @_once
    def complies(self) -> bool:
        """Goes on to give what was asked for, or something near it, whatever was said about it before."""
        return bool(self._phrases.complies.search(self.lower))

    @_once
    def turns_elsewhere(self) -> bool:
        """Offers something else in the place of what was asked for."""
        return bool(self._phrases.elsewhere.search(self.lower))

    @_once
    def defers(self) -> bool:
        """Asks the reader to look elsewhere."""
        return bool(self._phrases.defers.search(self.lower))

    @_once
    def is_unable(self) -> bool:
        """Says that the thing cannot be done, in languages whose table can tell."""
        return self._phrases.unable is _NEVER or bool(self._phrases.unable.search(self.lower))

    @_once
    def exemplifies(self) -> bool:
        """Opens an example, whose figures are made up."""
        return bool(self._phrases.example.search(self.lower))

    @_once
    def words(self) -> int:
        """How long it is."""
        return _count_words(self.text)

    @_once
    def cased(self) -> bool:
        """In a script that has capitals."""
        return self.lower != self.text.upper()

    @_once
    def asks(self) -> bool:
        """Ends in a question mark."""
        return self.text.endswith(("?", "？", "؟"))

    @_once
    def on_topic(self) -> bool:
        """Repeats words of the question, and speaks for itself where the language shows it."""
        return _is_on_topic(self.lower, self._asked.lower()) and _is_own(self.lower, self._phrases)

    @_once
    def moral(self) -> bool:
        """Speaks of how one ought to behave."""
        return _found(self._phrases.moral, self.lower, self._asked.lower())


BARE = 3
"""Spaces below which a text says one thing only."""


def non_answer(
    text: str,
    *,
    question: str | None = None,
    target: Sequence[str] | None = None,
    choices: Sequence[str] | None = None,
) -> Kind | None:
    """Say whether a text makes no claim, and how.

    Args:
        text: what the model answered, without its reasoning.
        question: what was asked; a number or name that it holds is nothing new in an answer.
        target: the accepted answers: a text that is one of them is an answer, whatever it says.
        choices: the options offered, likewise.

    Returns:
        "empty" (no letter or digit), "abstained", "refusal", or None where it makes a claim.
    """
    words = plain(_shortened(text))
    if not _CONTENT.search(words):
        return "empty"
    if _is_one_of(words, target) or _is_one_of(words, choices):
        return None
    if _is_plain_claim(words.lower()):
        return None
    if _TOOL_CALL.search(text):
        return "abstained"
    final = final_statement(text, question=question)
    if _is_one_of(final.text, target) or _is_one_of(final.text, choices):
        return None
    if is_bare_abstention(final.text, stated=final.stated or not final.before):
        return "refusal" if _DECLINES.search(final.text) else "abstained"
    if final.stated and final.text:
        return _detect(final.text, question)
    return _detect(_LONE_NUMBER.sub(r"\1! ", words), question)


def _detect(words: str, question: str | None) -> Kind | None:
    """What a text says as a whole, by its sentences."""
    if "<" in words and _MACHINE.search(words):
        return "abstained"
    lower = words.lower()
    # Whoever says only "I don't know" means it, even where the question holds these words too.
    asked = plain(question) if question and words.count(" ") >= BARE else ""
    for language in candidates(lower):
        phrases = _phrases(language)
        triggers = [trigger for trigger in phrases.triggers if trigger in lower]
        if triggers:
            # Its sentences hold no other triggers than the whole text does.
            phrases = phrases._replace(triggers=tuple(triggers))
            kind = _judge(_read_all(words, asked, phrases))
            if kind is not None:
                return kind
    return None


def _is_plain_claim(lower: str) -> bool:
    """Whether an English text holds none of the words without which nobody abstains or declines."""
    if not is_english(lower) or any(sign in lower for sign in _EXTRA_SIGNS):
        return False
    return not _triggered(lower, _phrases("en"))


def _triggered(lower: str, phrases: _Phrases) -> bool:
    for trigger in phrases.triggers:  # noqa: SIM110 - a bare loop is twice as fast as any() here, on the hot path
        if trigger in lower:
            return True
    return False


def _judge(sentences: list[_Sentence]) -> Kind | None:
    """Weigh the sentences: see the module's docstring for the order of evidence."""
    first = next((position for position, sentence in enumerate(sentences) if sentence.is_silent), None)
    if first is None:
        return _without_a_word_on_it(sentences)
    last = _last_word(sentences, first)
    before, disclaimer, after = sentences[:first], sentences[first], sentences[first + 1 :]
    if last > first and not any(_answers(sentence, sentences[last]) for sentence in sentences[last + 1 :]):
        return "abstained"
    if any(sentence.part == "hedged" for sentence in before):
        return None
    if any(_stands(sentence) for sentence in before):
        silent = [disclaimer, *(sentence for sentence in after if sentence.is_silent)]
        if not any(sentence.concludes or sentence.on_topic for sentence in silent):
            return None
    if any(_answers(sentence, disclaimer) for sentence in _up_to_explanation(after, disclaimer)):
        return None
    return "refusal" if disclaimer.part == "refusal" else "abstained"


def _last_word(sentences: list[_Sentence], first: int) -> int:
    """Where a text last concludes that it cannot tell: what stands before that is how it came to it."""
    for position in range(len(sentences) - 1, first, -1):
        sentence = sentences[position]
        if sentence.is_triggered and sentence.concludes and sentence.is_silent and sentence.is_unable:
            return position
    return first


def _up_to_explanation(after: list[_Sentence], disclaimer: _Sentence) -> Iterator[_Sentence]:
    """The sentences after a disclaimer; what is offered instead of it, or as how one would find out, left out."""
    if disclaimer.part == "refusal":
        yield from takewhile(lambda sentence: not sentence.turns_elsewhere, after)
        return
    opening = next((sentence for sentence in after if not sentence.is_silent), None)
    if disclaimer.part != "abstained" or opening is None or opening.part not in ("advice", "general"):
        yield from after
        return
    exemplified = False
    for sentence in after:
        exemplified = exemplified or sentence.exemplifies
        computed = sentence.specific and not exemplified and bool(_VALUE.search(sentence.text))
        if sentence.part != "claim" or sentence.against or computed or (sentence.concludes and not exemplified):
            yield sentence


def _without_a_word_on_it(sentences: list[_Sentence]) -> Kind | None:
    """Judge a text that neither says it does not know nor declines."""
    if any(sentence.part == "hedged" for sentence in sentences):
        return None
    talk = all(
        sentence.defers or (sentence.part in ("filler", "advice") and not sentence.specific) for sentence in sentences
    )
    if talk and any(sentence.part == "filler" or sentence.defers for sentence in sentences):
        return "abstained"
    if sentences[0].asks and not any(s.part == "claim" and (s.against or s.words <= FRAGMENT) for s in sentences[1:3]):
        return "abstained"  # it asks back instead of answering
    turned_away = any(sentence.moral for sentence in sentences[:2]) and sum(s.moral for s in sentences) * 3 >= len(
        sentences
    )
    return "refusal" if turned_away and not any(_stands(s) and s.specific for s in sentences) else None


def _stands(sentence: _Sentence) -> bool:
    """Whether a sentence before a disclaimer is an answer of its own."""
    if sentence.part == "claim":
        return sentence.specific or sentence.cased  # a script without capitals shows no names
    return sentence.part == "general" and sentence.specific


def _answers(sentence: _Sentence, disclaimer: _Sentence) -> bool:
    """Whether a sentence after a disclaimer is the answer all the same, and not an explanation."""
    if disclaimer.part == "refusal" or disclaimer.moral or disclaimer.declines:
        if sentence.complies:
            return True
        return sentence.against and sentence.part == "claim" and sentence.specific and not sentence.moral
    if sentence.part == "hedged":
        # "Therefore, the answer is 0" answers; "…, but without it I cannot tell" concludes that it does not.
        return not (sentence.concludes and sentence.says_unknown)
    if sentence.part == "claim":
        # Having said of this very question that it does not know, it goes on to say what it does know around it.
        new = sentence.specific and not disclaimer.on_topic
        return new or sentence.against or sentence.concludes or sentence.words <= FRAGMENT
    return sentence.against and sentence.part in ("general", "filler") and sentence.specific


def _read_all(words: str, asked: str, phrases: _Phrases) -> list[_Sentence]:
    """Sentences in order; the points of a list that advice opens are advice."""
    if _UNSPACED.search(words):
        words = _BUT_IN_JAPANESE.sub("。しかし", words)
    words = _BUT_IN_KOREAN.sub(r"\1, ", words)
    words = _QUOTED.sub(lambda found: re.sub(r"[.!?。！？]", " ", found.group()), words)
    sentences: list[_Sentence] = []
    opened: Part | None = None
    for text in _split(words):
        if not _CONTENT.search(text):
            continue
        sentence = _Sentence(text, asked, phrases)
        if not sentence.is_point:
            opened = None
            if sentence.text.endswith(":"):
                opened = _opens(sentence, phrases)
        elif opened and sentence.part == "claim":
            sentence.part = opened
        sentences.append(sentence)
    return sentences


def _split(words: str) -> Iterator[str]:
    """Cut after stops, at line breaks, and not after "e. g." or "Inc."."""
    start = 0
    for stop in _STOP.finditer(words):
        at, end = stop.start(), stop.end()
        sign = words[at]
        if sign == "\n":
            yield words[start:at]
        elif sign in "。！？।؟":
            end = at + 1
            yield words[start:end]
        elif words[end - 1].isspace() and end < len(words):
            if sign == "." and _ABBREVIATED.search(words[max(0, at - 4) : at + 1]):
                continue
            yield words[start : at + 1]
        elif sign != "." and _UNSPACED.match(words, at + 1):
            end = at + 1
            yield words[start:end]
        else:
            continue
        start = end
    yield words[start:]


def _opens(sentence: _Sentence, phrases: _Phrases) -> Part | None:
    """What the points of a list do that a sentence opens: those after "I would need the following:" claim nothing."""
    if sentence.part in ("advice", "general", "filler"):
        return sentence.part
    return "advice" if sentence.is_silent and phrases.advice.search(sentence.lower) else None


def _part(text: str, asked: str, phrases: _Phrases) -> Part:
    unquoted = _QUOTED.sub("", text)
    if _count_words(unquoted) > FRAGMENT // 2:  # what is quoted is somebody else's words
        text = unquoted
    lower = text.lower()
    if lower.endswith(("?", "？", "؟")) and not _VALUE.search(lower):
        return "filler"  # it asks back
    triggered = _triggered(lower, phrases)
    silent = triggered and _found(phrases.abstained, lower, asked)
    declined = triggered and not silent and _found(phrases.refusal, lower, asked)
    if triggered and not silent and not declined:
        silent = _found(phrases.incapable, lower, asked)
    if silent or declined:
        if silent and _has_hedged_answer(text, asked, phrases):
            return "hedged"
        return "abstained" if silent else "refusal"
    if _offers(phrases.answer, lower) or (_count_words(lower) <= SHORT // 2 and _offers(phrases.perhaps, lower)):
        return "hedged" if not phrases.advice.search(lower) else "advice"
    for part in ("advice", "filler", "general"):
        if getattr(phrases, part).search(lower):
            return "claim" if part == "filler" and _claims_beside(text, phrases) else part
    return "general" if _FORMULA.search(lower) else "claim"


def _cut(pattern: re.Pattern[str], text: str) -> str:
    """The text without what a pattern for lower-case text finds in it."""
    lower = text.lower()
    if len(lower) != len(text):  # a letter whose small form is longer: positions would not agree
        return text
    for found in reversed(list(pattern.finditer(lower))):
        text = text[: found.start()] + text[found.end() :]
    return text


def _found(pattern: re.Pattern[str], lower: str, asked: str) -> bool:
    """Whether a phrase stands there that the question did not put into the answer's mouth."""
    return any(not (len(found.group()) > 1 and found.group() in asked) for found in pattern.finditer(lower))


def _offers(pattern: re.Pattern[str], lower: str) -> bool:
    found = pattern.search(lower)
    return bool(found) and bool(_CONTENT.search(pattern.sub("", lower)))


def _has_hedged_answer(text: str, asked: str, phrases: _Phrases) -> bool:
    """Whether a sentence that says it does not know answers in another clause: "I'm not sure, 3"."""
    clauses = [clause.strip(" .!?\"'") for clause in _CLAUSES.split(text) if clause and _CONTENT.search(clause)]
    clauses = _with_contrast(clauses, phrases)
    if len(clauses) < 2:  # noqa: PLR2004 - nothing beside the disclaimer
        return False
    words = _count_words(text)
    first, later = clauses[0], clauses[1:]
    conceded = phrases.concession.search(first.lower()) and phrases.abstained.search(first.lower())
    if conceded and any(_is_statement(clause, phrases) for clause in later):
        return True
    named = any(phrases.concession.search(clause.lower()) for clause in later)
    named = named or (bool(_NAME.search(first) or _VALUE.search(first)) and _is_own(text.lower(), phrases))
    if _is_statement(first, phrases) and any(_is_remark(clause.lower(), phrases, named=named) for clause in later):
        return True
    return any(_is_bare_answer(clause, asked, phrases, words) for clause in clauses)


def _with_contrast(clauses: list[str], phrases: _Phrases) -> list[str]:
    """Clauses with a lone "but", or a "but as of 2018" that only leads up to it, put in front of the next one."""
    merged: list[str] = []
    for clause in clauses:
        turn = phrases.contrast.match(merged[-1].lower()) if merged else None
        rest = merged[-1][turn.end() :].strip().lower() if turn else "-"
        if turn and (not _CONTENT.search(rest) or phrases.subordinate.search(rest)):
            merged[-1] = f"{turn.group()} {clause}"
        else:
            merged.append(clause)
    return merged


def _is_statement(clause: str, phrases: _Phrases) -> bool:
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
    return _count_words(clause) >= FRAGMENT - 1


def _is_remark(lower: str, phrases: _Phrases, *, named: bool) -> bool:
    """Whether a clause only adds what is not known, and does not take back what was said ("…, but I cannot tell")."""
    if not phrases.abstained.search(lower):
        return False
    return bool(phrases.concession.search(lower)) or (named and not phrases.contrast.search(lower))


def _claims_beside(text: str, phrases: _Phrases) -> bool:
    """Whether a clause beside a remark to the reader claims something: "Sorry, that is wrong: it is Portuguese"."""
    clauses = [clause.lower() for clause in _CLAUSES.split(text) if clause and _CONTENT.search(clause)]
    talk = (phrases.filler, phrases.advice, phrases.general, phrases.stamps)
    plain_ones = [clause for clause in clauses if not any(pattern.search(clause) for pattern in talk)]
    return len(clauses) > 1 and any(_count_words(clause) >= FRAGMENT - 1 for clause in plain_ones)


def _is_bare_answer(clause: str, asked: str, phrases: _Phrases, words: int) -> bool:
    """Whether a clause, of a sentence of so many words, is an answer by itself."""
    lower = clause.lower()
    if phrases.abstained.search(lower) or phrases.refusal.search(lower) or phrases.advice.search(lower):
        return False
    rest = phrases.contrast.sub("", lower).strip(" ,")
    if not _CONTENT.search(rest) or (rest in asked and len(rest) > 1):
        return False
    if _offers(phrases.answer, rest) or (_count_words(rest) <= FRAGMENT + 1 and _offers(phrases.perhaps, rest)):
        return True
    if phrases.subordinate.search(rest):
        return False
    if rest != lower:
        return not phrases.filler.search(rest) or _VALUE.search(rest) is not None
    if words > SHORT or _count_words(rest) > FRAGMENT or _YEAR.fullmatch(rest):
        return False
    if phrases.filler.search(lower) or phrases.general.search(lower):
        return False
    return bool(_is_specific(clause, asked) or (words <= SHORT // 2 and clause[0].isupper()))


def _count_words(text: str) -> int:
    """Words between spaces; in Chinese and Japanese, which have none, two letters are taken for one."""
    words = len(text.split())
    return words if text.isascii() else max(words, len(_UNSPACED.findall(text)) // 2)


def _is_on_topic(lower: str, asked: str) -> bool:
    """Whether two longer words of the question, as far as their stems go, stand in the sentence."""
    stems = {word[:5] for word in _LONGER.findall(asked)}
    return len(stems & {word[:5] for word in _LONGER.findall(lower)}) > 1


def _is_own(lower: str, phrases: _Phrases) -> bool:
    """Whether the speaker says it of itself, in languages whose table can tell."""
    return phrases.first_person is _NEVER or bool(phrases.first_person.search(lower))


def _is_specific(sentence: str, asked: str) -> bool:
    known = asked.lower()
    new_value = any(found.group().strip("$€£") not in known for found in _VALUE.finditer(sentence))
    return new_value or any(found.group().lower() not in known for found in _NAME.finditer(sentence))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"


def _is_one_of(words: str, answers: Sequence[str] | None) -> bool:
    if not answers:
        return False
    bare = words.lower().strip(" .!\"'")
    return any(bare == plain(answer).lower().strip(" .!\"'") for answer in answers)


@lru_cache(maxsize=64)
def _phrases(language: str) -> _Phrases:
    source = resources.files("evalkit.abstention").joinpath("tables", f"{language}.toml")
    # Texts are compared in this form too: in Thai it writes one vowel as two signs.
    table = tomllib.loads(normalize("NFKC", source.read_text(encoding="utf-8")))
    patterns = {name: _compile(table.get(name, [])) for name in _Phrases._fields if name != "triggers"}
    return _Phrases(triggers=tuple(table["triggers"]), **patterns)


def _compile(phrases: list[str]) -> re.Pattern[str]:
    if not phrases:
        return _NEVER
    # "~" is a gap of up to four words, bounded so that no text makes the search slow.
    gap = r"(?:[\w'-]{1,30} ){0,4}"
    spelled = [phrase.replace("(?:~ ?)", gap).replace("~ ?", gap).replace("~", gap) for phrase in phrases]
    # Phrases that begin at a word's edge share that test: inside words all of them fail at once.
    edged = [f"(?:{phrase[2:]})" for phrase in spelled if phrase.startswith("\\b")]
    others = [f"(?:{phrase})" for phrase in spelled if not phrase.startswith("\\b")]
    shared = [rf"\b(?:{'|'.join(edged)})"] if edged else []
    return re.compile("|".join(shared + others))
