"""SimpleQA Verified and AA-Omniscience: tables of the published columns with a response and a grade.

SimpleQA Verified: {original_index, problem, answer, topic, answer_type, multi_step, requires_reasoning, urls} and a
response (model_response, response, …) with grade CORRECT, INCORRECT or NOT_ATTEMPTED, or A, B, C for these. The columns
are those of google/simpleqa-verified; the grades those of its judge, which is SimpleQA's.
"""

from __future__ import annotations

from evalkit.dataset.source import Head
from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields

RESPONSES = ("model_response", "response", "predicted_answer", "prediction", "model_answer", "generation")
GRADES: dict[str, Verdict] = {
    "CORRECT": "right", "INCORRECT": "wrong", "NOT_ATTEMPTED": "idk", "A": "right", "B": "wrong", "C": "idk",
}  # fmt: skip


def response_column(names: object) -> str | None:
    """The column that holds the response; None where there is none."""
    return next((name for name in RESPONSES if name in names), None)  # type: ignore[operator]


def _has_response(head: Head) -> bool:
    return response_column(head.keys) is not None and bool({"original_index", "answer_type"} & head.keys)


@reader(
    "simpleqa-verified",
    about="SimpleQA Verified: tables of responses with a grade",
    columns=("problem", "answer", "grade"),
    sniff=_has_response,
    task="simpleqa_verified",
)
def simpleqa_verified(row: Fields) -> ForeignRow:
    """Read one graded question."""
    mark = row.text("grade", "").strip()
    graded = mark.lower() not in ("", "nan", "none", "null")
    column = response_column(row)
    return ForeignRow(
        sample_id=row.text("original_index", ""),
        verdict=row.one_of("grade", GRADES) if graded else "unscored",
        mark=mark if graded else "",
        text=row.text(column, "") if column else "",
        attempted=True,
        target=row.texts("answer"),
        input=row.text("problem"),
        model=row.text("model", ""),
        reason="" if graded else "no grade",
        metadata={"stratum": row.text("topic")} if "topic" in row else {},
    )
