"""What stands around lighteval's details: task and model in the path, directions of metrics in the results file.

A run writes OUT/details/MODEL/TIME/details_TASK_TIME.parquet and OUT/results/MODEL/results_TIME.json, whose
config_tasks states of each metric whether higher values are better: {task|shots → {metrics: [{metric_name,
higher_is_better}]}}; of a group of metrics the first is a list of names, the second an object by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.dataset.source import Source
from evalkit.errors import InputError
from evalkit.readers.base import document_fields
from evalkit.readers.fields import Fields

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d.:-]+")
_DETAILS = re.compile(r"details_(.+)_(\d{4}-\d\d-\d\dT[\d.:-]+)\.parquet")
SUITED = 3
"""Parts of a task's name that begins with its suite."""


def model_from_path(path: Path) -> str:
    """Read the model from details/MODEL/TIME/FILE; "" where the folders are others."""
    folders = path.parts[:-1]
    if not folders or not _TIME.fullmatch(folders[-1]):
        return ""
    above = folders[:-1]
    if "details" in above:
        return "/".join(above[_after_details(above) :])
    return above[-1] if above else ""


def task_from_path(path: Path) -> str:
    """Read the task, as lighteval writes it, from details_TASK_TIME.parquet; "" for any other name."""
    match = _DETAILS.fullmatch(path.name)
    return match.group(1) if match else ""


def task_name(path: Path, task: str) -> str:
    """Return a task's name without suite and number of examples, where that is still one task of its run.

    Args:
        path: the details.
        task: suite|task|shots, or task|shots; "" takes the one in the path.
    """
    full = task or task_from_path(path)
    namesakes = {name for other in path.parent.glob("details_*.parquet") if _short(name := task_from_path(other))}
    return full if any(_short(name) == _short(full) and name != full for name in namesakes) else _short(full)


def _short(task: str) -> str:
    parts = task.split("|")
    return parts[1] if len(parts) >= SUITED else parts[0]


def lower_is_better(source: Source) -> set[str]:
    """Find metrics whose lower values are better in the results file of the same run; empty where there is none.

    Args:
        source: the details.
    """
    wanted = task_from_path(source.path)
    for path in _results_of(source.path):
        try:
            tasks = document_fields(Source(path, limits=source.limits)).object("config_tasks", {})
            task = tasks.object(wanted, {}) if wanted else tasks
            return {name for metric in task.objects("metrics") for name in _lower(metric)}
        except InputError:
            continue
    return set()


def _lower(metric: Fields) -> list[str]:
    direction = metric.value("higher_is_better", True)
    if isinstance(direction, dict):
        return [str(name) for name, is_better in direction.items() if is_better is False]
    return metric.texts("metric_name") if direction is False else []


def _results_of(path: Path) -> Iterator[Path]:
    match = _DETAILS.fullmatch(path.name)
    if match is None:
        return
    name = f"results_{match.group(2)}.json"
    beside = [path.with_name(name)]
    folders = path.parts[:-2]
    if "details" in folders:
        at = _after_details(folders)
        beside.append(Path(*folders[: at - 1], "results", *folders[at:], name))
    yield from (one for one in beside if one.is_file())


def _after_details(folders: tuple[str, ...]) -> int:
    """Where the model begins: behind the last folder that is called details."""
    return len(folders) - folders[::-1].index("details")
