"""Runs as one table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.errors import InputError
from evalkit.records import Completion, Failure, Grade, Outcome, Record
from evalkit.runs import journal
from evalkit.runs.condition import at_target, card_conditions, differing
from evalkit.runs.folder import DEFAULT_FOLDER, runs_below
from evalkit.runs.manifest import read_manifest
from evalkit.runs.outcomes import read_missing
from evalkit.runs.scorecard import Condition

if TYPE_CHECKING:
    import pandas as pd


def load(*paths: str | Path, missing: bool = False) -> pd.DataFrame:
    """Load every run below the given folders as one DataFrame, a row per record; the public `evalkit.load`.

    Args:
        paths: run folders, or folders that contain them; default `results/`.
        missing: whether to add a row, with the outcome `missing`, for each answer that was never received.

    Returns:
        The columns of `evalkit.runs.dataframe.COLUMNS`; `condition` is a digest of a record's settings, and `label`
        distinguishes it from other conditions of the same model and task.

    Raises:
        InputError: a path has no run, or a record cannot be read.
    """
    from evalkit.runs.dataframe import records_frame

    # A folder that is inside another given folder counts once.
    folders = {os.path.realpath(folder): folder for path in paths or (DEFAULT_FOLDER,) for folder in _runs(Path(path))}
    conditions: dict[tuple[str, str, str], Condition] = {}
    for folder in folders.values():
        for (task, model), condition in card_conditions(read_manifest(folder)).items():
            conditions[folder.name, task, model] = condition
    frame = records_frame(record for folder in folders.values() for record in read_answers(folder, missing=missing))
    keys = list(zip(frame["run"], frame["task"], frame["model"], strict=True))
    told = [None if isnan(t) else t for t in frame["prompt_threshold"].astype(float)]
    plain = {key: at_target(condition, None) for key, condition in conditions.items()}
    labels, plain_labels = _labels(conditions), _labels(plain)
    known = [(plain if t is None else conditions).get(key) for key, t in zip(keys, told, strict=True)]
    frame["condition"] = [condition.id if condition else "" for condition in known]
    frame["label"] = [(plain_labels if t is None else labels).get(key, "") for key, t in zip(keys, told, strict=True)]
    return frame


def read_answers(folder: Path, *, missing: bool) -> Iterator[Record]:
    """Records of a run in the order written.

    Args:
        folder: a run folder.
        missing: whether to add a record, with the outcome `missing`, for each answer that was never received.

    Raises:
        InputError: a record cannot be read.
    """
    done = set()
    for record in journal.read_records(folder):
        done.add(record.key)
        yield record
    if missing:
        yield from (_record_of(failure, folder.name) for failure in read_missing(folder, done))


def _record_of(failure: Failure, run: str) -> Record:
    return Record(
        run=run,
        task=failure.task,
        model=failure.model,
        sample_id=failure.sample_id,
        epoch=failure.epoch,
        prompt_threshold=failure.prompt_threshold,
        metadata={} if failure.answerable else {"answerable": False},
        completion=failure.completion or Completion(text=""),
        grade=Grade(outcome=Outcome.MISSING, reason=failure.error),
    )


def _labels(conditions: dict[tuple[str, str, str], Condition]) -> dict[tuple[str, str, str], str]:
    groups: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for key in conditions:
        groups.setdefault(key[1:], []).append(key)
    labels: dict[tuple[str, str, str], str] = {}
    for keys in groups.values():
        labels |= dict(zip(keys, differing([conditions[key] for key in keys]), strict=True))
    return labels


def _runs(path: Path) -> list[Path]:
    folders = runs_below(path)
    if not folders:
        raise InputError(f"no run below {path}")
    return folders
