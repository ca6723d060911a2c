"""Every Eval Ever: files of instances.

Schema: {sample_id, model_id, evaluation_name, input{raw, reference, choices}, output{raw} or interactions,
answer_attribution[{extracted_value}], evaluation{score, is_correct}, error}. The verdict is is_correct, else a score
of 1.
"""

from __future__ import annotations

from evalkit.dataset.source import Head, as_text
from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields


def _has_output(head: Head) -> bool:
    return bool({"output", "interactions"} & head.keys)


@reader(
    "every-eval-ever",
    about="Every Eval Ever: instance files",
    columns=("sample_id", "evaluation", "input"),
    sniff=_has_output,
)
def every_eval_ever(row: Fields) -> ForeignRow:
    """Read one instance."""
    evaluation, given = row.object("evaluation", {}), row.object("input", {})
    error, score = row.value("error"), evaluation.value("score")
    scored = isinstance(score, (int, float))
    extracted = row.array("answer_attribution")
    answer = extracted[-1].get("extracted_value") if extracted and isinstance(extracted[-1], dict) else None
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict="failed" if error else _verdict(evaluation),
        text=_text(row),
        answer=None if answer is None else str(answer),
        target=given.texts("reference"),
        input=given.text("raw", ""),
        choices=given.texts("choices") or None,
        model=row.text("model_id", ""),
        task=row.text("evaluation_name", ""),
        credit=float(score) if scored and 0 <= score <= 1 else None,
        reason=as_text(error),
    )


def _verdict(evaluation: Fields) -> Verdict | None:
    right, score = evaluation.value("is_correct"), evaluation.value("score")
    if right is None and isinstance(score, (int, float)):
        right = score >= 1
    return None if right is None else "right" if right else "wrong"


def _text(row: Fields) -> str:
    output = row.value("output")
    return as_text(output.get("raw") if isinstance(output, dict) else output)
