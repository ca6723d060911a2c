"""ZeroEval: outputs of its math tasks, with gold and without a verdict.

Schema: {session_id, id, chat_history[], output[], generator, dataset, problem, answer}. Graded as ZeroEval does: the
answer is the `answer` of the first JSON object in the output, else what a pattern finds after "answer":, and is right
where its first number equals that of the gold. Without either, no answer could be read.
"""

from __future__ import annotations

import json
import re
from typing import Any

from evalkit.dataset.source import as_text
from evalkit.readers.base import Row, RowReader, has

_PATTERNS = (
    re.compile(r'"answer"\s*:\s*"([^"]*?)"'),
    re.compile(r'"answer"\s*:\s*"(.*?)"', re.DOTALL),
    re.compile(r'"answer"\s*:\s*([^,\s]*)'),
)
_BOXED = re.compile(r"\\boxed{([\w\d]+)}")
_FRACTION = re.compile(r"(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _row(row: dict[str, Any], number: int) -> Row:
    text, generator = as_text(row["output"][0] if row["output"] else ""), str(row["generator"])
    answer = extracted(text, generator)
    gold = str(row["answer"])
    right = answer is not None and (first := first_number(answer)) is not None and first == first_number(gold)
    return Row(
        sample_id=str(row.get("id", row["session_id"])),
        verdict="right" if right else "wrong",
        text=text,
        answer=answer,
        no_answer=answer is None,
        claims=answer is not None,
        target=[gold],
        input=str(row.get("problem") or ""),
        model=generator,
        task=str(row.get("dataset") or "zeroeval"),
        line=number,
    )


def extracted(text: str, generator: str) -> str | None:
    """The answer that an output gives, None where there is none."""
    if (found := _first_object(text)) is not None and found.get("answer") is not None:
        return str(found["answer"])
    for pattern in _PATTERNS:
        if match := pattern.search(text):
            return match.group(1)
    if "Llama-3.1" in generator and "boxed" in text[-30:] and (match := _BOXED.search(text)):
        return match.group(1)
    return None


def first_number(text: str) -> float | None:
    """The first number of an answer, a plain fraction worked out."""
    text = text.replace("$", "").replace(",", "").strip()
    if (fraction := _FRACTION.fullmatch(text)) and float(fraction.group(2)):
        return float(fraction.group(1)) / float(fraction.group(2))
    found = _NUMBER.search(text)
    return float(found.group()) if found else None


def _first_object(text: str) -> dict[str, Any] | None:
    start, depth = text.find("{"), 0
    for position in range(start, len(text)) if start >= 0 else ():
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            try:
                found = json.loads(text[start : position + 1].replace("\n", ""))
            except (ValueError, RecursionError):
                return None
            return found if isinstance(found, dict) else None
    return None


READER = RowReader(
    "ZeroEval: math outputs (session_id, output, answer)", has("session_id", "output", "generator", "answer"), _row,
    rule="the first number of its JSON answer equals that of the gold (ZeroEval)",
)  # fmt: skip
