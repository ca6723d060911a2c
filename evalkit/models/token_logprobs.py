"""Token log-probabilities in the formats of OpenAI, vLLM, Together and llama.cpp, reduced to what is used."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

Token = dict[str, Any]
"""`token`, `logprob`, and `top_logprobs` if the question has options."""

DIGITS = 7
_OPTION = re.compile(r"[\s(\[*\"'`]*[A-Z][\s)\].:*\"'`]*")
"""A token that may be the letter of an option."""
_SPECIAL = re.compile(r"(?:\s|<[^<>]{0,40}>|\[/?[A-Z_]{2,20}\]|</?s>)*")
"""What the tokens may hold after the end of the answer: special tokens and white space."""


def read_logprobs(choice: dict[str, Any], body: dict[str, Any], *, options: bool) -> list[Token] | None:
    """The log-probabilities of a completion; None if the server sent none.

    Args:
        choice: of a completion.
        body: the completion, where llama.cpp puts its own format.
        options: whether the question has options, whose letters are kept among the alternatives.
    """
    found = choice.get("logprobs")
    if found is None:
        found = choice.get("completion_probabilities") or body.get("completion_probabilities")
    if not found or isinstance(found, (str, int, float)):
        return None
    if isinstance(found, dict):
        content = found.get("content")
        rows = content if isinstance(content, list) else list(_columns(found))
    else:
        rows = found
    return [_token(row, options=options) for row in rows if isinstance(row, dict)]


def of_answer(tokens: list[Token], text: str) -> list[Token] | None:
    """The tokens of the answer without those of the reasoning before it; None if they cannot be separated.

    Args:
        tokens: everything the model wrote.
        text: the answer, without the reasoning.
    """
    answer = text.strip()
    if not answer:
        return None
    starts = list(accumulate((len(token["token"]) for token in tokens), initial=0))
    whole = "".join(token["token"] for token in tokens)
    start = whole.rfind(answer)
    if start < 0 or not _SPECIAL.fullmatch(whole[start + len(answer) :]):
        return None
    return [token for k, token in enumerate(tokens) if starts[k + 1] > start]


def _columns(found: dict[str, Any]) -> Iterator[Token]:
    """Rows from Together's columns, the format of the legacy completions API."""
    tokens, values = found.get("tokens"), found.get("token_logprobs")
    if not isinstance(tokens, list) or not isinstance(values, list):
        return
    tops = found.get("top_logprobs")
    for k, (token, value) in enumerate(zip(tokens, values, strict=False)):
        top = tops[k] if isinstance(tops, list) and k < len(tops) else None
        alternatives = [{"token": t, "logprob": p} for t, p in top.items()] if isinstance(top, dict) else top
        yield {"token": token, "logprob": value, "top_logprobs": alternatives}


def _token(row: Token, *, options: bool) -> Token:
    """One token, without bytes, ids, and alternatives that are never used."""
    text = row.get("token", row.get("content"))
    text = text if isinstance(text, str) else ""
    alternatives = row.get("top_logprobs") or row.get("top_probs") or row.get("probs")
    value = _logprob(row)
    if value is None and isinstance(alternatives, list):  # older llama.cpp lists it among the alternatives only
        same = (one for one in alternatives if isinstance(one, dict) and _text(one) == text)
        value = next((_logprob(one) for one in same), None)
    token: Token = {"token": text.encode("utf-8", "replace").decode(), "logprob": value}
    if options and isinstance(alternatives, list) and _OPTION.fullmatch(text):
        token["top_logprobs"] = [
            {"token": _text(one), "logprob": _logprob(one)}
            for one in alternatives
            if isinstance(one, dict) and _OPTION.fullmatch(_text(one))
        ]
    return token


def _text(row: Token) -> str:
    text = row.get("token", row.get("tok_str"))
    return text if isinstance(text, str) else ""


def _logprob(row: Token) -> float | None:
    value = row.get("logprob")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < math.inf:
        return round(max(float(value), -9999.0), DIGITS)
    share = row.get("prob")
    if isinstance(share, (int, float)) and 0 <= share <= 1:
        return round(math.log(share), DIGITS) if share > 0 else -9999.0
    return None
