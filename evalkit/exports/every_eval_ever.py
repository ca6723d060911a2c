"""Every Eval Ever, schema 0.3.0: for each task and model one aggregate and, beside it, a line for each answer.

The layout is that of its datastore: `data/TASK/MAKER/MODEL/UUID.json` and `UUID_samples.jsonl`. The schema has no place
for IDK. Each stated target is one result `confidence_target_score` with the target and the penalty as parameters, and
`details` that count correct, error, idk, unparsed and missing answers; plain answers have `accuracy` and that score at
each threshold. A line scores +1, 0 or −penalty; its metadata holds the outcome, the kind of non-answer, the stated
target and the confidence, and the whole grade as JSON in `evalkit`, so that `evalkit rescore` gives the same scorecard.
Refusals are outcomes, not errors; `error` is what an answer is missing for.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from evalkit.errors import UsageError
from evalkit.exports.every_eval_ever_lines import Line, instance, missing_instance
from evalkit.exports.options import Exported, ExportOptions, Relationship
from evalkit.exports.source import RunSource
from evalkit.grading.judge import EQUIVALENCE, RUBRIC
from evalkit.metrics.threshold import penalty
from evalkit.runs.scorecard import Interval, Score, Scorecard, tidy

SCHEMA = "0.3.0"
TAKES = frozenset({"organization", "relationship", "model_ids"})
UNKNOWN = "unknown"
SELF_DEPLOYED = ("local", "hf", "vllm", "sglang", "ollama", "lmstudio", "baseline")
"""Providers whose models run on the evaluator's own machine, with weights that are open to it."""
ACCURACY, SCORE = "accuracy", "confidence_target_score"
LEVEL = 0.95
METHOD = "equal-tailed, under Dirichlet(c + 1/2, e + 1/2, i + 1/2)"
PROMPTS = f"{EQUIVALENCE}\n\nOr, where answers get points:\n\n{RUBRIC}"
UNPORTABLE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
"""What no part of a path in the datastore may hold."""


def write(runs: Sequence[RunSource], folder: Path, options: ExportOptions, to: str) -> Exported:  # noqa: ARG001 - every format is called alike
    """Write an aggregate and its samples for each task and model of each run.

    Raises:
        UsageError: a model's name says no maker and `model_ids` does not either; or no such relationship or model.
    """
    if options.relationship and options.relationship not in get_args(Relationship):
        raise UsageError(f"relationship {options.relationship!r} must be one of {', '.join(get_args(Relationship))}")
    known = {str(card.model) for run in runs for card in run.cards}
    if strange := sorted(set(options.model_ids) - known):
        raise UsageError(f"no model {strange[0]!r} in these runs; there are {', '.join(sorted(known))}")
    files: list[Path] = []
    for run in runs:
        for task, model in dict.fromkeys((str(card.task), str(card.model)) for card in run.cards):
            cards = [card for card in run.cards if (str(card.task), str(card.model)) == (task, model)]
            files += _Evaluation(run, cards, task, model, options).write(folder)
    return Exported(files)


