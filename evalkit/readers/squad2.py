"""SQuAD 2.0 abstention: whether a model abstained, and whether the question had an answer.

Schema: {id, condition, is_answerable, abstained, model_output, gold_answers}: abstained is the format's mark. An
attempt at an unanswerable question is wrong; one at an answerable question has no verdict here and counts as failed.
"""

from __future__ import annotations

from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields


@reader(
    "squad2-abstention",
    about="SQuAD 2.0: abstained or not, answerable or not",
    columns=("is_answerable", "abstained", "model_output"),
    task="squad2-abstention",
)
def squad2_abstention(row: Fields) -> ForeignRow:
    """Read one question under one condition."""
    answerable, abstained, condition = row.flag("is_answerable"), row.flag("abstained"), row.text("condition", "")
    verdict: Verdict = "idk" if abstained else "failed" if answerable else "wrong"
    return ForeignRow(
        sample_id=row.text("id") + (f" ({condition})" if condition else ""),
        verdict=verdict,
        text=row.text("model_output"),
        attempted=not abstained,
        target=row.texts("gold_answers"),
        input=row.text("question", ""),
        reason="attempted; right or wrong is not in this file" if verdict == "failed" else "",
        metadata={"answerable": answerable},
    )
