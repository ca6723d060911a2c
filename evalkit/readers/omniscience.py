"""AA-Omniscience: tables of the published columns with a response and a grade of four.

Schema: {question_id, domain, topic, question, answer, subtopic} of ArtificialAnalysis/AA-Omniscience-Public, a response
and its grade, in a column grade, verdict or judgement: CORRECT, INCORRECT, PARTIAL_ANSWER, NOT_ATTEMPTED, or A, B, C, D
for these. The grades are read in NVIDIA-NeMo/Gym: resources_servers/omniscience/app.py. Note that C is partial here and
"not attempted" in SimpleQA.
"""

from __future__ import annotations

from evalkit.dataset.source import Head
from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields
from evalkit.readers.simpleqa_verified import response_column

MARKS = ("grade", "verdict", "judgement")
GRADES: dict[str, Verdict] = {
    **dict.fromkeys(("CORRECT", "A"), "right"),
    **dict.fromkeys(("INCORRECT", "B"), "wrong"),
    **dict.fromkeys(("PARTIAL_ANSWER", "PARTIAL", "C"), "partial"),
    **dict.fromkeys(("NOT_ATTEMPTED", "D"), "idk"),
}
PARTIAL = {"PARTIAL_ANSWER", "PARTIAL", "C"}
PARTIAL_CREDIT = 0.5


def _is_graded(head: Head) -> bool:
    return response_column(head.keys) is not None and any(name in head.keys for name in MARKS)


@reader(
    "aa-omniscience",
    about="AA-Omniscience: tables of responses with a grade of four",
    columns=("domain", "topic", "question", "answer"),
    sniff=_is_graded,
    task="aa_omniscience",
)
def aa_omniscience(row: Fields) -> ForeignRow:
    """Read one graded question."""
    column, response = next((name for name in MARKS if name in row), ""), response_column(row)
    mark = row.text(column, "").strip().upper() if column else ""
    if mark in ("", "NAN", "NONE", "NULL"):
        mark = ""
    elif mark not in GRADES:
        raise row.error(f"{column} is {mark[:60]!r}, none of {', '.join(GRADES)}")
    return ForeignRow(
        sample_id=row.text("question_id", ""),
        verdict=GRADES[mark] if mark else "unscored",
        mark=mark,
        by=column,
        text=row.text(response, "") if response else "",
        attempted=mark not in ("", "NOT_ATTEMPTED", "D"),
        target=row.texts("answer"),
        input=row.text("question"),
        model=row.text("model", ""),
        credit=PARTIAL_CREDIT if mark in PARTIAL else None,
        reason="" if mark else "no grade",
        metadata={"stratum": row.text("domain")},
    )
