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
    text = json.dumps(settings, sort_keys=True, ensure_ascii=True)
    digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    return Condition(id=digest, label=manifest.label, settings=settings, asked=asked or {})


def _settings(config: RunConfig, manifest: Manifest, task: str) -> dict[str, str]:
    """Settings that change what is asked in one task, as text, without those at their defaults."""
    temperature = config.sampling_temperature
    values: dict[str, Any] = {
        "data": manifest.datasets.get(task, {}).get("data"),
        "grader": manifest.graders.get(task),
        "system": config.system,
        "wording": _wording(config.wording),
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
    """Label conditions by what distinguishes them: the user's label, else the settings that differ.

    Args:
        conditions: at least one; all for the same model and task.

    Returns:
        One label per condition, in order; "" if nothing differs.
    """
    keys = dict.fromkeys(key for one in conditions for key in one.settings)
    varying = [key for key in keys if len({one.settings.get(key) for one in conditions}) > 1]
    return [one.label or ", ".join(_pair(key, one.settings.get(key)) for key in varying) for one in conditions]


def _pair(key: str, value: str | None) -> str:
    if key == "data":
        return f"data {value[:6]}" if value else "other data"
    return f"no {key}" if value is None else f"{key}={value}"
