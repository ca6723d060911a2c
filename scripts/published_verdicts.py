"""Published numbers beside evalkit's where the published outputs hold verdicts, marks or counts."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import regrading

import evalkit
from evalkit import Scorecard, non_answer
from evalkit.metrics.catalog import simpleqa_f, wb_score
from evalkit.metrics.outcomes import Counts

REAL = regrading.REAL
AT_LEAST = 10
"""Answers of a harness's log from which its accuracy is compared."""


class Row(NamedTuple):
    """One published number."""

    benchmark: str
    model: str
    measure: str
    published: float
    """In percent, or in the publisher's unit."""
    ours: float
    by: str
    """The grader, or what the number follows from."""
    n: int


def truth(folder: str) -> Mapping[str, Any]:
    """What a folder says of its files: name → its results."""
    content = json.loads((REAL / folder / "TRUTH.json").read_text(encoding="utf-8"))
    return {
        name: about["results"] for name, about in content.items() if isinstance(about, dict) and about.get("results")
    }


def rows() -> Iterator[Row]:
    """Every such number."""
    yield from _hle()
    yield from _czech_simpleqa()
    yield from _wildbench()
    yield from _swe_bench()
    yield from _targets()
    yield from _penalties()
    yield from _squad2()
    yield from _vectara()
    yield from _harnesses()


def rescored(path: Path, **options: Any) -> list[Scorecard]:
    """The scorecards that `evalkit rescore` makes of a file or folder; none where it holds nothing to score."""
    with tempfile.TemporaryDirectory() as out:
        try:
            return list(evalkit.rescore(str(path), out=out, **options).scorecards)
        except evalkit.EvalkitError:
            return []


def _hle() -> Iterator[Row]:
    # The other files of this folder lack answers, and their publisher leaves them out of its numbers.
    for name, results in truth("hle").items():
        said = results[0].get("published") or {}
        if "totals_row_correct" in said:
            (card,) = rescored(REAL / "hle" / name)
            by = "the judge's verdicts"
            yield Row("HLE", "Gemini 3 Pro (DeepWriter)", "right", said["totals_row_correct"], card.correct, by, card.n)


def _czech_simpleqa() -> Iterator[Row]:
    for name, results in truth("simpleqa").items():
        if "published_percent" in results[0]:
            (card,) = rescored(REAL / "simpleqa" / name)
            ours = 100 * simpleqa_f(Counts(correct=card.correct, error=card.error, idk=card.idk))
            model, number = Path(name).name.removesuffix(".csv.gz"), results[0]["published_percent"]
            yield Row("SimpleQA in Czech", model, "F", number, ours, "the judge's grades", card.n)


def _wildbench() -> Iterator[Row]:
    for name, results in truth("wildbench").items():
        if results[0].get("published"):
            marks = _marks(REAL / "wildbench" / name)
            measured = {"mark": sum(marks), "marks": len(marks)}
            ours = wb_score(Counts(correct=len(marks), credit=0.5, measures=measured))
            model, number = Path(name).name.partition(".json")[0], results[0]["published"]["adjusted_score"]
            yield Row("WildBench", model, "WB-Score", number, ours or 0, "the judge's marks", len(marks))


def _marks(path: Path) -> list[int]:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [int(row["score"]) for row in json.loads(text) if str(row.get("score", "")).isdigit()]


def _swe_bench() -> Iterator[Row]:
    for name, results in truth("swe-bench").items():
        said = results[0]
        number = said.get("published_resolved", (said.get("published") or {}).get("resolved_instances"))
        if number is None:
            continue
        (card,) = rescored(REAL / "swe-bench" / name)
        benchmark = "SWE-bench-java" if "multi-swe" in name else "SWE-bench Lite"
        model, by = Path(name).parent.name, "the harness's report"
        yield Row(benchmark, model, "resolved", number, card.correct, by, card.n)


def _targets() -> Iterator[Row]:
    """Runs with stated targets; the accuracy they publish is that of what they call attempted."""
    for folder, benchmark in (("gpqa", "GPQA, targets stated"), ("mmlu-pro", "MMLU-Pro, targets stated")):
        for name, results in truth(folder).items():
            if "stutisinghal" not in name:
                continue
            cards = {card.prompt_threshold: card for card in rescored(REAL / folder / name)}
            for said in (result["published"] for result in results):
                card = cards[float(said["threshold"])]
                if card.accuracy_given_attempted is None:
                    continue
                model = f"{Path(name).name.split('-')[0]}, t = {said['threshold']}"
                number, ours = float(said["accuracy_at_t"]), 100 * card.accuracy_given_attempted
                yield Row(benchmark, model, "accuracy of attempted", number, ours, "the recorded options", card.n)


