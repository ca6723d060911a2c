"""The results file beside lm-evaluation-harness's samples: the model, and which task the samples are of."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from evalkit.dataset.source import Source
from evalkit.errors import InputError
from evalkit.readers.base import document_fields
from evalkit.readers.fields import Fields

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d-]+\.\d+")
_SAMPLES = re.compile(r"samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl?(?:\.gz|\.zst|\.bz2|\.xz)?")


class Run(NamedTuple):
    """What the rows of a file do not say; empty where nothing beside them says it either."""

    model: str = ""
    task: str = ""


def task_from_path(path: Path) -> str:
    """Read the task from the name of a samples file: samples_TASK_TIME.jsonl; "" for any other name."""
    match = _SAMPLES.fullmatch(path.name)
    return match.group(1) if match else ""


def run_beside(source: Source, checksum: Callable[[], str]) -> Run:
    """Find model and task of a samples file.

    The task stands in the file's name; several tasks may have the same hash, so it comes second.

    Args:
        source: the samples.
        checksum: computes what `task_hashes` has for them.
    """
    named = task_from_path(source.path)
    paths = sorted(source.path.parent.glob("*results*.json"))
    if not paths:
        return Run(task=named)
    stamp = _STAMP.search(source.path.name)
    mine = [path for path in paths if stamp is not None and stamp.group() in path.name]
    for path in mine or paths:
        results = _results(source, path)
        if named and named in _tasks(results):
            return Run(model_of(results), named)
    by_hash = _run_by_hash(source, paths, checksum())
    return by_hash or _run_by_name(source, mine or paths, named)


def model_of(results: Fields) -> str:
    """Read the model of a results file; "" where it does not name it."""
    if name := results.text("model_name", ""):
        return name
    config = results.object("config", {})
    arguments = config.value("model_args", "")
    if isinstance(arguments, dict):
        return str(arguments.get("pretrained") or arguments.get("model") or "")
    match = re.search(r"(?:pretrained|model)=([^,]+)", str(arguments))
    return match.group(1) if match else config.text("model", "")


def _run_by_hash(source: Source, paths: Sequence[Path], checksum: str) -> Run | None:
    """The one task whose hash the rows have."""
    for path in paths:
        results = _results(source, path)
        hashes = results.object("task_hashes", {})
        tasks = [task for task in hashes if hashes.value(task) == checksum]
        if tasks:
            return Run(model_of(results), tasks[0] if len(tasks) == 1 else "")
    return None


def _run_by_name(source: Source, paths: Sequence[Path], named: str) -> Run:
    """Likewise for files without hashes: by the time in the names, or the only results there are."""
    stamp = _STAMP.search(source.path.name)
    for path in paths:
        if stamp is None or stamp.group() in path.name or len(paths) == 1:
            results = _results(source, path)
            tasks = sorted(_tasks(results), key=len, reverse=True)
            return Run(model_of(results), named or next((task for task in tasks if task in source.path.name), ""))
    return Run(task=named)


def _tasks(results: Fields) -> list[str]:
    configs = results.object("configs", {})
    return [*(configs if any(configs) else results.object("results", {}))]


def _results(source: Source, path: Path) -> Fields:
    try:
        return document_fields(source.fork(path))
    except InputError as error:
        source.warn(f"{path.name} beside it cannot be read ({error})")
        return Fields({}, source)
