"""Reduce an answer to the part that commits: its sentences and clauses, and how much of the question each repeats."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from evalkit import final_statement, plain

from ._digits import plain_digits
from ._entity_words import EMPTY, overlap, unglued, words_of

_CORRECTION = re.compile(
    r"(?:^|(?<=[.!?…\n] )|(?<=\n))(?:(?:no|oh|hmm|sorry|oops),?\s+)?(?:wait\b|actually,|correction\b|scratch that"
    r"|on second thought|let me correct|i meant\b|rather,)[^\w\n]*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:well|so|sure|probably|perhaps|maybe|possibly|likely|certainly|definitely|answer|okay|ok)\b[,.:!]?\s+"
    r"|(?:i(?:'m| am) not (?:entirely |completely |fully |100% )?(?:sure|certain)[,.;]?\s*(?:but\s+)?)"
    r"|(?:i (?:think|believe|guess|would say|would guess|recall)(?:\s+that)?,?\s+)"
    r"|(?:(?:my|the) (?:best |final |short )?(?:guess|answer)(?: is| would be|:)\s*)"
    r"|(?:\w{3,}ed|sung|written|made|won|built|held)\s+by\s+"
    r"|(?:it|that|this|he|she|they|these|there)(?:'s|'d be|\s+(?:is|was|are|were|would be|has been|had been|must be))"
    r"\s+)+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"[\s,;.(–—-]+(?:(?:though|although|but)\s+(?:i\b|(?:this|that|it)\s+(?:may|might|could)\s+(?:\w+\s+){0,2}"
    r"(?:wrong|incorrect|outdated|mistaken|different|inaccurate|changed))"
    r"|i (?:believe|think|guess)|if i (?:recall|remember))[^.!?]*[.!?)]*$",
    re.IGNORECASE,
)
_STOP = re.compile(r"(?:[.!?…]+[\"')\]]*(?=\s|\d?$)|\n+|[。！？])\s*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|mr|mrs|ms|dr|st|jr|sr|no|vs|al|ca|c|approx|prof|gen|gov|sen|rep|rev|inc|ltd|co|mt|ft|feb|jan|mar"
    r"|apr|aug|sept?|oct|nov|dec|\d{1,2})\.|\b[a-z]\.[a-z]\.)$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\s*[;:—(]\s*|\s+[–-]\s+|,\s+(?=(?:and|but|while|whereas|although|though|so|with|not)\b)"
    r"|,?\s+(?=(?:but|while|whereas|although|though|however)\b)"
    r"|\s+(?=and\s+(?:later|then|now|was|is|were|(?-i:the [a-z])|it|he|she|they"
    r"|(?-i:[a-z]+)\s+(?:in|to|at|for|with|by|up|from|on|as|an?|the|his|her)\b))"
    r"|,\s+(?=(?:he|she|they|it|who|which|where|when|today|later|then)\b)",
    re.IGNORECASE,
)
_COMMA = re.compile(r",\s+(?!\d{4}\b|\d{3}\b)")
VERB = re.compile(
    r"\b(?:is|was|are|were|has|had|have|did|does|do|will|would|can|became|plays|played|won|wrote|said|sang|made|born)\b",
    re.IGNORECASE,
)
_ACTION = re.compile(r"\b[a-z]{3,}ed\s+(?:it|the|him|her|them|by|in|at|for|from|to|as)\b")
_CONNECTED = re.compile(
    r"\b(?:not|never|or|nebo|oder|ou|but|although|though|either|neither|rather|instead)\b|;|[^\W\d_]{3}[.?!] ",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:who|whose|whom|kdo|koho|komu|kým|wer|wen|qui|quién|quien|quem|chi|кто|actor|actress|singer|player|author"
    r"|(?:which|what|whose|name of the) (?:\w+ )?(?:president|king|queen|director|writer|poet|composer|artist|scientist"
    r"|painter|politician|person|man|woman|apostle|musician|mathematician|physicist|chemist|athlete|philosopher))\b"
)
_IN_FULL = re.compile(
    r"\b(?:full (?:\w+ )?name|birth name|middle|cel\w+ (?:rodn\w+ )?jmén\w+|rodn\w+ jmén\w+|plný název)\b"
)
_PLURAL = re.compile(r"\b(?:which|what) (?:are|were|\w+ ?\w*s (?:are|were|do|did|have|border))\b|\blist\b|\bwho were\b")
_FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}")
_DOLLAR = re.compile(r"\b(?:US|A|C|NZ|HK)\$\s?")
_HEADING = re.compile(r"\s*([^:!?\n]{4,120}):\s+(?=\S)")
LONG = 150
"""From this length, in words, an answer is reasoning that ends in its claim."""
LONGEST = 4000
"""How many of the last characters of such an answer are read."""
BARE = 8
"""Longest bare answer, in words."""


class Verdict(Enum):
    """What the rules can decide."""

    MATCH = "match"
    NO_MATCH = "no match"
    CANT_TELL = "can't tell"


class Relation(Enum):
    """How a mention relates to the accepted answer."""

    SAME = "same"
    NEAR = "near"
    """Possibly the same: less precise, a part of it, or spelled differently."""
    OTHER = "other"
    """A different thing of the same type."""


class Mention(NamedTuple):
    """A mention of something of the accepted answer's type."""

    start: int
    end: int
    relation: Relation


