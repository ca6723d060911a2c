"""IFEval: the results of its evaluation script, and the responses without them.

Schema: {follow_all_instructions, follow_instruction_list[], instruction_id_list[], prompt, response}, or {prompt,
response}, which holds no verdict. Strict and loose results have the same keys and texts: only the user knows which
file is which. The share of instructions that were followed is kept as partial credit.
"""

from __future__ import annotations

from typing import Any

from evalkit.dataset.source import Head
from evalkit.readers.base import Row, RowReader, has


def _row(row: dict[str, Any], number: int) -> Row:
    followed = row["follow_instruction_list"]
    return Row(
        sample_id=str(row.get("key", number)),
        verdict="right" if row["follow_all_instructions"] else "wrong",
        text=str(row["response"]),
        input=str(row.get("prompt") or ""),
        credit=sum(map(bool, followed)) / len(followed) if followed else None,
        line=number,
    )


def _ungraded(row: dict[str, Any], number: int) -> Row:
    return Row(str(row.get("key", number)), None, text=str(row["response"]), input=str(row["prompt"]), line=number)


def _is_responses(head: Head) -> bool:
    return head.has_rows and head.keys in ({"prompt", "response"}, {"prompt", "response", "key"})


READER = RowReader(
    "IFEval: results of its script (follow_all_instructions)",
    has("follow_all_instructions", "follow_instruction_list", "response"), _row, task="ifeval",
)  # fmt: skip
RESPONSES = RowReader("prompt and response, ungraded", _is_responses, _ungraded, task="ifeval")
