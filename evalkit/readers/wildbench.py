"""WildBench: judged scores from 1 to 10.

Schema: {session_id, parsed_result{score}, score, model_test, model_output}. There is no right and wrong in it: an
answer counts as right from the pass mark, by default 5 (the scale's "fair"), and the score is kept as partial credit,
(score − 1)/9. An empty output is no answer, whatever the judge gave it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.readers.base import Row, has

PASS_MARK = 5.0


class WildbenchReader:
    """Judged scores."""

    about = "WildBench: judged scores (right from a --pass-mark, 5 of 10)"
    rule = "right from the pass mark"

    def sniff(self, head: Head) -> bool:
        """By its keys."""
        return has("session_id", "parsed_result", "score", "model_output")(head)

    def read(self, source: Source) -> Iterator[Row]:
        """One row a conversation."""
        mark = PASS_MARK if source.pass_mark is None else source.pass_mark
        for number, found in source.rows():
            with source.at(number):
                row = _row(found, mark)
            row.line = number
            yield row


READER = WildbenchReader()


def _row(row: dict[str, Any], mark: float) -> Row:
    name, model = str(row["session_id"]), str(row.get("model_test") or "")
    text = str(row["model_output"] or "")
    said = str(row.get("score") or (row.get("parsed_result") or {}).get("score") or "").strip()
    if not said:
        return Row(name, "failed", model=model, task="wildbench", reason="no score")
    score = float(said)
    return Row(
        sample_id=name,
        verdict="right" if score >= mark and text.strip() else "wrong",
        text=text,
        model=model,
        task="wildbench",
        credit=min(1.0, max(0.0, (score - 1) / 9)),
        reason=f"score {score:g} of 10",
    )