def _penalties() -> Iterator[Row]:
    """A published implementation of the same rule, from its counts."""
    for name, results in truth("simpleqa").items():
        for result in results:
            said = result.get("published")
            if not said:
                continue
            counts = {kind: said[f"n_{said_as}"] for kind, said_as in _COUNTED.items()}
            card = evalkit.score(**counts, threshold=said["threshold_value"])
            model = result["slice"].removeprefix("provider ")
            measure, by = f"score at t = {said['threshold_value']}", "the published counts"
            yield Row("SimpleQA", model, measure, said["quality_score"], card.scores[0].value, by, card.n)
            if "idk" in result:
                number = 100 * result["idk"] / card.n
                ours = 100 * _abstained(REAL / "simpleqa" / name, model) / card.n
                yield Row("SimpleQA", model, "abstained", number, ours, "the abstention detector", card.n)


_COUNTED = {"correct": "correct", "error": "incorrect", "idk": "not_attempted"}


def _abstained(path: Path, provider: str) -> int:
    return sum(
        non_answer(row["provider_response"] or "", question=row["question"]) is not None
        for row in regrading.rows(path)
        if row["metadata"]["real_provider_name"] == provider
    )


def _squad2() -> Iterator[Row]:
    for name, results in truth("abstention-squad2").items():
        said = results[0]["published"]
        answers = list(regrading.rows(REAL / "abstention-squad2" / name))
        for answerable, measure, number in (
            (False, "abstained, unanswerable", 100 * said["abstention_rate"]),
            (True, "attempted, answerable", 100 * said["answer_attempt_rate"]),
        ):
            some = [row for row in answers if bool(row["is_answerable"]) is answerable]
            silent = sum(non_answer(row["model_output"], question=row["question"]) is not None for row in some)
            ours = 100 * (len(some) - silent if answerable else silent) / len(some)
            model = "Llama-3-8B, told to abstain"
            yield Row("SQuAD 2, abstention", model, measure, number, ours, "the abstention detector", len(some))


def _vectara() -> Iterator[Row]:
    for name, results in truth("vectara").items():
        said, (card,) = results[0]["published"], rescored((REAL / "vectara" / name).parent)
        model, by = "/".join(Path(name).parts[1:-1]), "the judge's scores"
        ours = 100 * card.error / (card.correct + card.error)
        yield Row("Vectara", model, "hallucination rate", said["hallucination_rate"], ours, by, card.n)
        yield Row("Vectara", model, "answer rate", said["answer_rate"], 100 * (1 - card.idk / card.n), by, card.n)


def _harnesses() -> Iterator[Row]:
    """Logs of harnesses, by their verdicts; HELM's texts by a grader of ours."""
    for name, results in truth("helm").items():
        folder = (REAL / "helm" / name).parent
        number = next(value for _, split, value in results[0]["published"] if split == "test")
        for by, options in (("the recorded verdicts", {}), ("`choice`", {"regrade": "choice"})):
            for card in rescored(folder, **options):
                yield Row("HELM", f"{card.model}, {card.task}", "accuracy", 100 * number, _percent(card), by, card.n)
    yield from _lm_eval()
    for name, results in truth("inspect").items():
        said = results[0].get("published")
        first = next(iter(said), None) if isinstance(said, list) else said
        if first and results[0]["n"] >= AT_LEAST:
            for card in rescored(REAL / "inspect" / name):
                by, number = "the recorded verdicts", 100 * first["accuracy"]
                yield Row("Inspect", f"{card.model}, {card.task}", "accuracy", number, _percent(card), by, card.n)
    for name, results in truth("gpqa").items():
        if "echohive" in name:
            (card,) = rescored(REAL / "gpqa" / name)
            number = results[0]["published"]["accuracy_percent"]
            yield Row(
                "GPQA diamond", str(card.model), "accuracy", number, _percent(card), "the recorded verdicts", card.n
            )


def _lm_eval() -> Iterator[Row]:
    """Results files that hold their samples: the mean over their tasks."""
    for name, results in truth("lm-eval").items():
        said = [next(iter(result["published"].values())) for result in results if result.get("published")]
        cards = rescored(REAL / "lm-eval" / name) if "mattdepaolis" in name else []
        if cards:
            number, ours = 100 * sum(said) / len(said), sum(map(_percent, cards)) / len(cards)
            measure, by = f"mean of {len(cards)} tasks", "the recorded verdicts"
            n = sum(card.n for card in cards)
            yield Row("lm-eval, leaderboard tasks", str(cards[0].model), measure, number, ours, by, n)


def _percent(card: Scorecard) -> float:
    return 100 * card.correct / card.n
