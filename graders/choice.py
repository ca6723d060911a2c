"""Which of the options? Reads a letter or an option's text; the last statement wins.

A letter beyond the options is unparsed, as are two options offered at once; nothing is ever drawn at random.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from evalkit import Completion, Grade, Sample, grader, non_answer, plain, simplify

_LEAD = r"(?:answer|choice|option|correct(?:\s+(?:answer|choice|option))?)(?:\s+(?:is|would be|should be|must be))?"
_STATED = re.compile(
    rf"\b{_LEAD}(?:\s*:\s*|\s+|(?=[(\[]))(?:option\s+)?[(\[]?([A-Za-z])[)\].]?(?![\w'])", re.IGNORECASE
)
_LED_TO = re.compile(rf"\b{_LEAD}\s*:?\s*[\"'(]?$", re.IGNORECASE)
_PICKED = re.compile(
    r"\b(?:[Ii](?:'ll| will| would|'d)?\s+(?:choose|pick|select|go with|say))\s*:?\s*[(\[]?([A-Z])[)\]]?(?![\w'])"
)
_BRACKETED = re.compile(r"[(\[]([A-Z])[)\]]")
_LINE = re.compile(r"^\s*[(\[]?([A-Za-z])[)\]]?\s*(?:[.:)]|$)", re.MULTILINE)
_BOXED = re.compile(r"\\boxed\{\s*(?:\\text\{)?\s*\(?([A-Za-z])\)?\s*\}")
_OR_ANOTHER = re.compile(r"[)\].'\"]*\s*(?:or|/)\s*(?:option\s+)?[(\[]?([A-Z])(?![\w'])")
_PROSE = re.compile(r"\s+(?!because|since|as\b|is\b|and\b|or\b|for\b|due|based|which)[a-z]")
_EITHER = re.compile(r"^[\s,'\")\]]*(?:or|and|/)[\s'\"(\[]*(?:option\s+)?$", re.IGNORECASE)


class _Mention(NamedTuple):
    start: int
    end: int
    option: int
    what: str
    firm: bool


@grader
def choice(sample: Sample, completion: Completion) -> Grade:
    """Compare the option that an answer settles on with the target."""
    options = sample.choices or []
    if not options:
        raise ValueError("choice needs a sample with choices")
    text = _BOXED.sub(r"answer is \1", completion.text)
    text = plain(text)
    letters = _letters(text)
    # "The answer is (A)" means the letter, also where one of the options reads "A".
    stated = {mention.start for mention in letters if mention.firm}
    mentions = sorted([*letters, *(mention for mention in _texts(text, options) if mention.start not in stated)])
    firm = [mention for mention in mentions if mention.firm]
    if not firm and (kind := non_answer(completion.text, question=sample.input, target=sample.target, choices=options)):
        return Grade.idk(kind)
    if not mentions:
        return Grade.unparsed("a claim, but none of the options in it")
    chosen = (firm or mentions)[-1]
    return _grade(sample, options, text, mentions, chosen)


def _grade(sample: Sample, options: list[str], text: str, mentions: list[_Mention], chosen: _Mention) -> Grade:
    if chosen.option >= len(options):
        return Grade.unparsed(f"{_letter(chosen.option)} is none of the {len(options)} options")
    if other := _also_offered(text, mentions, chosen):
        return Grade.unparsed(f"offers two options: {other} and {_letter(chosen.option)}")
    found = _letter(chosen.option)
    return Grade.of(chosen.option in _accepted(sample, options), answer=found, reason=chosen.what)


def _also_offered(text: str, mentions: list[_Mention], chosen: _Mention) -> str | None:
    after = _OR_ANOTHER.match(text, chosen.end)
    if after and after.group(1) != _letter(chosen.option):
        return after.group(1)
    for other in mentions:
        apart = other.option != chosen.option and other.end <= chosen.start
        if apart and _EITHER.match(text[other.end : chosen.start]):
            return _letter(other.option)
    return None


def _accepted(sample: Sample, options: list[str]) -> set[int]:
    return {_index(target.strip(), options) for target in sample.target}


def _index(target: str, options: list[str]) -> int:
    """The option that a target means: its text, else its letter, else its text written otherwise; -1 for none."""
    if target in options:
        return options.index(target)
    if len(target) == 1 and ord("A") <= ord(target) < ord("A") + len(options):
        return ord(target) - ord("A")
    simple = [simplify(option) for option in options]
    if simplify(target) in simple:
        return simple.index(simplify(target))
    letters = [_letter(index) for index in range(len(options))]
    return letters.index(target.upper()) if target.upper() in letters else -1


def _letters(text: str) -> list[_Mention]:
    found = []
    for pattern, what, firm in (
        (_STATED, "the letter that the answer states", True),
        (_PICKED, "the letter that the answer states", True),
        (_BRACKETED, "the last letter in brackets", False),
        (_LINE, "the letter that a line begins with", False),
    ):
        for match in pattern.finditer(text):
            alone = match.group().strip() == text.strip()
            # "The answer is a compound", "Answer: I don't know": words, not letters.
            if match.group(1) in "aAI" and _PROSE.match(text, match.end(1)):
                continue
            found.append(_Mention(*match.span(1), ord(match.group(1).upper()) - ord("A"), what, firm or alone))
    return found


def _texts(text: str, options: list[str]) -> list[_Mention]:
    found = []
    for index, option in enumerate(options):
        words = [re.escape(word) for word in re.findall(r"\w+", plain(option))]
        if not words:
            continue
        pattern = re.compile(r"(?<!\w)" + r"\W+".join(words) + r"(?!\w)", re.IGNORECASE)
        for match in pattern.finditer(text):
            alone = simplify(match.group()) == simplify(text)
            led_to = text[: match.start()].rstrip("*\"' ")
            firm = alone or bool(_LED_TO.search(led_to)) or led_to.lstrip("(*").rstrip(".:)*") == _letter(index)
            found.append(_Mention(*match.span(), index, "the last option named in the answer", firm))
    # An option inside a longer one ("iron" in "iron oxide") is not named by it.
    return [m for m in found if not any(o.start <= m.start and m.end <= o.end and o[:2] != m[:2] for o in found)]


def _letter(index: int) -> str:
    return chr(ord("A") + index)
