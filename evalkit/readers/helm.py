"""HELM run folders: scenario_state.json with run_spec.json and per_instance_stats.json beside it.

Schema: scenario_state {adapter_spec{model}, request_states[]{instance{id, split, input{text},
references[]{output{text}, tags}}, train_trial_index, output_mapping, result{success, completions[]{text}}}};
per_instance_stats[] {instance_id, train_trial_index, stats[]{name{name}, mean}}. The verdict is the mean of
exact_match (or quasi_exact_match, or the first metric between 0 and 1 of that kind). An answer that maps to an option
is an attempt, whatever the option says: "Cannot be determined" is often the right one. `max_prob` is no confidence:
it is 1 on every row.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, document_fields, objects, read_each
from evalkit.readers.fields import Fields

METRICS = (
    "exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match", "final_number_exact_match",
    "math_equiv_chain_of_thought", "math_equiv", "chain_of_thought_correctness",
)  # fmt: skip
STATE, SPEC, STATS = "scenario_state.json", "run_spec.json", "per_instance_stats.json"


class _Key(NamedTuple):
    """What a request and its statistics have in common."""

    instance: str
    trial: int
    perturbation: str


class _Verdicts(NamedTuple):
    metric: str
    values: dict[_Key, float]


class HelmReader(Reader):
    """A run folder, from its scenario_state.json or per_instance_stats.json."""

    name = "helm"
    about = "HELM: a run folder (scenario_state.json with per_instance_stats.json)"
    run_file = STATE
    stems = ("scenario_state", "per_instance_stats")

    def sniff(self, head: Head) -> bool:
        """Tell the state of a scenario, or statistics by instance."""
        if head.has_rows:
            return {"instance_id", "train_trial_index", "stats"} <= head.keys and "predicted_text" not in head.keys
        return head.shape == "object" and {"adapter_spec", "request_states"} <= head.keys

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each request with its statistics."""
        folder = source.path.parent
        if source.head.has_rows and not (folder / STATE).is_file():
            raise InputError(f"{source.path} holds verdicts alone; put {STATE} of the same run beside it")
        state = document_fields(source.fork(folder / STATE) if source.head.has_rows else source)
        model, task = state.object("adapter_spec").text("model", ""), _task(source, folder)
        verdicts = _verdicts(source, folder)
        requests = objects(source, state.array("request_states"))
        yield from read_each(source, requests, lambda request: _row(request, verdicts, model, task))


HELM = HelmReader()


def _row(request: Fields, verdicts: _Verdicts, model: str, task: str) -> ForeignRow:
    instance, result = request.object("instance"), request.object("result", {})
    completion, mapping = result.first("completions"), request.object("output_mapping", {})
    text = completion.text("text", "")
    key = _key(instance.text("id"), request, instance.value("perturbation"))
    value, option = verdicts.values.get(key), mapping.text(text.strip(), None)
    failed = not result.flag("success", True)
    return ForeignRow(
        sample_id=key.instance + (f" ({key.perturbation})" if key.perturbation else ""),
        epoch=key.trial + 1,
        verdict="failed" if failed else None if value is None else "right" if value >= 1 else "wrong",
        text=text,
        answer=option,
        attempted=option is not None,
        unreadable=any(mapping) and option is None,
        target=[
            reference.object("output").text("text")
            for reference in instance.objects("references")
            if "correct" in reference.texts("tags")
        ],
        choices=[mapping.text(letter) for letter in mapping] or None,
        input=instance.object("input", {}).text("text", ""),
        model=model,
        task=task,
        truncated=completion.object("finish_reason", {}).text("reason", "") == "length",
        reason=result.text("error", "") or f"metric {verdicts.metric}",
    )


def _key(instance: str, row: Fields, perturbation: object) -> _Key:
    name = perturbation.get("name") if isinstance(perturbation, dict) else None
    return _Key(instance, row.integer("train_trial_index", 0), str(name or ""))


def _task(source: Source, folder: Path) -> str:
    try:
        name = document_fields(source.fork(folder / SPEC)).text("name")
    except InputError:
        return folder.name.split(",")[0]
    parts = [part for part in name.split(",") if not part.startswith(("model=", "method=", "data_augmentation="))]
    return ",".join(parts)


def _verdicts(source: Source, folder: Path) -> _Verdicts:
    path = folder / STATS
    if not path.is_file():
        source.warn(f"there is no {STATS} beside it, so there are no verdicts")
        return _Verdicts("", {})
    means: dict[_Key, dict[str, float]] = {}
    statistics = source.fork(path)
    for place, values in statistics.rows():
        row = Fields(values, statistics, place)
        stats = [(stat.object("name"), stat.number("mean", None)) for stat in row.objects("stats")]
        perturbation = next((name.value("perturbation") for name, _ in stats if "perturbation" in name), None)
        key = _key(row.text("instance_id"), row, perturbation)
        means.setdefault(key, {}).update({name.text("name"): mean for name, mean in stats if mean is not None})
    metric = next((name for name in METRICS if any(name in of_key for of_key in means.values())), "")
    if not metric:
        source.warn("none of its metrics says right or wrong")
    return _Verdicts(metric, {key: of_key[metric] for key, of_key in means.items() if metric in of_key})