class _Evaluation:
    """One task and one model of a run."""

    def __init__(self, run: RunSource, cards: list[Scorecard], task: str, model: str, options: ExportOptions) -> None:
        self._run, self._cards, self._task, self._options = run, cards, task, options
        self._name = model
        self._model_id = _model_id(model, options)
        self._id = f"{task}/{self._model_id}/{int(run.created.timestamp())}"

    def write(self, folder: Path) -> list[Path]:
        """Write both files."""
        maker, _, model = self._model_id.partition("/")
        place = Path("data", *map(_path_part, (self._task, maker, model)))
        name = str(_uuid(f"{self._run.name}\0{self._id}"))
        samples, aggregate = place / f"{name}_samples.jsonl", place / f"{name}.json"
        (folder / place).mkdir(parents=True, exist_ok=True)
        checksum, rows = hashlib.sha256(), 0
        with (folder / samples).open("wb") as file:
            for line in self._lines():
                data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"
                checksum.update(data)
                file.write(data)
                rows += 1
        log = self._aggregate()
        log["detailed_evaluation_results"] = {
            "format": "jsonl", "file_path": samples.as_posix(), "hash_algorithm": "sha256",
            "checksum": checksum.hexdigest(), "total_rows": rows,
        }  # fmt: skip
        text = json.dumps(log, ensure_ascii=False, allow_nan=False, indent=2)
        (folder / aggregate).write_bytes(text.encode("utf-8", "replace") + b"\n")
        return [folder / aggregate, folder / samples]

    def _aggregate(self) -> dict[str, Any]:
        run, manifest = self._run, self._run.manifest
        source = {
            "source_name": f"evalkit run {run.name}",
            "source_type": "evaluation_run",
            "source_organization_name": self._options.organization or UNKNOWN,
            "evaluator_relationship": self._options.relationship or "other",
        }
        return {
            "schema_version": SCHEMA,
            "evaluation_id": self._id,
            "evaluation_timestamp": manifest.created,
            "retrieved_timestamp": str(int(run.created.timestamp())),
            "source_metadata": source,
            "eval_library": {"name": "evalkit", "version": run.version},
            "model_info": self._model(),
            "evaluation_results": [result for card in self._cards for result in self._results(card)],
        }

    def _model(self) -> dict[str, Any]:
        provider = self._name.partition("/")[0]
        is_own = self._run.manifest.kind == "run" and provider in SELF_DEPLOYED
        details = {
            "deployment_type": "self_deployed" if is_own else UNKNOWN,
            "model_availability": "open_weights" if is_own else UNKNOWN,
            "evalkit_model": self._name,
        }
        engine = str(self._run.manifest.model.get("server", ""))
        found = _identity(self._name, self._model_id) | {"additional_details": details}
        if engine:
            name, _, version = engine.partition(" ")
            found["inference_engine"] = {"name": name, "version": version or UNKNOWN}
        return found

    def _results(self, card: Scorecard) -> Iterator[dict[str, Any]]:
        """Accuracy, and the score at each threshold."""
        if card.accuracy is None:
            return
        yield self._result(card, ACCURACY, card.accuracy, _ACCURACY, {})
        for score in card.scores:
            cost = tidy(penalty(score.threshold))
            parameters = {"t": score.threshold, "penalty": cost, "prompt": score.mode}
            bounds = {"score_type": "continuous", "min_score": -cost, "max_score": 1, "metric_unit": "points"}
            yield self._result(card, SCORE, score, bounds, parameters)

    def _result(
        self, card: Scorecard, metric: str, number: Interval | Score, bounds: dict[str, Any], parameters: dict[str, Any]
    ) -> dict[str, Any]:
        config = {
            "evaluation_description": _DESCRIPTIONS[metric],
            "metric_id": metric,
            "metric_name": metric.replace("_", " "),
            "metric_kind": metric,
            "metric_parameters": parameters,
            "lower_is_better": False,
            **bounds,
            **self._judging(),
        }
        value = min(max(number.value, bounds["min_score"]), bounds["max_score"])  # −9.000000000000002 is −9
        return {
            "evaluation_result_id": _result_id(card, metric, parameters.get("t")),
            "evaluation_name": self._task,
            "source_data": self._source_data(card),
            "evaluation_timestamp": self._run.manifest.created,
            "metric_config": config,
            "score_details": {"score": value, "details": _details(card), "uncertainty": _uncertainty(number, card)},
            "generation_config": self._generation(card),
        }

    def _source_data(self, card: Scorecard) -> dict[str, Any]:
        data = self._run.data_of(self._task)
        if "hub" not in data:
            return {"dataset_name": self._task, "source_type": "other"}
        return {
            "dataset_name": self._task,
            "source_type": "hf_dataset",
            "hf_repo": data["hub"],
            "samples_number": card.items,
            "additional_details": data,
        }

    def _judging(self) -> dict[str, Any]:
        """The models that judged, where models did."""
        judges = [{"model_info": _described(name)} for name in self._run.manifest.judges]
        if not judges:
            return {}
        scoring = {"judges": judges, "input_prompt": PROMPTS, "aggregation_method": "majority_vote"}
        return {"llm_scoring": scoring}

    def _generation(self, card: Scorecard) -> dict[str, Any]:
        config = self._run.manifest.config
        arguments: dict[str, Any] = {"temperature": config.sampling_temperature} if config else {}
        if config and config.max_tokens:
            arguments["max_tokens"] = config.max_tokens
        settings = {key: str(value) for key, value in card.condition.settings.items()}
        return {"generation_args": arguments, "additional_details": settings}

    def _lines(self) -> Iterator[Line]:
        for card in self._cards:
            t = card.prompt_threshold
            head = {
                "schema_version": SCHEMA,
                "evaluation_id": self._id,
                "model_id": self._model_id,
                "evaluation_name": self._task,
                "evaluation_result_id": _result_id(card, ACCURACY if t is None else SCORE, t),
            }
            for record in self._run.records(card):
                yield head | instance(record)
            for failure in self._run.failures(card):
                yield head | missing_instance(failure)


