"""HELM run folders: scenario_state.json with run_spec.json and per_instance_stats.json beside it.

Schema: scenario_state {adapter_spec{model}, request_states[]{instance{id, split, input{text},
references[]{output{text}, tags}}, train_trial_index, output_mapping, result{success, completions[]{text}}}};
per_instance_stats[] {instance_id, train_trial_index, stats[]{name{name}, mean}}. Model and task stand in run_spec's
name: SCENARIO:key=value,…,model=MODEL. The verdict is the mean of the first metric of METRICS that is there: 0 or 1,
or else a score. Of an instance's splits HELM reports `test`; others are left out where that is there. An answer that
maps to an option is an attempt, whatever the option says: "Cannot be determined" is often the right one. `max_prob` is
no confidence: it is 1 on every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from evalkit.dataset.source import Head, Source
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Place, Reader, document_fields, objects, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.scores import is_binary, share

METRICS = (
    "exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match", "final_number_exact_match",
    "math_equiv_chain_of_thought", "math_equiv", "chain_of_thought_correctness",
)  # fmt: skip
STATE, SPEC, STATS = "scenario_state.json", "run_spec.json", "per_instance_stats.json"


TEST = "test"
NOT_OF_THE_TASK = ("model", "model_deployment", "method", "data_augmentation", "groups")
"""Parts of a run's name that are not the scenario's."""


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
    companions = ("*.json",)
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
        requests = list(objects(source, state.array("request_states")))
        if others := _other_splits(requests):
            source.warn(f"left out: {others}; HELM reports the split {TEST}")
        yield from read_each(source, requests, lambda r: _row(r, verdicts, model, task, tested=bool(others)))


HELM = HelmReader()


def _other_splits(requests: list[tuple[Place, Fields]]) -> str:
    """Splits that HELM does not report, with their counts; "" where there are none, or no test split."""
    splits = Counter(str(_split(request)) for _, request in requests)
    others = {split: n for split, n in splits.items() if split != TEST}
    return ", ".join(f"{n:,} of split {split}" for split, n in others.items()) if TEST in splits else ""


def _split(request: Fields) -> object:
    instance = request.value("instance")
    return instance.get("split") if isinstance(instance, dict) else None


def _row(request: Fields, verdicts: _Verdicts, model: str, task: str, *, tested: bool) -> ForeignRow | None:
    if tested and _split(request) != TEST:
        return None
    instance, result = request.object("instance"), request.object("result", {})
    completion, mapping = result.first("completions"), request.object("output_mapping", {})
    text = completion.text("text", "")
    key = _key(instance.text("id"), request, instance.value("perturbation"))
    value, option = verdicts.values.get(key), mapping.text(text.strip(), None)
    end = completion.object("finish_reason", {}).text("reason", "")
    row = ForeignRow(
        sample_id=key.instance + (f" ({key.perturbation})" if key.perturbation else ""),
        epoch=key.trial + 1,
        score=value,
        by=verdicts.metric,
        credit=None if is_binary(value) else share(value),
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
        truncated=end == "length",
        ended=end in ("stop", "endoftext"),
        latency=result.number("request_time", None),
        reason=f"metric {verdicts.metric}",
    )
    if result.flag("success", True):
        return row
    return msgspec.structs.replace(row, verdict="failed", reason=result.text("error", "") or "the request failed")


def _key(instance: str, row: Fields, perturbation: object) -> _Key:
    name = perturbation.get("name") if isinstance(perturbation, dict) else None
    return _Key(instance, row.integer("train_trial_index", 0), str(name or ""))


def _task(source: Source, folder: Path) -> str:
    try:
        name = document_fields(source.fork(folder / SPEC)).text("name")
    except InputError:
        name = folder.name
    scenario, _, arguments = name.partition(":")
    kept = [part for part in arguments.split(",") if part and part.partition("=")[0] not in NOT_OF_THE_TASK]
    return f"{scenario}:{','.join(kept)}" if kept else scenario


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
    there = {name for of_key in means.values() for name in of_key}
    known, preference = [name for name in METRICS if name in there], source.preference
    preference.offer("metric", known)
    metric = next(iter(known), "")
    if preference.name in there:
        preference.meet_name()
        metric = preference.name
    if not metric:
        source.warn("none of its metrics says right or wrong")
    return _Verdicts(metric, {key: of_key[metric] for key, of_key in means.items() if metric in of_key})
