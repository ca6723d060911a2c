"""WildBench: judged scores from 1 to 10.

Schema: {session_id, parsed_result{score}, score, model_test, model_output}. There is no right and wrong in it: an
answer of at least 5 counts as right (the scale's "fair"), and the score is kept as partial credit, (score − 1)/9. An
empty output is no answer, whatever the judge gave it.
"""

from __future__ import annotations

from typing import Any

from evalkit.readers import Row, RowReader, has

CUT = 5


def _row(row: dict[str, Any], number: int) -> Row:
    text = str(row["model_output"] or "")
    said = str(row.get("score") or (row.get("parsed_result") or {}).get("score") or "").strip()
    if not said:
        return Row(
            str(row["session_id"]), "failed", model=str(row.get("model_test") or ""), reason="no score", line=number
        )
    score = float(said)
    return Row(
        sample_id=str(row["session_id"]),
        verdict="right" if score >= CUT and text.strip() else "wrong",
        text=text,
        model=str(row.get("model_test") or ""),
        credit=min(1.0, max(0.0, (score - 1) / 9)),
        reason=f"score {score:g} of 10",
        line=number,
    )


READER = RowReader(
    "WildBench: judged scores (right from 5 of 10)", has("session_id", "parsed_result", "score", "model_output"), _row,
    task="wildbench", rule=f"right from a score of {CUT}",
)  # fmt: skip
