"""The condition of an answer: every setting that changes what was asked or how it was answered.

Runs with the same condition measure the same thing, so their answers may be pooled; runs with different conditions
appear side by side, each labelled by what differs. `--limit` and the numbers of epochs and connections are not part of
it: they change how much was asked, not what.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.models.roles import is_reach
from evalkit.runs.config import RunConfig
from evalkit.runs.manifest import Manifest
from evalkit.runs.scorecard import Condition
from evalkit.runs.wordings import PAPER, find_wording

RESCORED_BY = (
    "regrade", "grader_parameters", "verdicts", "pass_mark", "scorer", "metric", "filter", "extract", "targets",
)  # fmt: skip
"""Options of rescoring that change what an answer counts as."""
WORDING = "wording"
SELECTION = ("n", "seed", "limit", "samples", "data")
"""Task parameters that select from the data; the fingerprint covers the whole data."""


def card_conditions(manifest: Manifest) -> dict[tuple[str, str], Condition]:
    """The condition of every (task, model) of a run.

    Args:
        manifest: the manifest of a run or a rescored run.
    """
    if manifest.config is not None and manifest.kind == "run":
        config = manifest.config
        return {
            (task, config.full_model): _condition(manifest, _settings(config, manifest, task), _asked(manifest, task))
            for task in _tasks(manifest)
        }
    settings = {f"count_as {kind}": outcome for kind, outcome in sorted(manifest.count_as.items())}
    options = manifest.rescoring.options if manifest.rescoring else {}
    asked = {key: text for key, text in (options.get("grader_parameters") or {}).items() if not is_reach(key)}
    options = options | {"grader_parameters": asked}
    settings |= {key: _text(options[key]) for key in RESCORED_BY if options.get(key)}
    return {
        (str(card.task), str(card.model)): _condition(manifest, card.condition.settings | settings)
        for card in manifest.scorecards
    }


def _tasks(manifest: Manifest) -> list[str]:
    names = dict.fromkeys(str(card.task) for card in manifest.scorecards)
    return list(dict.fromkeys([*manifest.datasets, *names]))


def _asked(manifest: Manifest, task: str) -> dict[str, str]:
    """How the task put its questions where that differs from how it usually does."""
    return {key: _text(value) for key, value in (manifest.datasets.get(task, {}).get("settings") or {}).items()}


def _condition(manifest: Manifest, settings: dict[str, str], asked: dict[str, str] | None = None) -> Condition:
    return Condition(id=_digest(settings), label=manifest.label, settings=settings, asked=asked or {})


def _digest(settings: dict[str, str]) -> str:
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def at_target(condition: Condition, threshold: float | None) -> Condition:
    """The condition of prompts that state this target: without one there are no words for it.

    Args:
        condition: of a task and model.
        threshold: the stated target; None for plain prompts, which are the same in every wording.
    """
    if threshold is not None or WORDING not in condition.settings:
        return condition
    settings = {key: value for key, value in condition.settings.items() if key != WORDING}
    return condition.model_copy(update={"id": _digest(settings), "settings": settings})


def _settings(config: RunConfig, manifest: Manifest, task: str) -> dict[str, str]:
    """Settings that change what is asked in one task, as text, without those at their defaults."""
    temperature = config.sampling_temperature
    values: dict[str, Any] = {
        "data": manifest.datasets.get(task, {}).get("data"),
        "grader": manifest.graders.get(task),
        "system": config.system,
        WORDING: _wording(config.wording),
        "temperature": f"{temperature:g}" if temperature else None,
        "seed": config.seed if temperature else None,
        "max_tokens": config.max_tokens,
        "reasoning_effort": config.reasoning_effort,
        "form": None if config.form == "chat" else config.form,
        "shots": config.shots or None,
        "confidence": config.confidence if config.confidence == "verbal" else None,
    }
    values |= {f"-T {key}": value for key, value in config.task_parameters.items() if key not in SELECTION}
    values |= _asked(manifest, task)
    values |= {f"-G {key}": value for key, value in config.grader_parameters.items() if not is_reach(key)}
    values |= {f"-M {key}": value for key, value in config.model_parameters.items()}
    values |= {f"count_as {key}": value for key, value in config.count_as.items()}
    return {key: _text(value) for key, value in values.items() if value not in (None, "")}


def _wording(written: str) -> str | None:
    """The label of a wording that is not the usual one; its words where they are none."""
    try:
        return find_wording(written).label if written != PAPER else None
    except EvalkitError:
        return written


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={one}" for key, one in sorted(value.items()))
    if isinstance(value, Path):
        return str(value)
    return str(value)


def differing(conditions: list[Condition]) -> list[str]:
    """Label conditions by what distinguishes them: the user's label, and the settings that differ where that does not.

    Args:
        conditions: at least one; all for the same model and task.

    Returns:
        One label per condition, in order; "" if nothing differs.
    """
    alike: dict[str, list[Condition]] = {}
    for one in conditions:
        alike.setdefault(one.label, []).append(one)
    return [", ".join(filter(None, [one.label, *_apart(one, alike[one.label], conditions)])) for one in conditions]


def _apart(one: Condition, alike: list[Condition], conditions: list[Condition]) -> list[str]:
    """The settings that tell a condition from those of the same label, or from all where it has none."""
    others = alike if one.label else conditions
    keys = dict.fromkeys(key for other in others for key in other.settings)
    varying = [key for key in keys if len({other.settings.get(key) for other in others}) > 1]
    return [_pair(key, one.settings.get(key)) for key in varying]


def _pair(key: str, value: str | None) -> str:
    if key == "data":
        return f"data {value[:6]}" if value else "other data"
    if key == WORDING:
        return f"{key}={value or PAPER}"
    return f"no {key}" if value is None else f"{key}={value}"
