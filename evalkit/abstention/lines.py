"""Sentences and lines as they stand in a text, with their places; corrections among them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.text import has_any

_STOP = re.compile(r"(?<=[.!?…])[\"'”’)\]*_]*\s+|(?<=[。！？])(?![\"”’)\]」』*_`])|(?<=[。！？][\"”’)\]」』])")
_SHORTENED = re.compile(r"\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|Jr|Sr|vs|etc|e\.g|i\.e|cf|No|approx|ca|al|Inc|Ltd|U\.S)\.$")
_NUMBERED = re.compile(r"\s*\d{1,2}\.$")
_LETTER = re.compile(r"(?<![\w.])[A-Z]\.$")
_STARTER = re.compile(
    r"\s*[*_\"'(]*(?:this|the|that|these|because|wait|option|options|it|its|it's|however|but|so|i|we|in|since|as|therefore|no|actually|let|to|there|"
    r"if|for|an?|he|she|they|other|others|here|note|my|explanation|reason|reasoning|all|each|both|only|while|although|thus|hence|when|on|"
    r"confidence|choice|choices|is|are|not|hmm|sorry)\b",
    re.IGNORECASE,
)
"""Words that begin a sentence and follow no initial of a name."""
_AFTER_STOP = ('."', ".'", ".)", ".*", "._", '?"', '!"', ".]", ".`")
NEAR, CLOSE = 160, 700
"""How many of the last characters are searched for the last sentence."""
_WRAPPED = re.compile(
    r"(?<=\bi)\n(?=[a-z])|(?<=\bto)\n(?=[a-z])|(?<=\bbe)\n(?=[a-z])|(?<=n't)\n(?=[a-z])|(?<=\bnot)\n(?=[a-z])|(?<=\bthe)\n(?=[a-z])|"
    r"(?<=\bany)\n(?=[a-z])|(?<=\bno)\n(?=[a-z])|(?<='m)\n(?=[a-z])|(?<=\bhave)\n(?=[a-z])|(?<=\benough)\n(?=[a-z])|(?<=\bcannot)\n(?=[a-z])|"
    r"(?<=\bam)\n(?=[a-z])|(?<=\bdo)\n(?=[a-z])|(?<=\bwould)\n(?=[a-z])|(?<=\brather)\n(?=[a-z])|(?<=\bunable)\n(?=[a-z])|(?<=\bcould)\n(?=[a-z])",
    re.IGNORECASE,
)
"""A line break after a word that ends no line of its own."""
_CORRECTION = re.compile(
    r"^[\s*_(\"'-]*(?:wait|hold\s+on|hmm+|actually|no,|nope|scratch\s+that|correction|on\s+second\s+thought|let\s+me\s+(?:re|double|"
    r"check|correct)|oops|sorry,\s+(?:i|that)|i\s+(?:made|was\s+wrong|misread|miscounted|take\s+that\s+back|retract)|my\s+mistake|"
    r"but\s+wait|however,\s+(?:on|after|that\s+is|this\s+is)|moment|warte|doch\s+nein|нет|attends|espera)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """Sentences and lines of a text with their positions; periods after initials and abbreviations end none."""
    offset = 0
    for line in text.split("\n"):
        start = 0
        for stop in _STOP.finditer(line):
            if line[: stop.start()].endswith("...") and line[stop.end() : stop.end() + 1].islower():
                continue
            initial = _is_shortened(line, start, stop.start()) and stop.end() < len(line)
            if initial and not (_LETTER.search(line, 0, stop.start()) and _STARTER.match(line, stop.end())):
                continue
            if line[start : stop.end()].strip():
                yield offset + start, line[start : stop.end()]
            start = stop.end()
        if line[start:].strip():
            yield offset + start, line[start:]
        offset += len(line) + 1


def _is_shortened(line: str, start: int, end: int) -> bool:
    """Whether the period before `end` belongs to an abbreviation, an initial or a list number."""
    if line[end - 1 : end] != ".":
        return False
    tail = line[max(start, end - 8) : end]
    return bool(_SHORTENED.search(tail)) or bool(end - start <= 4 and _NUMBERED.match(line[start:end]))  # noqa: PLR2004 - "12."


def last_sentence(body: str) -> tuple[int, str]:
    """Where the last sentence of a text begins, and the sentence."""
    line = body.rfind("\n") + 1
    window = body[max(line, len(body) - NEAR) :]
    if window.isascii() and not has_any(window, _AFTER_STOP):
        stop = max(window.rfind(". ", 0, -1), window.rfind("! ", 0, -1), window.rfind("? ", 0, -1))
        if stop > 0 and not window[stop + 2 : stop + 3].islower() and not _is_shortened(window, 0, stop + 1):
            start = len(body) - len(window) + stop + 2
            return start, body[start:]
    for size in (NEAR, CLOSE):
        start = max(line, len(body) - size)
        parts = list(sentences(body[start:]))
        # The first part may be cut by the window, so it is not a sentence.
        if len(parts) > 1 or start == line:
            break
    return (start + parts[-1][0], parts[-1][1]) if parts else (line, body[line:])


def unwrapped(text: str) -> str:
    """Join phrases that a line break splits: "I do not\\nknow"."""
    return _WRAPPED.sub(" ", text) if "\n" in text else text


def is_taken_back(after: str) -> bool:
    """Whether a sentence after an answer takes it back: "Wait, no"."""
    return any(_CORRECTION.match(sentence) for _, sentence in sentences(after))
