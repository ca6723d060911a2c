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
from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields

_PATTERNS = (
    re.compile(r'"answer"\s*:\s*"([^"]*?)"'),
    re.compile(r'"answer"\s*:\s*"(.*?)"', re.DOTALL),
    re.compile(r'"answer"\s*:\s*([^,\s]*)'),
)
_BOXED = re.compile(r"\\boxed{([\w\d]+)}")
_FRACTION = re.compile(r"(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@reader(
    "zeroeval",
    about="ZeroEval: math outputs (session_id, output, answer)",
    columns=("session_id", "output", "generator", "answer"),
    rule="the first number of its JSON answer equals that of the gold (ZeroEval)",
)
def zeroeval(row: Fields) -> ForeignRow:
    """Read one problem."""
    outputs, generator, gold = row.array("output"), row.text("generator"), row.text("answer")
    text = as_text(outputs[0]) if outputs else ""
    answer = extract(text, generator)
    right = answer is not None and (first := first_number(answer)) is not None and first == first_number(gold)
    return ForeignRow(
        sample_id=row.text("id", "") or row.text("session_id"),
        verdict="right" if right else "wrong",
        text=text,
        answer=answer,
        unreadable=answer is None,
        attempted=answer is not None,
        target=[gold],
        input=row.text("problem", ""),
        model=generator,
        task=row.text("dataset", "") or "zeroeval",
    )


def extract(text: str, generator: str) -> str | None:
    """Extract the answer that an output gives; None where there is none."""
    if (given := _first_object(text)) is not None and given.get("answer") is not None:
        return str(given["answer"])
    for pattern in _PATTERNS:
        if match := pattern.search(text):
            return match.group(1)
    if "Llama-3.1" in generator and "boxed" in text[-30:] and (match := _BOXED.search(text)):
        return match.group(1)
    return None


def first_number(text: str) -> float | None:
    """Read the first number of an answer, a plain fraction worked out; None where there is none."""
    text = text.replace("$", "").replace(",", "").strip()
    if (fraction := _FRACTION.fullmatch(text)) and float(fraction.group(2)):
        return float(fraction.group(1)) / float(fraction.group(2))
    number = _NUMBER.search(text)
    return float(number.group()) if number else None


def _first_object(text: str) -> dict[str, Any] | None:
    start, depth = text.find("{"), 0
    for position in range(start, len(text)) if start >= 0 else ():
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            try:
                parsed = json.loads(text[start : position + 1].replace("\n", ""))
            except (ValueError, RecursionError):
                return None
            return parsed if isinstance(parsed, dict) else None
    return None
