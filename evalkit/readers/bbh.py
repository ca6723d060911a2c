"""BIG-Bench Hard: the outputs that its authors publish.

Schema: {canary, outputs[{input, prediction, target}]}. No ids and no verdict. With chain of thought (the input ends
in "Let's think step by step.") the answer is what stands after the last "answer is ", without its full stop; else the
whole prediction. Right where it is the target, spaces aside: the authors' exact match.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import Row

COT = "Let's think step by step."


class BbhReader:
    """Outputs of one task."""

    about = "BBH: the authors' outputs (input, prediction, target)"
    rule = "exact match of the answer with the target"

    def sniff(self, head: Head) -> bool:
        """A list of outputs with these keys."""
        outputs = head.first.get("outputs") if head.shape == "object" else None
        first = outputs[0] if isinstance(outputs, list) and outputs else None
        return isinstance(first, dict) and {"input", "prediction", "target"} <= first.keys()

    def read(self, source: Source) -> Iterator[Row]:
        """One row an output."""
        for number, found in enumerate(source.document()["outputs"], start=1):
            with source.at(number):
                yield _row(found, number)


READER = BbhReader()


def _row(found: dict[str, Any], number: int) -> Row:
    text, target = str(found["prediction"]), str(found["target"]).strip()
    answer: str | None = text.strip()
    if str(found["input"]).rstrip().endswith(COT):
        _, marker, last = text.rpartition("answer is ")
        answer = last.strip().removesuffix(".") if marker else None
    return Row(
        sample_id=str(number),
        verdict="right" if answer == target else "wrong",
        text=text,
        answer=answer,
        no_answer=not answer and answer != target,
        target=[target],
        input=str(found["input"]).rsplit("Q:", 1)[-1].strip(),
        task="bbh",
        line=number,
    )
