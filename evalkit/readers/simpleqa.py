"""SimpleQA layouts: the CSV of grades, classified attempts, and the judged lines of a Russian suite.

* CSV {problem, target, predicted_answer, grade}: A correct, B incorrect, C not attempted. No ids; a question may
  occur twice, so a row's id is its question's text with its occurrence.
* {question_id, provider_response, classifier{classification}}: abstention is the file's mark; an attempt has no
  verdict here and counts as not judged. The classifier's confidence is not the model's.
* {id, instruction, answer, is_correct, pred or judge_pred}: judge_pred names all three outcomes; pred "?" means that
  no answer could be read.
"""

from __future__ import annotations

from evalkit.dataset.source import Head
from evalkit.readers.base import ForeignRow, Verdict, reader
from evalkit.readers.fields import Fields

_GRADES: dict[str, Verdict] = {"A": "right", "B": "wrong", "C": "idk"}
_JUDGED: dict[str, Verdict] = {"correct": "right", "incorrect": "wrong", "not_attempted": "idk"}
_CLASSIFIED: dict[str, Verdict] = {"abstention": "idk", "abstain": "idk", "attempt": "unscored"}


@reader(
    "simpleqa",
    about="SimpleQA: CSV of grades A, B, C",
    columns=("problem", "target", "predicted_answer", "grade"),
    task="simpleqa",
)
def simpleqa(row: Fields) -> ForeignRow:
    """Read one graded question."""
    graded = bool(row.text("grade").strip())
    return ForeignRow(
        verdict=row.one_of("grade", _GRADES) if graded else "unscored",
        mark=row.text("grade").strip(),
        by="grade",
        text=row.text("predicted_answer"),
        attempted=True,
        target=row.texts("target"),
        input=row.text("problem"),
        reason="" if graded else "no grade",
    )


@reader(
    "simpleqa-attempts",
    about="SimpleQA: attempts and abstentions as a classifier saw them",
    columns=("question_id", "provider_response", "classifier"),
    task="simpleqa",
)
def simpleqa_attempts(row: Fields) -> ForeignRow:
    """Read one classified response."""
    classifier, metadata = row.object("classifier"), row.object("metadata", {})
    classified = classifier.text("classification").lower()
    if classified not in _CLASSIFIED:
        raise row.error(f"classifier.classification is {classified!r}, none of {', '.join(_CLASSIFIED)}")
    verdict = _CLASSIFIED[classified]
    unknown = "attempted; right or wrong is not in this file"
    return ForeignRow(
        sample_id=row.text("question_id"),
        verdict=verdict,
        mark=classified,
        by="classification",
        text=row.text("provider_response"),
        input=row.text("question", ""),
        model=metadata.text("real_provider_name", "") or row.text("provider_name", ""),
        reason=unknown if verdict == "unscored" else classifier.text("reasoning", ""),
    )


def _is_judged(head: Head) -> bool:
    return bool({"pred", "judge_pred"} & head.keys)


@reader(
    "simple-evals-ru",
    about="JSON lines with is_correct and pred or judge_pred (Russian simple-evals)",
    columns=("id", "instruction", "answer", "is_correct"),
    sniff=_is_judged,
)
def simple_evals_ru(row: Fields) -> ForeignRow:
    """Read one judged answer."""
    name, text, pred, judged = row.text("id"), row.text("answer"), row.text("pred", None), "judge_pred" in row
    right: Verdict = "right" if row.flag("is_correct", False) else "wrong"
    if not judged and "is_correct" not in row:
        right = "unscored"
    extracted = pred if pred != "?" else None
    return ForeignRow(
        sample_id=name,
        verdict=row.one_of("judge_pred", _JUDGED) if judged else right,
        mark=row.text("judge_pred", ""),
        by="judge_pred" if judged else "is_correct",
        text=text,
        answer=extracted,
        attempted=judged or extracted is not None,
        unreadable=not judged and (pred == "?" or not text.strip()),
        input=row.text("instruction"),
        metadata={"stratum": name.split("/", maxsplit=1)[0]} if "/" in name else {},
    )