class Span(NamedTuple):
    """A stretch of the text."""

    start: int
    end: int

    def holds(self, mention: Mention) -> bool:
        """Whether a mention lies in it."""
        return self.start <= mention.start < self.end


@dataclass(frozen=True)
class Said:
    """An answer, reduced to the part that commits."""

    text: str
    question: str
    stated: bool
    """Whether the text introduces its answer explicitly, so that nothing around it counts."""

    @cached_property
    def bare(self) -> bool:
        """Whether it is a bare answer."""
        short = "\n" not in self.text and len(self.text.split()) <= BARE
        return short and not any(found.search(self.text) for found in (VERB, _ACTION, _CONNECTED))

    @cached_property
    def asked(self) -> frozenset[str]:
        """The content words of the question."""
        return frozenset(word.key for word in words_of(self.question)) - EMPTY

    @cached_property
    def about_person(self) -> bool:
        """Whether the question asks for a person."""
        return bool(_PERSON.search(self.question.lower()))

    @cached_property
    def in_full(self) -> bool:
        """Whether the question asks for the full name, so that a part is not enough."""
        return bool(_IN_FULL.search(self.question.lower()))

    @cached_property
    def plural(self) -> bool:
        """Whether the question asks for several things."""
        return bool(_PLURAL.search(self.question.lower()))

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences in order."""
        spans, start = [], 0
        for stop in _STOP.finditer(self.text):
            if "\n" in stop.group() or not _ABBREVIATION.search(self.text[start : stop.start() + 1]):
                spans.append(Span(start, stop.end()))
                start = stop.end()
        if start < len(self.text):
            spans.append(Span(start, len(self.text)))
        return [span for span in spans if self.text[span.start : span.end].strip(" .\n")]

    def clauses(self, sentence: Span, *, commas: bool = False) -> list[Span]:
        """The clauses of a sentence in order; with `commas`, its parts between commas too."""
        places = [sentence.start]
        places += [found.start() for found in _CLAUSE.finditer(self.text, sentence.start, sentence.end)]
        if commas:
            places += [found.start() for found in _COMMA.finditer(self.text, sentence.start, sentence.end)]
        places.sort()
        places.append(sentence.end)
        return [Span(start, end) for start, end in pairwise(places) if end > start]

    def anchors(self, span: Span) -> int:
        """How many words of the question a stretch repeats."""
        keys = {word.key for word in words_of(self.text[span.start : span.end])} - EMPTY
        return overlap(self.asked, keys)

    def matter(self, span: Span) -> int:
        """How many words of the question, names excluded, a stretch repeats."""
        keys = {word.key for word in words_of(self.text[span.start : span.end]) if not word.capital} - EMPTY
        return overlap(self.asked, keys)

    def sentence_of(self, mention: Mention) -> Span:
        """The sentence that contains a mention."""
        return next((span for span in self.sentences if span.holds(mention)), Span(0, len(self.text)))


def read(text: str, question: str) -> Said:
    """Reduce an answer to the part that commits: the stated answer, else the text after the last correction.

    Args:
        text: the answer as the model wrote it.
        question: the prompt.
    """
    ending = final_statement(text, question=question)
    stated = ending.stated and any(char.isalnum() for char in ending.text)
    words = unglued(plain_digits(plain(_DOLLAR.sub("USD ", ending.text if stated else text))))
    words = _FRACTION.sub(r"\1/\2", words)
    corrected = list(_CORRECTION.finditer(words))
    if corrected and words[corrected[-1].end() :].strip():
        words = words[corrected[-1].end() :]
    words = _without_heading(words, question)
    if not stated and len(words.split()) > LONG:
        words = words.rstrip().rpartition("\n\n")[2][-LONGEST:]
    bare = _TAIL.sub("", _LEAD.sub("", words)).strip(" \"'.,;:()[]{}<>")
    return Said(bare if bare and len(bare.split()) <= BARE else words.strip(), plain(question), stated)


def _without_heading(words: str, question: str) -> str:
    """Drop a restatement of the question before a colon ("Location of the tower: Paris")."""
    match = _HEADING.match(words)
    if match is None:
        return words
    heading = [word for word in words_of(match.group(1)) if word.key not in EMPTY]
    question_keys = {word.key for word in words_of(question)}
    new = [word for word in heading if word.capital and not overlap({word.key}, question_keys)]
    repeated = overlap({word.key for word in heading}, question_keys)
    return words[match.end() :] if repeated * 2 >= len(heading) > 0 and len(new) <= 1 else words
