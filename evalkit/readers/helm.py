"""HELM run folders: scenario_state.json with run_spec.json and per_instance_stats.json beside it.

Schema: scenario_state {adapter_spec{model}, request_states[]{instance{id, split, input{text},
references[]{output{text}, tags}}, train_trial_index, output_mapping, result{success, completions[]{text}}}};
per_instance_stats[] {instance_id, train_trial_index, stats[]{name{name}, mean}}. The verdict is the mean of
exact_match (or quasi_exact_match, or the first metric between 0 and 1 of that kind). An answer that maps to an option
is a claim, whatever the option says: "Cannot be determined" is often the right one. `max_prob` is no confidence: it
is 1 on every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import Row

METRICS = (
    "exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match", "final_number_exact_match",
    "math_equiv_chain_of_thought", "math_equiv", "chain_of_thought_correctness",
)  # fmt: skip
STATE, SPEC, STATS = "scenario_state.json", "run_spec.json", "per_instance_stats.json"


class HelmReader:
    """A run folder, from its scenario_state.json or per_instance_stats.json."""

    about = "HELM: a run folder (scenario_state.json with per_instance_stats.json)"

    def sniff(self, head: Head) -> bool:
        """The state of a scenario, or statistics by instance."""
        if head.has_rows:
            return {"instance_id", "train_trial_index", "stats"} <= head.keys and "predicted_text" not in head.keys
        return head.shape == "object" and {"adapter_spec", "request_states"} <= head.keys

    def read(self, source: Source) -> Iterator[Row]:
        """One row a request."""
        folder = source.path.parent
        if source.head.has_rows and not (folder / STATE).is_file():
            raise InputError(f"{source.path} holds verdicts alone; put {STATE} of the same run beside it")
        state = (source.fork(folder / STATE) if source.head.has_rows else source).document()
        spec = state["adapter_spec"]
        task = _task(source, folder)
        verdicts, metric = _verdicts(source, folder)
        for number, request in enumerate(state["request_states"], start=1):
            with source.at(number):
                row = _row(request, verdicts, metric)
            row.model, row.task, row.line = str(spec.get("model") or ""), task, number
            yield row


READER = HelmReader()


def _row(request: dict[str, Any], verdicts: dict[tuple[str, int, str], float], metric: str) -> Row:
    instance, result = request["instance"], request.get("result") or {}
    completions = result.get("completions") or [{}]
    text = str(completions[0].get("text") or "")
    mapping = request.get("output_mapping") or {}
    key = (str(instance["id"]), int(request.get("train_trial_index") or 0), _perturbation(instance))
    value = verdicts.get(key)
    mapped = mapping.get(text.strip())
    failed = result.get("success") is False
    return Row(
        sample_id=key[0] + (f" ({key[2]})" if key[2] else ""),
        epoch=key[1] + 1,
        verdict="failed" if failed else None if value is None else "right" if value >= 1 else "wrong",
        text=text,
        answer=mapped,
        claims=mapped is not None,
        no_answer=bool(mapping) and mapped is None,
        target=[
            str(reference["output"]["text"])
            for reference in instance.get("references") or []
            if "correct" in (reference.get("tags") or [])
        ],
        choices=[str(option) for option in mapping.values()] or None,
        input=str((instance.get("input") or {}).get("text") or ""),
        truncated=(completions[0].get("finish_reason") or {}).get("reason") == "length",
        reason=str(result.get("error") or f"metric {metric}"),
    )


def _perturbation(instance: dict[str, Any]) -> str:
    found = instance.get("perturbation")
    return str(found.get("name") or "") if isinstance(found, dict) else ""


def _task(source: Source, folder: Path) -> str:
    try:
        name = str(source.fork(folder / SPEC).document()["name"])
    except (InputError, KeyError, TypeError):
        return folder.name.split(",")[0]
    parts = [part for part in name.split(",") if not part.startswith(("model=", "method=", "data_augmentation="))]
    return ",".join(parts)


def _verdicts(source: Source, folder: Path) -> tuple[dict[tuple[str, int, str], float], str]:
    path = folder / STATS
    if not path.is_file():
        source.warn(f"{STATS} is not beside it: there are no verdicts")
        return {}, ""
    found: dict[tuple[str, int, str], dict[str, float]] = {}
    for number, entry in source.fork(path).rows():
        with source.at(f"{STATS}:{number}"):
            stats = entry["stats"]
            perturbed = next((s["name"].get("perturbation") for s in stats if s["name"].get("perturbation")), None)
            key = (
                str(entry["instance_id"]),
                int(entry.get("train_trial_index") or 0),
                _perturbation({"perturbation": perturbed}),
            )
            means = {s["name"]["name"]: float(s["mean"]) for s in stats if s.get("mean") is not None}
            found.setdefault(key, {}).update(means)
    metric = next((name for name in METRICS if any(name in means for means in found.values())), "")
    if not metric:
        source.warn("none of its metrics says right or wrong")
    return {key: means[metric] for key, means in found.items() if metric in means}, metric
