"""Omni-MATH layouts: cautious runs that may say UNSURE, the Qwen2.5-Math harness, the GPT-4 judge.

* {idx, category, all_boxed[], model_generation, pred, gt, score}: category is correct, abstained, incorrect_standard
  or incorrect_mixed (UNSURE beside an answer: an attempt).
* {idx, gt, code, pred[], report, score[]}: score[0] is the verdict; pred [""] or [null] is no answer.
* {original_json, openai_args, gen}: the judge writes "## Equivalence Judgement" TRUE or FALSE and the student's final
  answer, "None" where there was none.
"""

from __future__ import annotations

import json
import re

from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields

TASK = "omni-math"
_JUDGEMENT = re.compile(r"##\s*Equivalence Judgement\s*\n\s*(TRUE|FALSE)", re.IGNORECASE)
_STUDENT = re.compile(r"##\s*Student Final Answer\s*\n([^\n]*)", re.IGNORECASE)
_NONE = re.compile(r"(?:none\b|not provided)", re.IGNORECASE)
_CATEGORIES: dict[str, Verdict] = {
    "correct": "right", "abstained": "idk", "incorrect_standard": "wrong", "incorrect_mixed": "wrong",
    "incorrect": "wrong",
}  # fmt: skip


@reader(
    "omni-math-cautious",
    about="Omni-MATH: cautious runs (category, all_boxed)",
    columns=("category", "all_boxed", "model_generation", "score"),
    task=TASK,
    stems=("cautious_eval",),
)
def omni_math_cautious(row: Fields) -> ForeignRow:
    """Read one problem of a cautious run."""
    verdict = row.one_of("category", _CATEGORIES)
    return ForeignRow(
        sample_id=row.text("idx"),
        verdict=verdict,
        text=row.text("model_generation", ""),
        answer=row.text("pred", "") or None,
        target=row.texts("gt"),
        input=row.text("problem", ""),
        attempted=verdict != "idk",
    )


@reader(
    "math-harness",
    about="math harness of Qwen2.5-Math (gt, code, pred, score)",
    columns=("gt", "code", "pred", "score", "report"),
    task=TASK,
    stems=("math_eval",),
)
def math_harness(row: Fields) -> ForeignRow:
    """Read one problem of the math harness."""
    pred, score = row.array("pred"), row.array("score")
    answer = str(pred[0]) if pred and pred[0] else None
    return ForeignRow(
        sample_id=row.text("idx"),
        verdict="right" if score and score[0] else "wrong",
        text=row.text("code", ""),
        answer=answer,
        unreadable=answer is None,
        attempted=answer is not None,
        target=row.texts("gt"),
        input=row.text("question", ""),
    )


@reader(
    "omni-math-judged",
    about="Omni-MATH: judged by GPT-4 (original_json, gen)",
    columns=("original_json", "openai_args", "gen"),
    task=TASK,
    stems=("*gpteval",),
)
def omni_math_judged(row: Fields) -> ForeignRow:
    """Read one problem that GPT-4 judged."""
    sample, judged = _original(row), row.text("gen")
    judgement, student = _JUDGEMENT.search(judged), _STUDENT.search(judged)
    answer = student.group(1).strip() if student else ""
    unreadable = bool(_NONE.match(answer))
    return ForeignRow(
        sample_id=row.text("uuid", "") or str(row.place),
        verdict="failed" if not judgement else "right" if judgement.group(1).upper() == "TRUE" else "wrong",
        text=sample.text("model_generation", ""),
        answer=answer or None,
        unreadable=unreadable,
        attempted=bool(answer) and not unreadable,
        target=sample.texts("answer"),
        input=sample.text("problem", ""),
        reason="" if judgement else "the judge gave no judgement",
    )


def _original(row: Fields) -> Fields:
    """The problem and its answer, kept as JSON text."""
    kept = row.value("original_json")
    if not isinstance(kept, str):
        return row.object("original_json")
    try:
        original = json.loads(kept)
    except (ValueError, RecursionError) as error:
        raise row.error("original_json is not JSON") from error
    return Fields({"original_json": original}, row.source, row.place).object("original_json")
