"""How the entity grader's final verdicts agree with people's and with recorded ones; a part of docs/validity.md."""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from evalkit import Completion, Grade, Outcome, Sample
from evalkit.plugins import make_grader

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
PEOPLE = ("evouna_nq", "nq301", "efficientqa", "financebench", "czech_simpleqa", "simpleqa_mini")
SEVERAL = ("evouna_nq", "nq301", "efficientqa")
"""Sets whose accepted answers stand in one string, with slashes between them."""


class Answered(NamedTuple):
    """One recorded answer with its verdict."""

    sample: Sample
    text: str
    correct: bool


def table() -> str:
    """All sets as a Markdown table."""
    lines = [
        "| answers of | n | correct: precision | correct: recall | error: precision | IDK | undecided |",
        "|---|---|---|---|---|---|---|",
        *(line(name, list(_labelled(name))) for name in PEOPLE),
        line("SimpleQA in Czech, four models", list(_czech())),
        line("HLE, three models", list(_hle())),
        line("HLE, extracted answers", list(_hle_extracted())),
    ]
    return "\n".join(lines)


def line(name: str, answers: list[Answered]) -> str:
    """A row: what the rules decide without a judge, beside the recorded verdicts."""
    counts = asyncio.run(_count(answers))
    n, right = len(answers), sum(one.correct for one in answers)
    correct = counts[Outcome.CORRECT, True] + counts[Outcome.CORRECT, False]
    error = counts[Outcome.ERROR, True] + counts[Outcome.ERROR, False]
    idk = counts[Outcome.IDK, True] + counts[Outcome.IDK, False]
    undecided = counts[Outcome.MISSING, True] + counts[Outcome.MISSING, False]
    shares = (counts[Outcome.CORRECT, True] / max(1, correct), counts[Outcome.CORRECT, True] / max(1, right))
    wrong = counts[Outcome.ERROR, False] / max(1, error)
    return f"| {name} | {n:,} | {shares[0]:.3f} | {shares[1]:.3f} | {wrong:.3f} | {idk} | {undecided / n:.1%} |"


async def _count(answers: list[Answered]) -> Counter[tuple[Outcome, bool]]:
    _, entity = make_grader("entity")
    counts: Counter[tuple[Outcome, bool]] = Counter()
    for sample, text, correct in answers:
        graded = entity(sample, Completion(text=text))
        grade = graded if isinstance(graded, Grade) else await graded
        counts[grade.outcome, correct] += 1
    return counts


def _sample(question: str, *targets: str) -> Sample:
    return Sample(id="x", input=question, target=list(targets))


def _labelled(name: str) -> Iterator[Answered]:
    """Answers that were called correct or wrong, those in between left out."""
    for row in _json_lines(SHARED / "abstention" / f"{name}.jsonl"):
        if row["label"] not in ("correct", "error"):
            continue
        parts = row["target"].split("/") if name in SEVERAL else [row["target"]]
        targets = [target.strip() for target in parts if target.strip()]
        yield Answered(_sample(row["question"], *targets), row["response"], row["label"] == "correct")


def _czech() -> Iterator[Answered]:
    for path in sorted((SHARED / "real" / "simpleqa" / "czech").glob("*.csv.gz")):
        for row in csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode("utf-8"), newline="")):
            if row["grade"] in ("A", "B") and row["predicted_answer"].strip():
                yield Answered(_sample(row["problem"], row["target"]), row["predicted_answer"], row["grade"] == "A")


def _hle() -> Iterator[Answered]:
    for path in sorted((SHARED / "real" / "hle" / "zenmux").glob("judged_hle_*")):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for row in json.loads(raw)["judged_predictions"].values():
            verdict = row.get("judge_response")
            if verdict and row.get("response"):
                yield Answered(_sample("", verdict["correct_answer"]), row["response"], verdict["correct"] == "yes")


def _hle_extracted() -> Iterator[Answered]:
    csv.field_size_limit(1 << 30)
    path = SHARED / "real" / "hle" / "deepwriter" / "questions_and_answer_hle_gem3pro.csv"
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
        if row["result"] in ("pass", "fail") and row["extracted_answer"].strip():
            yield Answered(_sample(row["question"], row["answer"]), row["extracted_answer"], row["result"] == "pass")


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    for row in path.read_text(encoding="utf-8").split("\n"):
        if row.strip():
            yield json.loads(row)


if __name__ == "__main__":
    print(table())
