"""WildBench: judged scores from 1 to 10.

Schema: {session_id, parsed_result{score}, score, model_test, model_output}. There is no right and wrong in it: an
answer counts as right from the pass mark, by default 5 (the scale's "fair"), and the score is kept as partial credit,
(score − 1)/9. An empty output is no answer, whatever the judge gave it.
"""

from __future__ import annotations

from evalkit.readers.base import ForeignRow, reader
from evalkit.readers.fields import Fields
from evalkit.readers.scores import pass_mark

PASS_MARK = 5.0
TASK = "wildbench"


@reader(
    "wildbench",
    about="WildBench: judged scores (right from a --pass-mark, 5 of 10)",
    columns=("session_id", "parsed_result", "score", "model_output"),
    task=TASK,
    rule="right from the pass mark",
)
def wildbench(row: Fields) -> ForeignRow:
    """Read one conversation."""
    name, model, text = row.text("session_id"), row.text("model_test", ""), row.text("model_output", "")
    score = row.number("score", None)
    if not score:
        score = row.object("parsed_result", {}).number("score", None)
    if score is None:
        return ForeignRow(sample_id=name, verdict="failed", model=model, reason="no score")
    mark = pass_mark(row.source, PASS_MARK)
    return ForeignRow(
        sample_id=name,
        verdict="right" if score >= mark and text.strip() else "wrong",
        text=text,
        model=model,
        credit=min(1.0, max(0.0, (score - 1) / 9)),
        reason=f"score {score:g} of 10",
    )
