"""BIG-Bench Hard: the outputs that its authors publish.

Schema: {canary, outputs[{input, prediction, target}]}. No ids and no verdict; a file holds one subtask, which stands in
its name (SUBTASK_few_shot_template_….json), in a folder a model. With chain of thought (the input ends
in "Let's think step by step.") the answer is what follows the last "answer is ", without its full stop; else the
whole prediction. Right where it is the target, spaces aside: the authors' exact match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import ForeignRow, Reader, document_fields, objects, read_each
from evalkit.readers.fields import Fields

_SUBTASK = re.compile(r"(.+?)_few_shot_template")
COT = "Let's think step by step."


class BbhReader(Reader):
    """Outputs of one task, in one document."""

    name = "bbh"
    about = "BBH: the authors' outputs (input, prediction, target)"
    rule = "exact match of the answer with the target"
    stems = ("*_few_shot_template*",)
    in_parts = True
    companions = ("*_eval_metrics.jsonl",)

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of the first output."""
        outputs = head.first.get("outputs") if head.shape == "object" else None
        first = outputs[0] if isinstance(outputs, list) and outputs else None
        return isinstance(first, dict) and {"input", "prediction", "target"} <= first.keys()

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each output."""
        match = _SUBTASK.match(source.path.name)
        subtask = match[1] if match else ""
        outputs = objects(source, document_fields(source).array("outputs"))
        yield from read_each(source, outputs, lambda row: _row(row, subtask))


BBH = BbhReader()


def _row(row: Fields, subtask: str) -> ForeignRow:
    text, target, question = row.text("prediction"), row.text("target").strip(), row.text("input")
    answer: str | None = text.strip()
    if question.rstrip().endswith(COT):
        _, marker, last = text.rpartition("answer is ")
        answer = last.strip().removesuffix(".") if marker else None
    return ForeignRow(
        sample_id=f"{subtask}/{row.place}" if subtask else str(row.place),
        verdict="right" if answer == target else "wrong",
        text=text,
        answer=answer,
        unreadable=not answer and answer != target,
        target=[target],
        input=question.rsplit("Q:", 1)[-1].strip(),
        task="bbh",
        metadata={"stratum": subtask} if subtask else {},
    )
