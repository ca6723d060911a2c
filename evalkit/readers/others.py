"""Single layouts: Vectara's hallucination judgements, SQuAD 2.0 abstention, Every Eval Ever instances.

* {summary_uid, hhem_score, is_valid}: not valid is no answer; a score from the pass mark, by default 0.5, is right.
  Uids repeat where texts do, so a row's place is its id. Texts and the model stand in summaries.jsonl beside it.
* {is_answerable, abstained, model_output, gold_answers}: abstained is the format's mark; an attempt at an
  unanswerable question is wrong, one at an answerable question has no verdict here and counts as failed.
* Every Eval Ever: {sample_id, input{raw, reference}, output{raw} or interactions, evaluation{score, is_correct}, …}.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import Row, RowReader, Verdict, has

CUT = 0.5


class VectaraReader:
    """Judgements with the summaries beside them."""

    about = "Vectara hallucination leaderboard: judgments.jsonl"
    rule = "right from the pass mark, an HHEM score of 0.5"

    def sniff(self, head: Head) -> bool:
        """By its keys."""
        return has("summary_uid", "hhem_score", "is_valid")(head)

    def read(self, source: Source) -> Iterator[Row]:
        """One row a summary."""
        mark = CUT if source.pass_mark is None else source.pass_mark
        texts, model = _summaries(source, source.path.with_name("summaries.jsonl"))
        for number, found in source.rows():
            with source.at(number):
                uid, score = str(found["summary_uid"]), float(found["hhem_score"])
                valid = bool(found["is_valid"])
                text = texts.get(uid)
                verdict: Verdict = "right" if valid and score >= mark else "wrong"
                if text is not None and text.strip() in ("", "[]"):
                    text = ""
            yield Row(
                str(number), verdict, text=text if not valid or text else None, no_answer=not valid, claims=valid,
                model=model, task="vectara", credit=min(1.0, max(0.0, score)), line=number,
            )  # fmt: skip


def _summaries(source: Source, path: Path) -> tuple[dict[str, str], str]:
    texts: dict[str, str] = {}
    model = ""
    if path.is_file():
        try:
            for _, row in source.fork(path).rows():
                texts[str(row.get("summary_uid"))] = as_text(row.get("summary"))
                model = model or "/".join(str(row[key]) for key in ("company", "model_name") if row.get(key))
        except InputError as error:
            source.warn(f"{path.name} beside it cannot be read ({error})")
    return texts, model


def _squad(row: dict[str, Any], number: int) -> Row:
    answerable = bool(row["is_answerable"])
    verdict: Verdict = "idk" if row["abstained"] else "failed" if answerable else "wrong"
    return Row(
        sample_id=f"{row['id']}" + (f" ({row['condition']})" if row.get("condition") else ""),
        verdict=verdict,
        text=str(row["model_output"]),
        claims=not row["abstained"],
        target=targets_of(row.get("gold_answers")),
        input=str(row.get("question") or ""),
        line=number,
        reason="attempted; right or wrong is not in this file" if verdict == "failed" else "",
        metadata={"answerable": answerable},
    )


def _instance(row: dict[str, Any], number: int) -> Row:
    evaluation, given = row.get("evaluation") or {}, row.get("input") or {}
    right = evaluation.get("is_correct")
    score = evaluation.get("score")
    if right is None and isinstance(score, (int, float)):
        right = score >= 1
    verdict: Verdict | None = None if right is None else "right" if right else "wrong"
    output = row.get("output") or {}
    text = as_text(output.get("raw")) if isinstance(output, dict) else as_text(output)
    extracted = row.get("answer_attribution") or []
    answer = extracted[-1].get("extracted_value") if extracted and isinstance(extracted[-1], dict) else None
    return Row(
        sample_id=str(row["sample_id"]),
        verdict="failed" if row.get("error") else verdict,
        text=text,
        answer=None if answer is None else str(answer),
        target=targets_of(given.get("reference")),
        input=as_text(given.get("raw")),
        choices=given.get("choices") or None,
        model=str(row.get("model_id") or ""),
        task=str(row.get("evaluation_name") or ""),
        credit=float(score) if isinstance(score, (int, float)) and 0 <= score <= 1 else None,
        reason=as_text(row.get("error")),
        line=number,
    )


def _is_instance(head: Head) -> bool:
    return has("sample_id", "evaluation", "input")(head) and ("output" in head.keys or "interactions" in head.keys)


VECTARA = VectaraReader()
SQUAD = RowReader(
    "SQuAD 2.0: abstained or not, answerable or not", has("is_answerable", "abstained", "model_output"), _squad,
    task="squad2-abstention",
)  # fmt: skip
INSTANCES = RowReader("Every Eval Ever: instance files", _is_instance, _instance)