_ACCURACY: dict[str, Any] = {
    "score_type": "continuous", "min_score": 0, "max_score": 1, "metric_unit": "proportion",
}  # fmt: skip
_DESCRIPTIONS = {
    ACCURACY: "Share of correct answers; IDK counts as not correct.",
    SCORE: (
        "Mean points: 1 for a correct answer, 0 for IDK, −t/(1−t) for an error (Kalai et al. 2025)."
        " In the mode open the prompt stated t; in the mode closed it did not."
    ),
}


def _result_id(card: Scorecard, metric: str, t: float | None) -> str:
    stated = "closed" if card.prompt_threshold is None else f"open-{card.prompt_threshold:g}"
    return "/".join([str(card.task), stated, metric, *([] if t is None else [f"{t:g}"])])


def _details(card: Scorecard) -> dict[str, str]:
    counts = {
        "correct": card.correct, "error": card.error, "idk": card.idk, "missing": card.missing.total,
        **card.non_answers.model_dump(), "failed": card.missing.failed, "truncated": card.missing.truncated,
        "undecided": card.missing.undecided, "answers": card.n, "items": card.items,
    }  # fmt: skip
    return {name: str(count) for name, count in counts.items()}


def _uncertainty(number: Interval | Score, card: Scorecard) -> dict[str, Any]:
    low, high = number.ci95
    interval = {"lower": low, "upper": high, "confidence_level": LEVEL, "method": METHOD}
    error = {} if number.se is None else {"standard_error": {"value": number.se, "method": "analytic, by item"}}
    return {**error, "confidence_interval": interval, "num_samples": card.items}


def _identity(name: str, model_id: str) -> dict[str, Any]:
    return {"name": name, "id": model_id, "developer": model_id.partition("/")[0]}


def _described(name: str) -> dict[str, Any]:
    details = {"deployment_type": UNKNOWN, "model_availability": UNKNOWN}
    return _identity(name, name if "/" in name else f"{UNKNOWN}/{name}") | {"additional_details": details}


def _model_id(model: str, options: ExportOptions) -> str:
    """The model's id on the Hub.

    Raises:
        UsageError: it says no maker.
    """
    given = options.model_ids.get(model, model)
    parts = [part for part in given.split("/") if part]
    if len(parts) < 2:  # noqa: PLR2004 - maker and name
        raise UsageError(f"model {model!r}: its maker is unknown; give --model-id {model}=MAKER/{model}")
    return "/".join(parts)


def _path_part(text: str) -> str:
    """A part of a path as the datastore takes it; "data" is its own name."""
    part = UNPORTABLE.sub("_", text).rstrip(". ") or UNKNOWN
    return f"{part}_" if part.lower() == "data" else part


def _uuid(text: str) -> uuid.UUID:
    """A UUID of version 4 that is the same whenever the same evaluation is exported."""
    return uuid.UUID(bytes=hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest(), version=4)
