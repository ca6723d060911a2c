"""Omni-MATH layouts: cautious runs that may say UNSURE, the Qwen2.5-Math harness, the GPT-4 judge.

* {idx, category, all_boxed[], model_generation, pred, gt, score}: category is correct, abstained, incorrect_standard
  or incorrect_mixed (UNSURE beside an answer: a claim).
* {idx, gt, code, pred[], report, score[]}: score[0] is the verdict; pred [""] or [null] is no answer.
* {original_json, openai_args, gen}: the judge writes "## Equivalence Judgement" TRUE or FALSE and the student's final
  answer, "None" where there was none.
"""

from __future__ import annotations

import json
import re
from typing import Any

from evalkit.dataset.source import as_text, targets_of
from evalkit.readers.base import Row, RowReader, Verdict, has

_JUDGEMENT = re.compile(r"##\s*Equivalence Judgement\s*\n\s*(TRUE|FALSE)", re.IGNORECASE)
_STUDENT = re.compile(r"##\s*Student Final Answer\s*\n([^\n]*)", re.IGNORECASE)
_NONE = re.compile(r"(?:none\b|not provided)", re.IGNORECASE)
_CATEGORIES: dict[str, Verdict] = {
    "correct": "right", "abstained": "idk", "incorrect_standard": "wrong", "incorrect_mixed": "wrong",
    "incorrect": "wrong",
}  # fmt: skip


def _cautious(row: dict[str, Any], number: int) -> Row:
    return Row(
        sample_id=str(row["idx"]),
        verdict=_CATEGORIES[str(row["category"])],
        text=as_text(row["model_generation"]),
        answer=str(row["pred"]) if row.get("pred") else None,
        target=targets_of(row.get("gt")),
        input=str(row.get("problem") or ""),
        claims=row["category"] != "abstained",
        line=number,
    )


def _harness(row: dict[str, Any], number: int) -> Row:
    pred = (row["pred"] or [None])[0]
    return Row(
        sample_id=str(row["idx"]),
        verdict="right" if (row["score"] or [False])[0] else "wrong",
        text=as_text(row["code"]),
        answer=str(pred) if pred else None,
        no_answer=not pred,
        claims=bool(pred),
        target=targets_of(row.get("gt")),
        input=str(row.get("question") or ""),
        line=number,
    )


def _gpt_eval(row: dict[str, Any], number: int) -> Row:
    original = row["original_json"]
    sample = json.loads(original) if isinstance(original, str) else original
    said, student = _JUDGEMENT.search(row["gen"]), _STUDENT.search(row["gen"])
    answer = student.group(1).strip() if student else ""
    return Row(
        sample_id=str(row.get("uuid") or number),
        verdict="failed" if not said else "right" if said.group(1).upper() == "TRUE" else "wrong",
        text=as_text(sample.get("model_generation")),
        answer=answer or None,
        no_answer=bool(_NONE.match(answer)),
        claims=bool(answer) and not _NONE.match(answer),
        target=targets_of(sample.get("answer")),
        input=str(sample.get("problem") or ""),
        line=number,
        reason="" if said else "the judge gave no judgement",
    )


CAUTIOUS = RowReader(
    "Omni-MATH: cautious runs (category, all_boxed)",
    has("category", "all_boxed", "model_generation", "score"), _cautious, task="omni-math",
)  # fmt: skip
HARNESS = RowReader(
    "math harness of Qwen2.5-Math (gt, code, pred, score)", has("gt", "code", "pred", "score", "report"), _harness,
    task="omni-math",
)  # fmt: skip
GPT_EVAL = RowReader(
    "Omni-MATH: judged by GPT-4 (original_json, gen)", has("original_json", "openai_args", "gen"), _gpt_eval,
    task="omni-math",
)  # fmt: skip
