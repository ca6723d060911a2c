"""A study's runs: one for each model and wording; a run holds all tasks, targets and epochs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from evalkit.errors import InputError, SettingError
from evalkit.models import split_model
from evalkit.runs.accounts import check_priced
from evalkit.runs.config import RunConfig, make_config
from evalkit.runs.folder import slug
from evalkit.runs.planner import plain_settings
from evalkit.runs.wordings import PAPER
from evalkit.studies.study_file import ModelEntry, Study


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """One run of a study."""

    label: str
    """What boards call it; "" where the differing settings do."""
    name: str
    """The name of its folder."""
    config: RunConfig

    @property
    def lane(self) -> str:
        """Runs of one lane are made one after the other: they share a provider's limits, or this machine.

        Runs in batches wait for most of their time, so each has a lane of its own.
        """
        if self.config.batch:
            return self.name
        return self.config.base_url or split_model(self.config.full_model).provider


def make_matrix(study: Study) -> list[PlannedRun]:
    """Turn a study into runs.

    Args:
        study: what is asked of which models.

    Raises:
        InputError: a setting is invalid, and the text names the model; or two models cannot be told apart.
    """
    runs = [
        _planned(study, entry, wording, several=len(study.wordings) > 1)
        for entry in study.models
        for wording in dict.fromkeys(study.wordings)
    ]
    twice = next((name for name, n in Counter(run.name for run in runs).items() if n > 1), None)
    if twice is not None:
        raise InputError(f"two models of the study are called {twice}; give each a label")
    return runs


def _planned(study: Study, entry: ModelEntry, wording: str, *, several: bool) -> PlannedRun:
    settings: dict[str, Any] = {**study.settings, **entry.settings, "model": entry.model}
    if wording != PAPER:
        settings["wording"] = wording
    try:
        settings = plain_settings(settings)
        if entry.price is not None:
            settings["prices"] = {**settings.get("prices", {}), entry.model: entry.price}
        config = make_config(**settings)
        check_priced(config, study.budget.max_cost)
    except SettingError as error:
        raise InputError(f"{entry.model}: {error.spoken(str)}") from error
    told = config.stated_in.name
    name = slug("-".join([entry.label or config.full_model, *[told] * several]))
    return PlannedRun(label=entry.label, name=name, config=config)
