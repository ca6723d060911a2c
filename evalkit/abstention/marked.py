"""The answer where a text sets it apart at its end: a JSON object, a tag, a box."""

from __future__ import annotations

import json
import re
from typing import Any

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.lines import is_taken_back, last_sentence
from evalkit.abstention.remarks import bare_words
from evalkit.abstention.statement import FinalStatement
from evalkit.text import last_boxed

ANSWER_KEYS = ("final_answer", "answer", "finalanswer", "final", "response", "result", "choice", "output", "value")
ABSTAIN_KEYS = ("abstain", "abstained", "abstention", "idk", "unknown", "skip", "skipped", "declined")
REMARK_KEYS = (
    "confidence",
    "reason",
    "reasoning",
    "explanation",
    "note",
    "probability",
    "thoughts",
    "rationale",
    "analysis",
)
BRACES = 40
"""How many positions are tried as the start of a JSON object that ends the text."""
_JSON = json.JSONDecoder()
_TAGGED = re.compile(
    r"<(final[_-]?answer|answer|ans|final|response|result|output|choice)\b[^<>]*>\s*(.*?)\s*</\1\s*>",
    re.IGNORECASE | re.DOTALL,
)


def marked_answer(body: str) -> FinalStatement | None:
    """The answer that the end of a text marks: JSON, a tag, a box."""
    for read in (_json_answer, _tagged_answer, _boxed_answer):
        statement = read(body)
        if statement is not None:
            return statement
    return None


def _json_answer(body: str) -> FinalStatement | None:
    if not body.endswith("}"):
        return None
    for start in [place.start() for place in re.finditer(r"\{", body)][:BRACES]:
        try:
            content, end = _JSON.raw_decode(body, start)
        except (ValueError, RecursionError):
            continue
        if end != len(body):
            continue
        value = _answer_value(content)
        if value is not None:
            return FinalStatement(text=bare_words(value), before=body[:start].strip(), stated=True)
    return None


def _answer_value(content: Any) -> str | None:
    """The answer in a JSON object: "null" if it is null; None if it has none."""
    if not isinstance(content, dict):
        return None
    folded = {str(key).lower().replace(" ", "_"): value for key, value in content.items()}
    for key in ANSWER_KEYS:
        if key in folded:
            return _as_words(folded[key])
    if any(folded.get(key) is True for key in ABSTAIN_KEYS):
        return "null"
    stated = [value for key, value in folded.items() if key not in REMARK_KEYS]
    return "null" if len(stated) == 1 and stated[0] is None else None


def _as_words(value: Any) -> str | None:
    """A JSON value as text: "null" if it is empty; None if it is an object."""
    if value is None or value in ("", [], {}):
        return "null"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return None if isinstance(value, dict) else str(value)


def _tagged_answer(body: str) -> FinalStatement | None:
    last = max(_TAGGED.finditer(body), key=lambda tag: tag.end(), default=None) if "</" in body else None
    if last is None or is_taken_back(body[last.end() :]):
        return None
    after = body[last.end() :].strip()
    return FinalStatement(text=bare_words(last.group(2)), before=body[: last.start()].strip(), stated=True, after=after)


def _boxed_answer(body: str) -> FinalStatement | None:
    place = body.rfind("\\boxed{")
    content = last_boxed(body) if place >= 0 else None
    if content is None:
        return None
    end = place + len("\\boxed{") + len(content) + 1
    after = body[end:].strip(" \t\n$.*_)]\\")
    if after and (is_taken_back(after) or is_bare_abstention(last_sentence(body)[1].strip())):
        return None
    text = re.sub(r"\\(?:text|mathrm|textbf|mbox|textit)\{([^{}]*)\}", r"\1", content)
    return FinalStatement(text=bare_words(text), before=body[:place].strip(" $\n*"), stated=True, after=after)
