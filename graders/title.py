"""Titles: reads the title that an answer commits to and compares it with the accepted ones.

Candidates are titles in quotes, in emphasis, after words that introduce them ("The title was …") or alone on a line;
the most firmly stated one is the answer (`_statements`). A title that is denied, withdrawn or of another work ("his
master's thesis") does not count. Several titles offered together, or a list of them, are a claim from which no title
can be read. A translation in brackets counts as the title. Typography, a missing subtitle and misspellings do not
matter; a different content word does (`_titles`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from evalkit import Completion, Grade, Sample, final_statement, grader, non_answer, plain, simplify

from ._corrections import after_correction
from ._statements import Rank, rank, sentence_start
from ._titles import alike, match

_TAG = re.compile(r"</?(?:i|em|b|strong|cite|q|u|answer|title|final_answer)>", re.IGNORECASE)
_TEX = re.compile(r"\\(?:textit|emph|textbf|text|textsc|mathit|mathrm|boxed|underline|enquote)\{([^{}]*)\}")
_QUOTED = re.compile(r"\"([^\"\n]{3,300})\"|(?<!\w)'([^\n]{3,300}?)'(?!\w)")
_EMPHASIZED = re.compile(r"\*{1,3}([^*\n]{3,300})\*{1,3}|(?<!\w)_{1,2}([^_\n]{3,300})_{1,2}(?!\w)")
_LED = re.compile(
    r"(?:\b(?:(?:en)?titled|called|named|title(?:\s+of\s+[^.\n:]{1,80}?)?\s+(?:was|is)|"
    r"(?:dissertation|thesis)(?:\s+title)?\s*(?:\([^)]*\)\s*)?(?:was|is)(?:\s+(?:on|about))?|"
    r"(?:title|dissertation|thesis|answer)\s*:)|(?:^|[\n.;,]\s*|\b(?:think|believe|say|guess)\s+(?:that\s+)?)(?:it(?:'s|\s+is|\s+was)|"
    r"(?:the\s+)?answer\s+is|that\s+(?:would\s+be|is|was)))\s*:?\s+(?:(?:(?:en)?titled|called|named|probably|likely|something\s+like)\s*:?\s+)*(?P<title>[^\n]{3,300})",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"^\s*(?:#+[^\n]*|[*_]*(?:final\s+)?(?:answer|title)[*_:]*\s*)$\n|\*\*(?=(?:final\s+)?(?:answer|(?:dissertation\s+)?title|dissertation|thesis):?\*\*)"
    r"|(?<=title)\*\*(?=:)|(?<=(?:title|nswer|hesis|ation):)\*\*|(?<=nswer)\*\*(?=:)",
    re.IGNORECASE | re.MULTILINE,
)
_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+(?P<title>[^\n]{3,300})$", re.MULTILINE)
_SENTENCE = re.compile(
    r"\b(?:dissertation|thesis|wrote|written|studied|i|he|she|his|her|was|is|has|had|completed|received|earned|worked)\b",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*[(\[]|,\s+(?:was|is|has|had)\b|[,;]?\s+(?:which|that\s+(?:he|she|was)|submitted|completed|published|defended|written|supervised|advised|from\s+[A-Z\d]|at\s+(?:the|[A-Z])|"
    r"under\s+(?:the\s+)?[A-Z]|by\s+[A-Z]|in\s+(?:the\s+year\s+)?(?:1[5-9]|20)\d\d|\(?(?:1[5-9]|20)\d\d|but\b|although|though|however|i\s+(?:think|believe)|"
    r"if\s+i|and\s+(?:was|it|he|she)\b)|,\s+(?:[A-Z][\w.&'-]*\s+)*(?:University|Universit\w+|Institute|College|MIT|CMU|Harvard|Princeton|Stanford|ETH|Cambridge|"
    r"Oxford|Caltech|Berkeley|Yale)\b|\.\s+(?=[A-Z])|[.!]?\s*$|\s+[–—-]\s+(?=[A-Z][^.]*\b(?:University|Institute|19\d\d|20\d\d))"
)
_BRACKETED = re.compile(
    r"\s*[(\[]\s*(?:(?:translated\s+(?:as|to)|in\s+english|english|eng\.|trans\.|i\.e\.|that\s+is|or)[:,]?\s*)?[\"'*_]*([^()\[\]]{3,300}?)[\"'*_]*\s*[)\]]",
    re.IGNORECASE,
)
_TRANSLATES = re.compile(
    r"[\"'*_.,\s]*(?:[(\[]|,?\s*(?:translated|in\s+english|english|meaning|i\.e\.|that\s+is|or,?\s+in))[^\"'*\n]{0,40}[\"'*_]*",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"[\"'*_.,;\s]*(?:,|\bor\b|\band/or\b|/)[\"'*_\s]*(?:(?:possibly|perhaps|maybe|else)\s+)*[\"'*_]*", re.IGNORECASE
)
_WORK = re.compile(
    r"\b(?P<other>(?:master(?:'?s)?|m\.?\s?sc?\.?|bachelor(?:'?s)?|undergraduate|senior|fellowship|habilitation\w*|diplom\w*|licentiate)"
    r"(?:\W+(?:degree\W+|s\W+)?(?:dissertation|thesis|work))?|(?:famous|other|later|earlier)?\s*(?:paper|article|book|monograph|"
    r"lectures?|essay|journal|works?))\b|\b(?:ph\.?\s?d\.?|doctoral|doctorate|dissertation|thesis)\b",
    re.IGNORECASE,
)
_IS_OTHER_WORK = re.compile(
    r"[\"'*_,\s]*(?:was|is|being)\s+(?:an?|the|his|her|their)\s+(?:\w+\s+){0,2}(?:paper|article|book|monograph|lectures?|essay|"
    r"(?:master|bachelor)\W?s?\s+thesis|habilitation)\b",
    re.IGNORECASE,
)
_PUBLISHED = re.compile(r"(?:published|known|cited|expanded|revised)\s+as", re.IGNORECASE)
_DRESS = " .,\"'*_:;`“”"
LINES = 4
"""Longest text, in lines, that may be a bare title with remarks."""


class _Said(NamedTuple):
    start: int
    end: int
    titles: tuple[str, ...]
    """The title and its translations."""
    rank: Rank
    other_work: bool


@grader
def title(sample: Sample, completion: Completion) -> Grade:
    """Compare the title that an answer commits to with the accepted ones."""
    text = _readable(completion.text)
    ending = final_statement(completion.text, question=sample.prompt)
    chosen, offered = _chosen(text, sample.input)
    silent = non_answer(ending.text, question=sample.prompt) or non_answer(
        completion.text, question=sample.prompt, target=sample.target
    )
    if silent and not (chosen and chosen.rank >= Rank.OPENED and not non_answer(ending.text)):
        return Grade.idk(silent)
    if chosen is None:
        return Grade.unparsed("several titles offered" if offered else "a claim without a title")
    for titles in chosen.titles:
        if reason := match(titles, sample.target):
            return Grade.of(correct=True, answer=titles, reason=reason)
    return Grade.of(correct=False, answer=chosen.titles[0], reason="another title")


def _readable(answer: str) -> str:
    text = _TAG.sub('"', answer) if "<" in answer else answer
    for _ in range(2 if "\\" in text else 0):
        text = _TEX.sub(r'"\1"', text)
    return _HEADING.sub("", re.sub(r"\"+", '"', text.translate(_QUOTES))).strip()


_QUOTES = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "’": "'",
        "‘": "'",
        "‹": '"',
        "›": '"',
        "「": '"',
        "」": '"',
        "『": '"',
        "』": '"',
        "《": '"',
        "》": '"',
        "`": '"',
    }
)


def _chosen(text: str, question: str) -> tuple[_Said | None, bool]:
    """The title that a text commits to, if any, and whether it offers several instead."""
    tail = after_correction(text)
    candidates = list(_titles(tail, question)) if tail else []
    if candidates:
        text = tail or text
    else:
        candidates = list(_titles(text, question))
    candidates = [one for one in candidates if one.rank > Rank.WITHDRAWN]
    meant = [one for one in candidates if not one.other_work] or candidates
    if not meant:
        return None, False
    best = max(one.rank for one in meant)
    top = [one for one in meant if one.rank == best]
    others = [one for one in candidates if one.rank is not Rank.DENIED and one.start != top[0].start]
    if _is_list(text, meant) or any(_offered_with(text, top[0], other) for other in others):
        return None, True
    return top[0], False


def _offered_with(text: str, one: _Said, other: _Said) -> bool:
    first, second = sorted((one, other), key=lambda said: said.start)
    if second.start < first.end or alike(first.titles[0], second.titles[0]):
        return False
    return bool(_OFFERS.fullmatch(text[first.end : second.start]))


def _is_list(text: str, said: list[_Said]) -> bool:
    items = [match.start("title") for match in _ITEM.finditer(text)]
    inside = [one for one in said if any(abs(one.start - item) <= 3 for item in items)]  # noqa: PLR2004 - marks and quotes
    return len(inside) > 1 and len(inside) == len(said)


def _titles(text: str, question: str) -> Iterator[_Said]:
    """All titles that a text names, the most explicit first."""
    explicit = sorted({*_spans(_QUOTED, text), *_spans(_EMPHASIZED, text)})
    explicit = [span for span in explicit if not _is_emphasized_prose(text[slice(*span)])]
    skip = -1
    for place, (start, end) in enumerate(explicit):
        if place <= skip:
            continue
        titles = [text[start:end]]
        stop = end
        while place + 1 < len(explicit) and _translates(text[stop : explicit[place + 1][0]]):
            place += 1  # noqa: PLW2901 - the next title is a translation of this one
            titles.append(text[slice(*explicit[place])])
            stop = explicit[place][1]
        skip = place
        yield _weighed(text, start, stop, [*titles, *_bracketed(text, end)], question)
    if explicit:
        return
    yield from _unmarked(text, question)


def _unmarked(text: str, question: str) -> Iterator[_Said]:
    """Titles without quotes or emphasis: after a lead, in a list, or on a line of their own."""
    spans = [match.span("title") for match in _LED.finditer(text)] or [
        match.span("title") for match in _ITEM.finditer(text)
    ]
    for start, end in spans:
        yield _weighed(text, start, end, [*_cuts(text[start:end]), *_bracketed_after(text[start:end])], question)
    lines = [line for line in text.splitlines() if simplify(line)]
    if spans or not lines or (len(lines) > LINES and not final_statement(text).stated):
        return
    bare = [line for line in lines if not _SENTENCE.search(line)]
    for line in bare[:1]:
        start = text.index(line)
        said = _weighed(text, start, start + len(line), [*_cuts(line), *_bracketed_after(line)], question)
        yield said._replace(rank=max(said.rank, Rank.OPENED))


def _weighed(text: str, start: int, end: int, titles: list[str], question: str) -> _Said:
    names = tuple(dict.fromkeys(title.strip(_DRESS) for title in titles if simplify(title)))
    before = text[sentence_start(text, start) : start]
    works = list(_WORK.finditer(before))
    other = _is_other(works[-1], question) if works else False
    other = other or bool(_PUBLISHED.search(before[-40:]) or _IS_OTHER_WORK.match(text, end))
    level = rank(text, start, end)
    if level is Rank.MENTIONED and works and not other:
        level = Rank.HELD
    return _Said(start, end, names or (text[start:end],), level, other)


def _is_other(work: re.Match[str], question: str) -> bool:
    """Whether a work is not the one asked for."""
    return bool(work["other"]) and work["other"].split()[0].lower() not in question.lower()


def _cuts(line: str) -> list[str]:
    """Prefixes of a line that may be the title, the longest first."""
    line = plain(line)
    places = [match.start() for match in _TAIL.finditer(line) if match.start() > 0]
    return [line[:place] for place in sorted(places, reverse=True)] or [line]


def _bracketed(text: str, end: int) -> list[str]:
    """A translation in brackets right after a title."""
    found = _BRACKETED.match(text, end + 1) or _BRACKETED.match(text, end)
    return [found.group(1)] if found and not _PUBLISHED.search(found.group()) else []


def _bracketed_after(line: str) -> list[str]:
    return [found.group(1) for found in _BRACKETED.finditer(line) if not _PUBLISHED.search(found.group())]


def _translates(between: str) -> bool:
    return bool(_TRANSLATES.fullmatch(between)) and not _PUBLISHED.search(between)


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [match.span(match.lastindex or 0) for match in pattern.finditer(text)]


def _is_emphasized_prose(words: str) -> bool:
    """Whether emphasized or quoted words are a heading, a sentence or an abstention, not a title."""
    return words.rstrip().endswith(":") or bool(
        re.fullmatch(
            r"(?:final\s+)?(?:answer|title)|i don't know|.*\b(?:dissertation|thesis)\b.*\b(?:was|is)\b.*",
            words.strip(" .:"),
            re.IGNORECASE,
        )
    )
