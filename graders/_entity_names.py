"""Find where an answer mentions the accepted name, a similar one, or other names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from evalkit import simplify

from ._entity_forms import JOINED, LETTER, SUFFIX, abbreviates, forms_of, is_proper, reads
from ._entity_people import is_person, people_mentions
from ._entity_said import Mention, Relation, Said
from ._entity_words import EMPTY, STARTS, Word, content, near, overlap, unspaced, words_of

_SMALL = "of|the|de|la|le|du|von|van|der|den|di|da|del|and|&|y|e"
_NAME = r"[^\W\d_a-z][^\W_]*(?:['’.-]?[^\W_]+)*"
_RUN = re.compile(rf"(?<![^\W_]){_NAME}(?:(?:(?<![^\W\d_]{{2}})\.)?\s+(?:(?:{_SMALL})\s+)*{_NAME})*")
_PLACED = re.compile(r"\b(?:in|on|at|from)\s+(?:the\s+)?[\"']?$")
"""Words that precede a place or a show when the question asks for a person."""
_NOUN = (
    r"(?:(?!after|under|over|other|never|later|earlier|either)[a-z-]{3,}(?:er|or)|[a-z-]+(?:ist|ian|ess|man|woman|back|cian)"
    r"|star|king|queen|poet|chef|pilot|coach|band|group|film|movie|novel|series|city|town|river|company)"
)
_ROLE = re.compile(rf"\s+(?:[a-z-]+\s+){{0,2}}{_NOUN}\s+[\"'(]*")
"""Words between a description and a name: "the Swedish botanist Carl"."""
_SOURCE = re.compile(r"(?:^|[.!?\n]\s+)(?:according to|as of|based on|per)\b[^,]*$", re.IGNORECASE)
"""Words that precede the name of a source."""
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_WITHIN = re.compile(r",? (?:(?:in|at) )?(?:the )?(?:[A-Z]\w+(?: [A-Z]\w+)?, )*")
"""Text between a place and the larger one that contains it: "an inn in Bath, England"."""
_TITLE = re.compile(r"(?::| [-–])\s+(?:[\w ]+ [-–] )?[\"']?")
"""Text between the parts of a title: "Saga: Part I - The Return"."""
_LONGEST = 25
"""Longest sentence, in words, in which scattered words still form one description."""
_STEM, _ENDING = 5, 3
"""Fewest letters that two forms of a word share, and the most by which their lengths may differ."""


def mentions_of(said: Said, targets: Sequence[str]) -> list[Mention]:
    """Mentions of an accepted name, a similar one, or another name in an answer.

    Args:
        said: the answer.
        targets: the accepted names.
    """
    words = words_of(said.text)
    mentions: list[Mention] = []
    for target in targets:
        for form in forms_of(said, target):
            mentions += _same(said, words, form)
    if any(is_proper(target) for target in targets):
        mentions += _others(said, targets, mentions)
    return sorted(mentions, key=lambda mention: mention.start)


def _same(said: Said, words: list[Word], form: str) -> list[Mention]:
    """Mentions in which all words of the form are close together."""
    if unspaced(form):
        places = [mentions.start() for mentions in re.finditer(re.escape(form), said.text)]
        return [Mention(place, place + len(form), Relation.SAME) for place in places]
    wanted = content(words_of(form))
    if not wanted or len(simplify(form)) <= LETTER:
        return [
            Mention(mentions.start(), mentions.end(), Relation.SAME if len(form) > 1 or said.bare else Relation.NEAR)
            for mentions in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", said.text)
        ]
    needed = [word for word in wanted if word.key not in SUFFIX and not overlap({word.key}, said.asked)] or wanted
    person = not JOINED.search(form) and is_person(said, [word for word in wanted if word.key not in SUFFIX])
    proper = is_proper(form)
    mentions = [_relation(said, words, span, wanted) for span in _windows(said, words, needed, proper=proper)]
    if person:
        mentions += people_mentions(said, words, [word for word in wanted if word.key not in SUFFIX])
    if not mentions and not proper and len(needed) > 1:
        mentions = _scattered(said, words, needed)
    if not mentions:
        short = [word for word in words if word.raw.isupper() and word.key not in said.asked]
        mentions = [Mention(word.start, word.end, Relation.SAME) for word in short if abbreviates(word.raw, form)]
    return mentions


def _scattered(said: Said, words: list[Word], needed: list[Word]) -> list[Mention]:
    """Sentences that contain all words of a description, in any order and inflection."""
    mentions = []
    for sentence in said.sentences:
        keys = {word.key for word in words if sentence.start <= word.start < sentence.end}
        if len(keys) <= _LONGEST and overlap({word.key for word in needed}, keys) == len({word.key for word in needed}):
            mentions.append(Mention(sentence.start, sentence.end, Relation.SAME))
    return mentions


def _windows(said: Said, words: list[Word], wanted: list[Word], *, proper: bool) -> list[tuple[int, int]]:
    """First and last positions of the stretches that contain all the target's words."""
    places = [[place for place, word in enumerate(words) if reads(word.key, one, name=proper)] for one in wanted]
    if not all(places):
        return []
    reach = len(wanted) * 2 + 2
    spans = []
    for start in places[0]:
        chosen: list[int] = []
        for options in places:
            free = [place for place in options if place not in chosen]
            chosen += [min(free, key=lambda place: abs(place - start))] if free else []
        if len(chosen) < len(wanted):
            continue
        first, last = min(chosen), max(chosen)
        if last - first > reach:
            continue
        mention = Mention(words[first].start, words[last].end, Relation.SAME)
        if len(wanted) == 1 or said.sentence_of(mention).end >= mention.end or last - first == len(wanted) - 1:
            spans.append((first, last))
    return spans


