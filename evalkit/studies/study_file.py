"""The study file: what is asked of which models, in TOML, YAML or JSON.

    tasks = ["letters", "birthdays"]
    thresholds = ["none", 0.5, 0.75, 0.9]
    wordings = ["paper", "points"]
    epochs = 3
    limit = 100

    [[models]]
    model = "openai/gpt-4o-mini"
    label = "4o mini"

    [[models]]
    model = "my-model"
    base_url = "http://localhost:8000/v1"
    temperature = 0.7

Every setting of `evalkit run` may stand at the top, for all models, or in a model's own table, which comes first.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evalkit.errors import InputError, MissingExtraError
from evalkit.files import is_file
from evalkit.money.prices import Price
from evalkit.runs.config import RunConfig

ENDINGS = (".toml", ".yaml", ".yml", ".json")
OWN = {"model", "wording", "max_cost", "max_tokens_total"}
"""Settings of a run that a study varies by lists of their own, or has once for all runs."""


class ModelEntry(BaseModel):
    """One model of a study, with the settings that are its own."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str
    label: str = ""
    """What boards and figures call it."""
    price: Price | None = None
    """What its tokens cost, where the published price is not it."""

    @property
    def settings(self) -> dict[str, Any]:
        """Its own settings of a run."""
        return dict(self.model_extra or {})


class Limits(BaseModel):
    """What all runs of a study together may spend."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """In dollars."""
    max_tokens_total: int | None = Field(default=None, ge=1)
    """In prompt and completion tokens."""


class Study(BaseModel):
    """A study: every setting of a run that is not named here may stand beside these."""

    model_config = ConfigDict(frozen=True, extra="allow")

    models: list[ModelEntry] = Field(min_length=1)
    wordings: list[str] = Field(default=["paper"], min_length=1)
    note: str = ""
    budget: Limits = Limits()

    @field_validator("models", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A model may be given by its name alone."""
        return [{"model": one} if isinstance(one, str) else one for one in value] if isinstance(value, list) else value

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that all models share."""
        return dict(self.model_extra or {})

    def with_money(self, money: Mapping[str, Any]) -> Study:
        """Return the study with what a command line says of money.

        Args:
            money: the settings max_cost, max_tokens_total and prices, as far as given.
        """
        limits = {key: money[key] for key in Limits.model_fields if key in money}
        changed = self.model_copy(update={"budget": self.budget.model_copy(update=limits)})
        if "prices" in money and changed.model_extra is not None:
            changed.model_extra["prices"] = money["prices"]
        return changed


def read_study(path: Path) -> Study:
    """Read a study file.

    Args:
        path: ends in .toml, .yaml, .yml or .json.

    Raises:
        InputError: it cannot be read, or holds something else than a study; the text names the field.
        MissingExtraError: it is YAML, and PyYAML is not installed.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = _parse(text, path)
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read as {path.suffix.lstrip('.')} ({_line(error)})") from error
    return make_study(content, str(path), path.parent)


def make_study(content: Any, where: str, folder: Path | None = None) -> Study:
    """Check the content of a study file.

    Args:
        content: as parsed.
        where: what errors call it.
        folder: what relative paths of task files, wordings and data are relative to; None leaves them.

    Raises:
        InputError: the text names the field.
    """
    if not isinstance(content, dict):
        raise InputError(f"{where} holds {type(content).__name__}, not a study's settings")
    try:
        study = Study.model_validate(_targets(content))
    except ValidationError as error:
        problem = error.errors()[0]
        raise InputError(f"{where}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
    tables = {"the top": study.settings} | {f"models.{one.model}": one.settings for one in study.models}
    for table, settings in tables.items():
        unknown = next((key for key in settings if key not in RunConfig.model_fields or key in OWN), None)
        if unknown is not None:
            if unknown in Limits.model_fields:
                raise InputError(f"{where}: {unknown} in {table}: a study has one budget; put it under [budget]")
            known = ", ".join(sorted(set(RunConfig.model_fields) - OWN))
            raise InputError(f"{where}: {unknown} in {table} is no setting; available: {known}")
    return _located(study, folder) if folder else study


def _parse(text: str, path: Path) -> Any:
    kind = path.suffix.lower()
    if kind == ".toml":
        return tomllib.loads(text)
    if kind == ".json":
        return json.loads(text)
    try:
        import yaml  # type: ignore[import-untyped] # it has no types
    except ImportError as error:
        raise MissingExtraError(f"{path} is YAML: pip install pyyaml, or write it as TOML") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(_line(error)) from error


def _targets(content: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has no null: "none" among the thresholds is a plain prompt."""
    changed = dict(content)
    tables = [changed, *(one for one in changed.get("models") or [] if isinstance(one, dict))]
    for table in tables:
        if isinstance(table.get("thresholds"), list):
            table["thresholds"] = [None if t in ("none", None) else t for t in table["thresholds"]]
    return changed


def _located(study: Study, folder: Path) -> Study:
    """Paths in a study file are relative to it."""

    def found(name: str) -> str:
        path, colons, rest = name.partition("::")
        return f"{folder / path}{colons}{rest}" if is_file(folder / path) else name

    settings = study.settings
    if "tasks" in settings:
        settings["tasks"] = [found(str(task)) for task in settings["tasks"]]
    for key in ("data", "prices"):
        if isinstance(settings.get(key), str) and (folder / settings[key]).exists():
            settings[key] = str(folder / settings[key])
    wordings = [found(name) for name in study.wordings]
    return Study(models=study.models, wordings=wordings, note=study.note, budget=study.budget, **settings)


def _line(error: object) -> str:
    return " ".join(str(error).split())[:200]
