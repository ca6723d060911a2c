"""What dresses or closes an answer and is no part of it: emphasis, a confidence, a note on the score, a courtesy."""

from __future__ import annotations

import re

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.lines import last_sentence, unwrapped
from evalkit.text import plain

_FENCE = re.compile(r"^[ \t]*```[\w-]*[ \t]*$\n?", re.MULTILINE)
_OPEN_TAG = re.compile(r"<(?:final[_-]?answer|answer|ans|final)\b[^<>]*>\s*", re.IGNORECASE)
_SURE = (
    r"(?:confiden\w*|certain\w*|sure|probab\w*|likelihood|credence|konfidenz|sicherheit|confiance|confianza|"
    r"уверенност\w*|置信度|信心)"
)
_COST = (
    r"(?:penal\w+|mistakes?|wrong\s+answers?|incorrect\s+answers?|errors?|guess\w*|threshold|target|points?|"
    r"risk\w*|cost\w*)"
)
_CONFIDENCE_LINE = re.compile(
    rf"^[\s*_`>#(\[-]*(?:(?:my|overall|estimated|self-reported|stated)\s+)*{_SURE}(?:\s+(?:level|score|estimate|rating|in\s+"
    r"(?:my|this|the)\s+answer|that\s+[^:]{0,60}))?[*_`]*\s*(?:[:=：~≈-]|\bis\b|\bof\b)[^\n]{0,60}$",
    re.IGNORECASE,
)
_PROBABILITY_LINE = re.compile(
    r"^[\s*_`>#(\[-]*(?:p|pr|prob|probability)\s*(?:\([^()\n]{1,40}\)\s*)?[=≈~:<>≤≥]+\s*[\d.]+\s*%?[\s.)\]*_`]*$",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[\s*_=~#-]+$")
_CONFIDENCE_TAIL = re.compile(
    rf"[\s,;.–—-]*[(\[][^()\[\]\n]*(?:{_SURE}|{_COST}|\d\s*%|\bt\s*=|[<>≥≤]\s*0?\.\d|no\s+(?:tool|search|web|browsing))[^()\[\]\n]*[)\]]"
    r"[\s.*_`]*$",
    re.IGNORECASE,
)
_PERCENT_TAIL = re.compile(
    r"[\s,;–—-]+(?:about\s+|~|≈)?\d{1,3}\s*%(?:\s+(?:sure|confident|certain|confidence))?[\s.*_`]*$"
)
_NOTE = re.compile(
    rf"^[\s*_(-]*(?:(?:since|because|as|given|for|note\s+that|note|here|otherwise)[:,]?\s+)*(?:(?:a|an|the|any|each|every|my|this|i|it|"
    rf"guessing|answering)\s+)?(?:\w+\s+){{0,3}}{_COST}\b[^.!?\n]*\b(?:cost|penal\w+|lose|losing|points?|risk\w*|worse|negative|"
    r"0|not\s+worth|earn\w*)\b[^\n]{0,80}$"
    rf"|^[\s*_(-]*(?:my\s+|the\s+|overall\s+)?{_SURE}\b[^.!?\n]*\b(?:below|under|above|over|less|more|exceed\w*|meet\w*|reach\w*|"
    r"about|around|roughly|approximately|low|high|moderate|not\s+enough|insufficient|is|was|at)\b[^\n]{0,80}$"
    r"|^[\s*_(-]*\(?0\s+points?\)?[\s.]*$",
    re.IGNORECASE,
)
_CLOSER = re.compile(
    r"^[\s*_(-]*(?:let\s+me\s+know\b|(?:i\s+)?hope\s+(?:this|that|it)\b|feel\s+free\b|(?:please\s+)?(?:do\s+not|don't)\s+hesitate\b|"
    r"if\s+you(?:'d|\s+would|\s+have|\s+need|\s+want)\b[^.!?\n]*\b(?:let\s+me|ask|happy|glad|help|further|more)\b|"
    r"is\s+there\s+anything\b|happy\s+to\b|glad\s+to\b|thank(?:s|\s+you)\b|good\s+luck\b|(?:i'm\s+)?sorry\b(?!,?\s+(?:but\s+)?i)|"
    r"would\s+you\s+like\b|any\s+(?:other|more|further)\s+questions\b|have\s+a\s+(?:nice|great|good)\b|cheers\b|best\s+regards\b)",
    re.IGNORECASE,
)
_REMARKS = (_RULE, _PROBABILITY_LINE, _CONFIDENCE_LINE, _NOTE, _CLOSER)
_UPRIGHT = re.compile(r"\\(?:text|mathrm|textbf|mbox)\{([^{}]*)\}")
_DIGIT_STOP = re.compile(r"\d\.$")
_CLOSING = " \t\n.*_`"
_MARK = re.compile(r"^[-•–]\s+(?!\d)")
ECHO = re.compile(
    r"\b(?:say|answer|respond|reply|write|state)\s+(?:with\s+)?[\"“'‘«]?\s*(?:i\s+don['’]t\s+know|idk)", re.IGNORECASE
)


def undressed(text: str, question: str | None = None) -> str:
    """Strip polite closings, confidence statements, remarks on the penalty, and code fences from a text.

    Args:
        text: an answer.
        question: the prompt as sent; lines at the end that repeat it are removed too.
    """
    body = text.replace("’", "'")
    if "```" in body:
        body = _FENCE.sub("", body.replace("‘", "'"))
    body = unwrapped(body.strip())
    while True:
        tail = _CONFIDENCE_TAIL.search(body) if body.rstrip(_CLOSING)[-1:] in ")]" else None
        shorter = body if tail is None or is_bare_abstention(tail.group()) else body[: tail.start()].rstrip()
        start, last = last_sentence(shorter)
        head = shorter[:start].rstrip()
        if head and (_is_remark(last) or _echoes(last, question) or _is_aside(head, last)):
            shorter = head
        if shorter == body or not shorter:
            return body
        body = shorter


def _is_remark(sentence: str) -> bool:
    form = any(pattern.match(sentence) for pattern in _REMARKS)
    return form and not is_bare_abstention(sentence)


def _is_aside(head: str, last: str) -> bool:
    """Whether a last sentence in brackets only comments on an abstention before it."""
    last = last.strip(" *_")
    if last[:1] not in "([" or last[-1:] not in ")]":
        return False
    return is_bare_abstention(last_sentence(head)[1])


def _echoes(sentence: str, question: str | None) -> bool:
    """Whether a sentence only repeats the instructions of the prompt."""
    if not question:
        return False
    bare = plain(sentence).lower().strip()
    if len(bare.split()) <= 4:  # noqa: PLR2004 - a short phrase may be an answer
        return False
    asked = plain(question).lower()
    return bare in asked or bool(ECHO.search(bare) and bare[:12] in asked)


def bare_words(statement: str) -> str:
    """Strip quotes, emphasis, brackets, tags, LaTeX and a trailing percentage from words."""
    words = _UPRIGHT.sub(r"\1", statement) if "\\" in statement else statement
    words = _OPEN_TAG.sub("", words) if "<" in words else words
    words = _PERCENT_TAIL.sub("", words) if "%" in words and len(words.split()) > 1 else words
    words = _MARK.sub("", plain(words.strip().strip("*_`#> ")).strip())
    while words and words[0] in "\"'([{<" and words[-1:] in "\"')]}>." and len(words) > 2:  # noqa: PLR2004 - something inside
        inner = words.rstrip(".")
        if inner[-1:] not in "\"')]}>":
            break
        words = inner[1:-1].strip()
    return words.rstrip(".").strip() if not _DIGIT_STOP.search(words) else words[:-1]