def _relation(said: Said, words: list[Word], span: tuple[int, int], wanted: list[Word]) -> Mention:
    """Whether a stretch with these words is the name itself or a longer name that contains it."""
    first, last = span
    start, end = words[first].start, words[last].end
    initials = {word.key for word in wanted if len(word.key) == 1 and word.capital}
    if initials and any(len(word.raw) == 1 and word.capital and word.key not in initials for word in words[first:last]):
        return Mention(start, end, Relation.OTHER)
    proper = wanted[-1].capital or wanted[-1].key.isdecimal()
    longer = proper and (_goes_on(said, words, last, wanted) or _began_before(said, words, first, wanted))
    return Mention(start, end, Relation.NEAR if longer else Relation.SAME)


def _goes_on(said: Said, words: list[Word], last: int, wanted: list[Word]) -> bool:
    """Whether the name continues after this position: "Guinea-Bissau", "World War II"."""
    if last + 1 == len(words):
        return False
    behind = words[last + 1]
    gap = said.text[words[last].end : behind.start]
    if behind.key in SUFFIX | said.asked | EMPTY:
        return False
    longer = behind.capital and len(wanted) == 1 and gap in {" ", "-"} and not said.about_person
    return longer or (gap == " " and behind.key.isdecimal() and not behind.raw.isdecimal() and behind.raw.isupper())


def _began_before(said: Said, words: list[Word], first: int, wanted: list[Word]) -> bool:
    """Whether a single word ends a longer name: "West Virginia"."""
    if not first or len(wanted) > 1 or said.about_person:
        return False
    before = words[first - 1]
    joined = before.capital and said.text[before.end : words[first].start] == " "
    return joined and before.key not in STARTS | EMPTY | said.asked and not before.raw.isupper()


def _others(said: Said, targets: Sequence[str], found: list[Mention]) -> list[Mention]:
    """Other names in the text: runs of capitalized words, except descriptions and names from the question."""
    wanted = {word.key for target in targets for word in words_of(target)}
    others = []
    for run in _RUN.finditer(said.text):
        words = words_of(run.group())
        while words and (words[0].key in STARTS or _ROLE.fullmatch(f" {words[0].raw.lower()} ")):
            words = words[1:]
        new = [word for word in words if not _was_asked(said, word) and word.key not in EMPTY and len(word.key) > 1]
        if not run.group()[0].isupper() or not new or all(word.key.isdecimal() for word in new):
            continue
        start, end = run.start() + words[0].start, run.start() + words[-1].end
        if any(mention.start < end and start < mention.end for mention in found):
            continue
        if any(word.key == one or near(word.key, one, name=True) for one in wanted for word in new):
            others.append(Mention(start, end, Relation.NEAR))
        elif len(new) == len([word for word in words if word.key not in EMPTY]) and not _describes(
            said, start, end, found
        ):
            others.append(Mention(start, end, Relation.OTHER))
    return others


def _was_asked(said: Said, word: Word) -> bool:
    """Whether the question contains a word, possibly in another case or inflection."""
    if word.key in said.asked:
        return True
    stem = word.key[:_STEM]
    alike = [asked for asked in said.asked if asked.startswith(stem) and len(stem) == _STEM]
    return any(abs(len(asked) - len(word.key)) <= _ENDING for asked in alike)


def _describes(said: Said, start: int, end: int, found: list[Mention]) -> bool:
    """Whether a name only describes something else: in brackets, in a title, "the Swedish botanist"."""
    before, behind = said.text[:start], said.text[end:]
    inside = before.rfind("(") > before.rfind(")") and ")" in behind
    if inside and not any(before.rfind("(") < mention.start < end + behind.find(")") for mention in found):
        return True
    if said.about_person and (_PLACED.search(before) or (before.count('"') % 2 and '"' in behind)):
        return True
    if re.match(r"'s?\s", behind) or said.text[start:end].endswith("'s"):
        return True
    if re.match(rf"\s+{_NOUN}\b", behind) or _SOURCE.search(before):
        return True
    following = [mention.start for mention in found if mention.start >= end]
    gap = said.text[end : min(following)] if following else ""
    if _ROLE.fullmatch(gap) or _TITLE.fullmatch(gap):
        return True
    return bool(_WHERE.search(said.question)) and bool(_WITHIN.fullmatch(gap))
