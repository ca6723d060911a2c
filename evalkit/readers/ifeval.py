"""IFEval: the results of its evaluation script, and the responses without them.

Schema: {follow_all_instructions, follow_instruction_list[], instruction_id_list[], prompt, response}, or {prompt,
response}, which holds no verdict. Strict and loose results have the same keys and texts: only the user knows which
file is which. The share of instructions that were followed is kept as partial credit.
"""

from __future__ import annotations

from evalkit.dataset.source import Head
from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields


@reader(
    "ifeval",
    about="IFEval: results of its script (follow_all_instructions)",
    columns=("follow_all_instructions", "follow_instruction_list", "response"),
    task="ifeval",
    stems=("eval_results_*",),
)
def ifeval(row: Fields) -> ForeignRow:
    """Read one graded response."""
    followed = row.array("follow_instruction_list")
    return ForeignRow(
        sample_id=_name(row),
        verdict="right" if row.flag("follow_all_instructions") else "wrong",
        text=row.text("response"),
        input=row.text("prompt", ""),
        credit=sum(map(bool, followed)) / len(followed) if followed else None,
    )


def _is_responses(head: Head) -> bool:
    return head.has_rows and head.keys in ({"prompt", "response"}, {"prompt", "response", "key"})


@reader("prompt-response", about="prompt and response, ungraded", sniff=_is_responses, task="ifeval")
def prompt_response(row: Fields) -> ForeignRow:
    """Read one response."""
    return ForeignRow(sample_id=_name(row), text=row.text("response"), input=row.text("prompt"))


def _name(row: Fields) -> str:
    """The id, which some files lack: then the place, which is the same in every model's file."""
    return row.text("key", str(row.place))
