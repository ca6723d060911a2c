"""Write task files of lm-evaluation-harness that put a confidence target around tasks, groups and tags it has.

A file includes the original's by its path, and names the class that adds the rest. A task NAME becomes NAME_t0.75, or
NAME_tnone where the prompt stays plain; of multiple choice, where no answer can say "I don't know" and the softmax of
the choices decides, NAME_softmax_t0.75. A group or tag becomes a group of its tasks.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit.errors import InputError, UsageError
from evalkit.extras import requires
from evalkit.runs.scorecard import DEFAULT_THRESHOLDS
from evalkit.runs.wordings import PAPER, find_wording

CLASS = "evalkit.integrations.lm_eval.task.ConfidenceTargetTask"
KINDS = ("generate_until", "multiple_choice")
SOFTMAX = "_softmax"


@dataclass(frozen=True, kw_only=True)
class Wrapped:
    """What was written."""

    files: list[Path]
    tasks: list[str]
    """What to give to `lm_eval --tasks`: the tasks and groups asked for, each under each target."""


def wrap_tasks(
    tasks: Sequence[str],
    thresholds: Sequence[float | None],
    folder: Path,
    *,
    wording: str = PAPER,
    metric: str = "",
    include: Sequence[Path] = (),
) -> Wrapped:
    """Write task files for lm-eval.

    Args:
        tasks: names of tasks, groups or tags that lm-eval knows.
        thresholds: confidence targets, each 0 ≤ t < 1; None for a plain prompt, which is scored at the others.
        folder: where to write; made where it is missing.
        wording: how a target is stated: as for `find_wording`.
        metric: the metric that is the verdict; "" for each task's first.
        include: folders with task files of one's own, as for `lm_eval --include_path`.

    Raises:
        MissingExtraError: lm-eval is not installed.
        UsageError: no such task, or one that asks no question that can be answered with IDK.
        InputError: the folder cannot be written.
    """
    writer = _Writer(
        index=_index(include),
        folder=folder,
        thresholds=list(thresholds),
        settings={"wording": find_wording(wording).written, **({"metric": metric} if metric else {})},
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = [writer.write(task, t) for task in tasks for t in thresholds]
    except OSError as error:
        raise InputError(f"{folder} cannot be written ({error.strerror})") from error
    return Wrapped(files=sorted(set(writer.files)), tasks=list(dict.fromkeys(names)))


def _index(include: Sequence[Path]) -> dict[str, Any]:
    with requires("lm-eval"):
        from lm_eval.tasks import TaskManager
    logging.getLogger("lm_eval").setLevel(logging.ERROR)
    index: dict[str, Any] = TaskManager(include_path=[str(path) for path in include] or None).task_index
    return index


@dataclass(kw_only=True)
class _Writer:
    index: dict[str, Any]
    """Name → lm-eval's entry: kind, yaml_path, cfg, tags."""
    folder: Path
    thresholds: list[float | None]
    settings: dict[str, str]
    files: list[Path] = field(default_factory=list)

    def write(self, name: str, t: float | None) -> str:
        """Write one name under one target, and what is below it; return the new name."""
        entry = self.index.get(name)
        if entry is None:
            near = [one for one in self.index if name.lower() in one.lower()][:5]
            raise UsageError(f"lm-eval has no task {name!r}" + (f"; it has {', '.join(near)}" if near else ""))
        kind = entry.kind.name
        if kind == "GROUP":
            return self._write_group(name, entry.cfg, t)
        if kind == "TAG":
            members = [self.write(one, t) for one in sorted(entry.tags)]
            return self._write_file(name, t, {"group": _named(name, t), "task": members})
        if kind != "TASK" or entry.yaml_path is None:
            raise UsageError(f"task {name} is a class of its own, not a file, and cannot be wrapped")
        return self._write_task(name, entry, t)

    def _write_task(self, name: str, entry: Any, t: float | None, changes: dict[str, Any] | None = None) -> str:
        kind = (changes or {}).get("output_type") or entry.cfg.get("output_type", KINDS[0])
        if kind not in KINDS:
            raise UsageError(f"task {name} measures a likelihood ({kind}): it asks no question, so nothing can be IDK")
        base = name + SOFTMAX if kind == KINDS[1] else name
        also = [one for one in self.thresholds if one is not None] or list(DEFAULT_THRESHOLDS)
        own = {"t": t, **self.settings} if t is not None else {**self.settings, "scored_at": also}
        content = {"include": str(entry.yaml_path), **(changes or {}), "task": _named(base, t), "evalkit": own}
        # Of the original's names, which the included file would hand on.
        return self._write_file(base, t, {**content, "task_alias": _named(base, t), "tag": None}, code=CLASS)

    def _write_group(self, name: str, config: dict[str, Any], t: float | None) -> str:
        members = list(self._members(name, config, t))
        means = [{"metric": metric, "weight_by_size": True, "filter_list": filters}
                 for metric, filters in _aggregated(config)]  # fmt: skip
        scores = ["threshold_score"] if t is not None else []
        filters = next((one["filter_list"] for one in means), "none")
        means += [{"metric": one, "weight_by_size": True, "filter_list": filters} for one in ["idk", *scores]]
        content: dict[str, Any] = {"group": _named(name, t), "task": members, "aggregate_metric_list": means}
        return self._write_file(name, t, content)

    def _members(self, name: str, config: dict[str, Any], t: float | None) -> Iterator[str]:
        listed = config.get("task") or []
        for member in [listed] if isinstance(listed, str) else listed:
            if isinstance(member, str):
                yield self.write(member, t)
            elif "group" in member and "task" in member:
                yield self._write_group(member["group"], member, t)
            elif member.get("task") in self.index:
                changes = {key: value for key, value in member.items() if key != "task"}
                yield self._write_task(member["task"], self.index[member["task"]], t, changes)
            else:
                raise UsageError(f"group {name} holds a task without a file ({member!r:.60}), which cannot be wrapped")

    def _write_file(self, base: str, t: float | None, content: dict[str, Any], code: str = "") -> str:
        """Write a file of YAML, of which JSON is a part; a class is a tag of lm-eval's own."""
        name = _named(base, t)
        lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in content.items()]
        lines += [f"class: !function {code}"] if code else []
        path = self.folder / f"{name}.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.files.append(path)
        return name


def _named(base: str, t: float | None) -> str:
    return f"{base}_t{'none' if t is None else format(t, 'g')}"


def _aggregated(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """(metric, filters) that a group averages over its tasks."""
    listed = config.get("aggregate_metric_list") or []
    for one in [listed] if isinstance(listed, dict) else listed:
        yield str(one["metric"]), one.get("filter_list", "none")
