"""What an answer commits to: which of the things it mentions is its claim.

A mention is denied ("not X"), offered beside another ("X or Y"), or made in passing ("although many say X", "he
succeeded X"); what is left stands in clauses, of which the one that repeats most of the question's words holds the
claim. Where two claims are left, or none, nobody can tell by rules.
"""

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


class Verdict(Enum):
    """What rules can say."""

    MATCH = "match"
    NO_MATCH = "no match"
    CANT_TELL = "can't tell"


class Relation(Enum):
    """How a thing that is mentioned stands to the accepted answer."""

    SAME = "same"
    NEAR = "near"
    """Perhaps the same: less precise, a part of it, spelled otherwise."""
    OTHER = "other"
    """Another thing of the same type."""


class Mention(NamedTuple):
    """Something of the accepted answer's type that an answer mentions."""

    start: int
    end: int
    relation: Relation


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
_DENIED = re.compile(
    r"(?:\b(?:not(?! (?:only|just|merely))|never|neither|nor|rather than|instead of|unlike|except(?: for)?|other than"
    r"|apart from|as opposed to|no longer)|n't)\s+(?:\w+\s+){0,2}[\"'(]*$",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(r"^[\"')]*\s+(?:(?:is|was|are|were|did|does|do|has|had)(?:\s+not|n't)|never)\b(?!\s+only)")
PASSING = re.compile(
    r"\b(?:although|though|many (?:people )?(?:say|think|believe|assume|claim)|some (?:say|think|believe|sources|claim)"
    r"|(?:often|sometimes|commonly|frequently) (?:\w+\s+)?(?:confused|mistaken|thought|believed|misattributed|assumed)"
    r"|contrary to|not to be confused|confused with|mistaken for|compared (?:to|with)|similar to|in contrast to"
    r"|(?:formerly|previously) (?:known|called|named|by|the)|(?:sometimes|mistakenly|wrongly|falsely) (?:attributed|credited|ascribed|said))\b[^.;)]*$",
    re.IGNORECASE,
)
OBJECT = re.compile(
    r"\b(?:succeed(?:ed|ing|s)?|replac(?:ed|ing|es)|defeat(?:ed|ing|s)?|beat(?:ing|s)?|preced(?:ed|ing|es)"
    r"|follow(?:ed|ing|s)|before|(?<!named )after|over|against|than|besides|unlike|like|near|outside|close to|married to"
    r"|during the presidency of|under|moved to|moved from"
    r"|(?:son|daughter|wife|husband|brother|sister|friend|father|mother|student|pupil|teacher|widow|nephew|cousin|partner"
    r"|member|suburb|north|south|east|west|rival|assistant) (?:of|to))\s+(?:\w+\s+){0,2}"
    r"(?:the\s+|president\s+|king\s+|queen\s+|actor\s+|singer\s+)?[\"'(]*$",
    re.IGNORECASE,
)
"""What makes a name the object of another: somebody's pupil, the town near it, whom somebody succeeded."""
_OR = re.compile(
    r"\b(?:or|nebo|oder|ou|lub|или)\s+(?:(?:possibly|maybe|perhaps|even|rather)\s+)?(?:(?:the|an?|in|on|at)\s+)?[\"'(]*$",
    re.IGNORECASE,
)
_OR_BEHIND = re.compile(
    r"^[\"')]*,?\s*(?:(?:or|nebo|oder|ou|lub|или)\b(?! (?:so|more|less|later|earlier|simply|just))|/\s?\w)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"\b(?:called|named|known as|referred to as|term (?:for|is)|name (?:for|of|is)|means|meaning|word)\b", re.IGNORECASE
)
"""Where two names joined by "or" are two names of one thing."""
_OF_OBJECT = re.compile(r"\b(?:who|whom|what|which)\b.*\b(?:did|does|do)\b", re.IGNORECASE)
"""Asks for the object of what somebody did, not for who did it."""
_PERHAPS = re.compile(r"\b(?:possibly|perhaps|maybe|could be|might be|may be|may have been)\b", re.IGNORECASE)
_EITHER = re.compile(r"\b(?:either|between|whether|one of)\b[^.;]*$", re.IGNORECASE)
_VERB = re.compile(
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
_BETWEEN = (
    r"(?:(?!(?:and|or|than|with|not|to|for|from|near|after|before|against|under|like|who|which|that|of)\b)[\w'.-]+\s+"
    r"|(?:city|town|village|state|region|province|island|country|nation|planet|name|title|form|role|part|character) of\s+){0,6}[\"'(]*$"
)
_AGENT = re.compile(
    rf"\bby\s+(?:(?!who|which|that|with|from|after)[\w'.-]+,?\s+){{0,8}}[\"'(]*$"
    r"|\bfrom the (?:[\w-]+ ){0,3}(?:movie|film|book|novel|album|series|show|play|musical|opera),?\s+[\"'(]*$"
    rf"|\b(?:(?:awarded|given|attributed|credited|belong(?:s|ed)?|went|goes|due) to|named|called|as)\s+{_BETWEEN}|\b(?:is|was|are|were|je|byl|byla|bylo|byli)\s+(?:(?:of|from|in|at)\s+)?{_BETWEEN}|:\s+$"
)
"""What stands before a name that says who or what it was, whatever the sentence began with."""
OFFERS = re.compile(r"\b(?:or|and|vs\.?|versus|between|nebo|mezi|oder|ou)\b", re.IGNORECASE)
"""What a question holds that names what can be chosen from."""
_REBUTTAL = re.compile(r"\b(?:never|did not|didn't|was not|wasn't|has not|hasn't|no such|nikdy)\b", re.IGNORECASE)
_TITLED = re.compile(r"^(?:\s*(?:the|a|an|sir|dr\.?|king|queen|president|general|colonel|captain|[\"'(]))+\s", re.IGNORECASE)
_PREDICATE = re.compile(rf"\b(?:in|at|on|over|with|v|ve|na)\s+{_BETWEEN}|{_AGENT.pattern}")
"""What stands before a name that says who or what it was: "is", "was won by", "in the city of"."""
STATED = "an accepted answer is stated"
LONG = 150
"""Words from which on an answer is a train of thought that ends in its claim."""
OTHER = "another answer"
BARE = 8
"""Words of an answer that is nothing but the answer."""


_FRACTION = re.compile(r"\\[dt]?frac\{(\d+)\}\{(\d+)\}")
_DOLLAR = re.compile(r"\b(?:US|A|C|NZ|HK)\$\s?")
_HEADING = re.compile(r"\s*([^:!?\n]{4,120}):\s+(?=\S)")


class Span(NamedTuple):
    """A stretch of the text."""

    start: int
    end: int

    def holds(self, mention: Mention) -> bool:
        """Whether a mention stands in it."""
        return self.start <= mention.start < self.end


@dataclass(frozen=True)
class Said:
    """An answer, reduced to what commits."""

    text: str
    question: str
    stated: bool
    """Whether the answer is introduced as such, so that nothing around it counts."""

    @cached_property
    def bare(self) -> bool:
        """Whether it is nothing but the answer."""
        short = "\n" not in self.text and len(self.text.split()) <= BARE
        return short and not any(found.search(self.text) for found in (_VERB, _ACTION, _CONNECTED))

    @cached_property
    def asked(self) -> frozenset[str]:
        """The words of the question that carry something."""
        return frozenset(word.key for word in words_of(self.question)) - EMPTY

    @cached_property
    def about_person(self) -> bool:
        """Whether the question asks for a person."""
        return bool(_PERSON.search(self.question.lower()))

    @cached_property
    def in_full(self) -> bool:
        """Whether the question asks for a name in full, so that a part of it is not enough."""
        return bool(_IN_FULL.search(self.question.lower()))

    @cached_property
    def plural(self) -> bool:
        """Whether the question asks for several things."""
        return bool(_PLURAL.search(self.question.lower()))

    @cached_property
    def sentences(self) -> list[Span]:
        """Its sentences in order."""
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
        said = {word.key for word in words_of(self.text[span.start : span.end])} - EMPTY
        return overlap(self.asked, said)

    def matter(self, span: Span) -> int:
        """How many words of the question a stretch repeats that are no names: what is asked, not of whom."""
        said = {word.key for word in words_of(self.text[span.start : span.end]) if not word.capital} - EMPTY
        return overlap(self.asked, said)

    def sentence_of(self, mention: Mention) -> Span:
        """The sentence that a mention stands in."""
        return next((span for span in self.sentences if span.holds(mention)), Span(0, len(self.text)))


def read(text: str, question: str) -> Said:
    """Reduce an answer to what commits: what is stated as the answer, else what stands after the last correction.

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
        words = words.rstrip().rpartition("\n\n")[2]
    bare = _TAIL.sub("", _LEAD.sub("", words)).strip(" \"'.,;:()[]{}<>")
    return Said(bare if bare and len(bare.split()) <= BARE else words.strip(), plain(question), stated)


def _without_heading(words: str, question: str) -> str:
    """An answer without the question restated before a colon ("Location of the tower: Paris")."""
    found = _HEADING.match(words)
    if found is None:
        return words
    said = [word for word in words_of(found.group(1)) if word.key not in EMPTY]
    asked = {word.key for word in words_of(question)}
    new = [word for word in said if word.capital and not overlap({word.key}, asked)]
    repeated = overlap({word.key for word in said}, asked)
    return words[found.end() :] if repeated * 2 >= len(said) > 0 and len(new) <= 1 else words


def decide(said: Said, mentions: list[Mention], *, values: bool, several: bool = False) -> tuple[Verdict, str]:
    """Which mention is the claim, and whether it is the accepted answer.

    Args:
        said: the answer.
        mentions: what it mentions of the accepted answer's type, by place.
        values: whether they are numbers or dates rather than names.
        several: whether several different things are accepted, so that one of a list is right.

    Returns:
        The verdict, and why.
    """
    standing = [mention for mention in mentions if not _is_denied(said, mention)]
    same = [mention for mention in standing if mention.relation is Relation.SAME]
    others = [mention for mention in standing if mention.relation is Relation.OTHER]
    if not same:
        return _without_same(mentions, standing)
    several = several or said.plural
    if not several and (offered := _alternatives(said, same, standing)):
        return offered
    passing = [mention for mention in same if _in_passing(said, mention, values=values)]
    if len(passing) == len(same):
        return Verdict.CANT_TELL, "the accepted answer is mentioned in passing"
    same = [mention for mention in same if mention not in passing]
    if _rebuts(said, same):
        return Verdict.CANT_TELL, "what was asked is denied first"
    if _stands_first(said, same) and not several:
        return Verdict.NO_MATCH, "another answer stands first"
    if not others or (several and not values):
        return Verdict.MATCH, STATED
    lead = said.sentence_of(min(same + others, key=lambda mention: mention.start))
    if not any(lead.holds(mention) for mention in same):
        return _later(said, lead, same)
    here = [mention for mention in same if lead.holds(mention)]
    there = [mention for mention in others if lead.holds(mention)]
    if not there:
        return Verdict.MATCH, STATED
    return _weigh_values(said, lead, here, there) if values else _weigh_names(said, lead, here, there)


def _without_same(mentions: list[Mention], standing: list[Mention]) -> tuple[Verdict, str]:
    if any(mention.relation is Relation.NEAR for mention in standing):
        return Verdict.CANT_TELL, "something near the accepted answer is said"
    if any(mention.relation is Relation.SAME for mention in mentions):
        return Verdict.NO_MATCH, "the accepted answer is denied"
    if standing:
        return Verdict.NO_MATCH, OTHER
    return Verdict.CANT_TELL, "the accepted answer is not there in its own words"


def _rebuts(said: Said, same: list[Mention]) -> bool:
    """Whether the first sentence denies what was asked, and the accepted answer stands only behind it."""
    first = said.sentences[0] if len(said.sentences) > 1 else None
    if first is None or any(first.holds(mention) for mention in same):
        return False
    denied = _REBUTTAL.search(said.text[first.start : first.end])
    return bool(denied) and said.matter(first) + said.anchors(first) >= 3  # noqa: PLR2004 - of what was asked


def claims_asked(said: Said, same: list[Mention]) -> bool:
    """Whether one of several things that the question names is picked: it opens the answer, or is said to be it.

    Args:
        said: the answer.
        same: mentions of the accepted one.
    """
    for mention in same:
        sentence = said.sentence_of(mention)
        before = said.text[sentence.start : mention.start]
        pair = re.search(r"\b(?:and|or|vs\.?|a|nebo|between)\s+$", before) or re.match(
            r"[\"')]*\s+(?:and|or|vs\.?|a|nebo)\b", said.text[mention.end :]
        )
        if not pair and (not _TITLED.sub("", f"{before} ").strip(" \"'(") or _AGENT.search(before)):
            return True
    return False


def _stands_first(said: Said, same: list[Mention]) -> bool:
    """Whether a bare answer in a sentence of its own stands before the accepted one."""
    first = said.sentences[0] if len(said.sentences) > 1 else None
    if first is None or any(first.holds(mention) for mention in same):
        return False
    text = said.text[first.start : first.end].strip()
    words = words_of(text)
    short = 0 < len([word for word in words if word.key not in EMPTY]) <= 3  # noqa: PLR2004 - a name
    greets = bool(words) and words[0].key in {
        "yes",
        "no",
        "sure",
        "okay",
        "ok",
        "well",
        "hello",
        "hi",
        "great",
        "good",
        "thanks",
        "hmm",
    }
    return short and text.endswith(".") and not _VERB.search(text) and not greets and not said.anchors(first)


def _later(said: Said, lead: Span, same: list[Mention]) -> tuple[Verdict, str]:
    """Something else stands in the sentence that speaks first."""
    sentences = [said.sentence_of(mention) for mention in same]
    ours = max(map(said.anchors, sentences))
    if ours > 0 and ours >= said.anchors(lead):
        return Verdict.MATCH, STATED
    if max(map(said.matter, sentences)) > said.matter(lead):
        return Verdict.MATCH, STATED
    first = said.text[lead.start : lead.end]
    if len(first.split()) <= BARE and not _VERB.search(first):
        return Verdict.NO_MATCH, "another answer stands first"
    return Verdict.CANT_TELL, "something else stands before the accepted answer"


def _weigh_values(said: Said, lead: Span, here: list[Mention], there: list[Mention]) -> tuple[Verdict, str]:
    """Two numbers or dates in a sentence: the clause that repeats most of the question holds the claim, else the first."""
    clauses = said.clauses(lead, commas=True)
    weights = [(clause, (said.matter(clause), said.anchors(clause))) for clause in clauses]
    ours = max(weight for clause, weight in weights if any(clause.holds(mention) for mention in here))
    theirs = max(weight for clause, weight in weights if any(clause.holds(mention) for mention in there))
    begins = here[0].start < there[0].start
    if ours > theirs or (ours == theirs and begins):
        return Verdict.MATCH, STATED
    if theirs > ours and not begins:
        return Verdict.NO_MATCH, "another answer, the accepted one beside it"
    return Verdict.CANT_TELL, "two answers, and no telling which is meant"


def _weigh_names(said: Said, lead: Span, here: list[Mention], there: list[Mention]) -> tuple[Verdict, str]:
    """Two names in a sentence: in a clause of its own the accepted one says as much of what was asked; in one clause it
    stands first, or where the sentence says who or what it was."""
    clauses = said.clauses(lead)
    weights = {clause: (said.matter(clause), said.anchors(clause)) for clause in clauses}
    ours = max((c for c in clauses if any(c.holds(m) for m in here)), key=weights.__getitem__)
    theirs = max((c for c in clauses if any(c.holds(m) for m in there)), key=weights.__getitem__)
    opens = not said.text[lead.start : there[0].start].strip(" \"'(")
    if opens and ours != theirs and not _VERB.search(said.text[theirs.start : theirs.end]):
        return Verdict.CANT_TELL, "two answers, and no telling which is meant"
    claimed = opens or any(_PREDICATE.search(said.text[theirs.start : m.start]) for m in there if theirs.holds(m))
    own = ours == theirs or said.matter(ours) > 0 or not claimed
    if own and any(_AGENT.search(said.text[ours.start : m.start]) for m in here if ours.holds(m)):
        return Verdict.MATCH, STATED
    if not _TITLED.sub("", said.text[lead.start : here[0].start]).strip(" \"'("):
        return Verdict.MATCH, STATED
    if ours != theirs and weights[theirs] > weights[ours] and there[0].start < here[0].start:
        beside = (Verdict.NO_MATCH, "another answer, the accepted one beside it")
        return beside if claimed else (Verdict.CANT_TELL, "two answers, and no telling which is meant")
    if all(_PERHAPS.search(said.text[lead.start : m.start][-20:]) for m in (here[0], there[0])):
        return Verdict.NO_MATCH, "two answers are offered"
    if here[0].start < there[0].start and weights[ours] >= weights[theirs]:
        return Verdict.MATCH, STATED
    if not opens and any(_PREDICATE.search(said.text[ours.start : m.start]) for m in here if ours.holds(m)):
        return Verdict.MATCH, STATED
    if ours != theirs and weights[ours] > weights[theirs]:
        return Verdict.MATCH, STATED
    return Verdict.CANT_TELL, "two answers, and no telling which is meant"


def _alternatives(said: Said, same: list[Mention], standing: list[Mention]) -> tuple[Verdict, str] | None:
    """Whether the accepted answer is offered beside another."""
    for one, other in pairwise(sorted(same, key=lambda mention: mention.start)):
        if re.fullmatch(r"[\"')]*,?\s+or\s+(?:the\s+|an?\s+)?[\"'(]*", said.text[one.end : other.start]):
            return None
    for mention in same:
        before, behind = said.text[: mention.start], said.text[mention.end :]
        if not (_OR.search(before) or _OR_BEHIND.search(behind)):
            return None
    beside = [m for m in standing if m.relation is not Relation.SAME]
    sentence = said.sentence_of(same[0])
    before = said.text[sentence.start : same[0].start]
    if _NAMED.search(before) and not _EITHER.search(before):
        return None
    if said.bare or _EITHER.search(before) or any(sentence.holds(mention) for mention in beside):
        return Verdict.NO_MATCH, "two answers are offered"
    return Verdict.CANT_TELL, "two answers are offered"


def _is_denied(said: Said, mention: Mention) -> bool:
    sentence = said.sentence_of(mention)
    if _DENIED.search(said.text[max(sentence.start, mention.start - 60) : mention.start]):
        return True
    return bool(_DENIED_BEHIND.match(said.text[mention.end : sentence.end]))


def _owns(said: Said, mention: Mention) -> bool:
    """Whether a name only says whose something is that was not asked for: "Marta's teacher"."""
    ends = said.text[: mention.end].endswith("'s")
    found = re.match(r"\s+([a-z]\w*)" if ends else r"'s?\s+([a-z]\w*)", said.text[mention.end :])
    if found is None:
        return ends and not said.question.lower().startswith("whose")
    return not overlap({found.group(1)}, said.asked) and "whose" not in said.question.lower()


def _in_passing(said: Said, mention: Mention, *, values: bool) -> bool:
    sentence = said.sentence_of(mention)
    clause = next((span for span in said.clauses(sentence) if span.holds(mention)), sentence)
    before = said.text[clause.start : mention.start]
    hedge = PASSING.search(before)
    if hedge and not overlap({hedge.group().split()[0].lower()}, said.asked):
        return True
    if values:
        return False
    if _owns(said, mention):
        return True
    if _OF_OBJECT.search(said.question):
        return False
    found = OBJECT.search(before)
    return found is not None and not overlap({found.group().split()[0].lower()}, said.asked)
