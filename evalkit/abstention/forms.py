"""Texts whose form alone gives no answer: a call of a tool, a question back, a label with nothing behind it."""

from __future__ import annotations

import re

from evalkit.abstention.bare import is_bare_abstention
from evalkit.abstention.measures import is_specific
from evalkit.text import plain

_TOOL_CALL = re.compile(
    r"^\s*<answer\s*/>\s*$|^\s*(?:```\w*\s*)?(?:<(?:tool_call|function_call|tool)\b|\{\s*\"(?:tool|function|tool_call|name)\"\s*:[^\n]*\"(?:arguments|parameters|input)\"|"
    r"i\s+(?:need|have|would\s+need)\s+to\s+(?:search|look|use|call)[^.\n]{0,60}:\s*\w+\()",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:sorry,?\s+|hmm,?\s+|but\s+|and\s+|so\s+)*(?:do|does|did|are|is|was|were|which|what|who|whom|whose|where|when|how|could|can|would|"
    r"may|might|should|have|has)\b(?:\W+\w+){2,}",
    re.IGNORECASE,
)
_ABOUT_THE_QUESTION = re.compile(
    r"(?:\w+,?\s+)?(?:do|did|are|were|can|could|would|will)\s+you\b|(?:which|what|who)\b[^?]*\b(?:do|did|are|were)\s+you\b",
    re.IGNORECASE,
)
_STOPPED = re.compile(r"[.!?:]\s")
_LABEL = re.compile(r"[^\W\d][\w' -]{0,40}[:=]\s*(?=[^\n]{2,60}$)")
"""What an answer is headed with where it is one line: "Date of birth: unknown"."""
_MACHINE = re.compile(r"<\s*(?:unknown|unk|idk|abstain)\s*>\W*$", re.IGNORECASE)


def gives_no_answer(text: str, words: str, question: str | None) -> bool:
    """Whether a text only calls a tool, asks back, or fills a label with nothing.

    Args:
        text: the answer as the model wrote it.
        words: the same, plain.
        question: what was asked.
    """
    label = _LABEL.match(words)
    if label and is_bare_abstention(words[label.end() :], stated=True):
        return True
    if words.endswith(("?", "？")) and _asks_back(words, question):
        return True
    return bool(_TOOL_CALL.search(text) or ("<" in words and _MACHINE.search(words)))


def _asks_back(words: str, question: str | None) -> bool:
    """Whether a text is one question to the reader; one with a new name in it may be a guess ("Is it Paris?")."""
    if not _QUESTION.match(words) or _STOPPED.search(words, 0, len(words) - 1):
        return False
    if _ABOUT_THE_QUESTION.match(words):
        return True
    return not is_specific(words, plain(question) if question else "")
