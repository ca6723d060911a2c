"""Split a text into sentences and classify each: it abstains, declines, hedges, claims or advises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

from evalkit.abstention.clauses import FRAGMENT, SHORT, claims_beside, has_hedged_answer
from evalkit.abstention.measures import CONTENT, QUOTED, UNSPACED, VALUE, count_words, is_on_topic, is_specific
from evalkit.abstention.phrases import NEVER, Phrases, cut_out, is_own, is_said, is_triggered, offers

Part = Literal["abstained", "refusal", "hedged", "filler", "advice", "general", "claim"]
_STOP = re.compile("[.!?\n。！？।؟][\"')\\]]*\\s*")
_ABBREVIATED = re.compile(r"\b(?:\d{1,2}|[A-Z]|al|vs|Inc)\.$")
_NAME_ASKED = re.compile(r"(?:[^\W\d_a-z][\w'.-]+\s){1,2}[^\W\d_a-z][\w'.-]+\?")
"""A guess: "Erik Moen?"."""
_LIST_MARK = re.compile(r"^\s*(?:\d+[.)]|[-*•>])\s+")
_FORMULA = re.compile(r"(?:\s[=≈]|[)\]]\s*[*/×÷])\s(?!.*(?:\d\.\d|\d,\d{3}|[$€£]\d|million|billion))")
_BUT_IN_JAPANESE = re.compile("(?:が|けど|けれど|けれども)[、,]")
_BUT_IN_KOREAN = re.compile("(?<=[\uac00-\ud7af])(지만|으나|는데|은데),? ")
Value = TypeVar("Value")


class _once(Generic[Value]):  # noqa: N801 - used as a decorator
    """A property computed once: `functools.cached_property` without its lock, which costs more than most of these."""

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute = compute
        self._name = compute.__name__
        self.__doc__ = compute.__doc__

    def __get__(self, sentence: Sentence, owner: type[Sentence]) -> Value:
        value = self._compute(sentence)
        sentence.__dict__[self._name] = value
        return value


class Sentence:
    """One sentence; its properties are computed on demand."""

    def __init__(self, text: str, asked: str, phrases: Phrases) -> None:
        mark = _LIST_MARK.match(text)
        self.text = text[mark.end() :].strip() if mark else text.strip()
        self.lower = self.text.lower()
        self.is_point = mark is not None
        self._asked = asked
        self._phrases = phrases

    @_once
    def part(self) -> Part:
        """The role of the sentence."""
        unstamped = cut_out(self._phrases.stamps, self.text).strip()
        return _part(unstamped, self._asked.lower(), self._phrases)

    @_once
    def is_triggered(self) -> bool:
        """Has a word that occurs in every abstention or refusal."""
        return is_triggered(self.lower, self._phrases)

    @_once
    def may_hedge(self) -> bool:
        """Holds a word without which it gives no answer with a hedge."""
        phrases, lower = self._phrases, self.lower
        return self.is_triggered or bool(phrases.answer.search(lower) or phrases.perhaps.search(lower))

    @_once
    def is_silent(self) -> bool:
        """Says that it does not know, or declines."""
        return self.is_triggered and self.part in ("abstained", "refusal")

    @_once
    def declines(self) -> bool:
        """Declines because answering would do harm."""
        return bool(self._phrases.harm.search(self.lower))

    @_once
    def says_unknown(self) -> bool:
        """Has a phrase of not knowing, whatever else it says."""
        return bool(self._phrases.abstained.search(self.lower))

    @_once
    def against(self) -> bool:
        """Begins with a contrast to the preceding text."""
        return bool(self._phrases.contrast.search(self.lower))

    @_once
    def specific(self) -> bool:
        """Has a number or name that the question lacks."""
        return is_specific(self.text, self._asked)

    @_once
    def concludes(self) -> bool:
        """Draws a conclusion."""
        return bool(self._phrases.conclusion.search(self.lower))

    @_once
    def complies(self) -> bool:
        """Goes on to give the requested answer, or something close, despite earlier disclaimers."""
        return bool(self._phrases.complies.search(self.lower))

    @_once
    def turns_elsewhere(self) -> bool:
        """Offers something else instead of the requested answer."""
        return bool(self._phrases.elsewhere.search(self.lower))

    @_once
    def defers(self) -> bool:
        """Asks the reader to look elsewhere."""
        return bool(self._phrases.defers.search(self.lower))

    @_once
    def is_unable(self) -> bool:
        """Says that the request cannot be fulfilled, in languages whose table can tell."""
        return self._phrases.unable is NEVER or bool(self._phrases.unable.search(self.lower))

    @_once
    def exemplifies(self) -> bool:
        """Introduces an example, whose figures are made up."""
        return bool(self._phrases.example.search(self.lower))

    @_once
    def words(self) -> int:
        """Its length in words."""
        return count_words(self.text)

    @_once
    def cased(self) -> bool:
        """Is in a script with capital letters."""
        return self.lower != self.text.upper()

    @_once
    def asks(self) -> bool:
        """Ends in a question mark."""
        return self.text.endswith(("?", "？", "؟"))

    @_once
    def on_topic(self) -> bool:
        """Repeats words of the question, and is about the speaker in languages that mark it."""
        return is_on_topic(self.lower, self._asked.lower()) and is_own(self.lower, self._phrases)

    @_once
    def speaks(self) -> bool:
        """Speaks of the speaker, in languages whose table can tell."""
        return is_own(self.lower, self._phrases)

    @_once
    def moral(self) -> bool:
        """Is about how one ought to behave."""
        return is_said(self._phrases.moral, self.lower, self._asked.lower())


def read_sentences(words: str, asked: str, phrases: Phrases) -> list[Sentence]:
    """Sentences in order; the items of a list introduced by advice are advice."""
    if UNSPACED.search(words):
        words = _BUT_IN_JAPANESE.sub("。しかし", words)
    words = _BUT_IN_KOREAN.sub(r"\1, ", words)
    words = QUOTED.sub(lambda found: re.sub(r"[.!?。！？]", " ", found.group()), words)
    sentences: list[Sentence] = []
    opened: Part | None = None
    for text in _split(words):
        if not CONTENT.search(text):
            continue
        sentence = Sentence(text, asked, phrases)
        if not sentence.is_point:
            opened = None
            if sentence.text.endswith(":"):
                opened = _opens(sentence, phrases)
        elif opened and sentence.part == "claim":
            sentence.part = opened
        sentences.append(sentence)
    return sentences


def _split(words: str) -> Iterator[str]:
    """Split after sentence punctuation and at line breaks, but not after "e. g." or "Inc."."""
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
            if sign == "." and words[at - 1].isdigit() and words[end].islower():
                continue  # an ordinal in Czech or German
            if sign == "." and "\n" not in words[at:end] and _ABBREVIATED.search(words[max(0, at - 4) : at + 1]):
                continue
            yield words[start : at + 1]
        elif sign != "." and UNSPACED.match(words, at + 1):
            end = at + 1
            yield words[start:end]
        else:
            continue
        start = end
    yield words[start:]


def _opens(sentence: Sentence, phrases: Phrases) -> Part | None:
    """The role of the items of a list that a sentence introduces: after "I would need the following:" none claims."""
    if sentence.part in ("advice", "general", "filler"):
        return sentence.part
    return "advice" if sentence.is_silent and phrases.advice.search(sentence.lower) else None


def _part(text: str, asked: str, phrases: Phrases) -> Part:
    unquoted = QUOTED.sub("", text)
    if count_words(unquoted) > FRAGMENT // 2:  # a quotation is somebody else's words
        text = unquoted
    lower = text.lower()
    if lower.endswith(("?", "？", "؟")) and not VALUE.search(lower):
        if _NAME_ASKED.fullmatch(text):
            return "hedged"  # "Erik Moen?"
        return "filler"  # a counter-question
    triggered = is_triggered(lower, phrases)
    silent = triggered and is_said(phrases.abstained, lower, asked)
    declined = triggered and not silent and is_said(phrases.refusal, lower, asked)
    if triggered and not silent and not declined:
        silent = is_said(phrases.incapable, lower, asked)
    if silent or declined:
        if silent and has_hedged_answer(text, asked, phrases):
            return "hedged"
        return "abstained" if silent else "refusal"
    if offers(phrases.answer, lower) or (count_words(lower) <= SHORT // 2 and offers(phrases.perhaps, lower)):
        return "hedged" if not phrases.advice.search(lower) else "advice"
    for part in ("advice", "filler", "general"):
        if getattr(phrases, part).search(lower):
            return "claim" if part == "filler" and claims_beside(text, phrases) else part
    return "general" if _FORMULA.search(lower) else "claim"
