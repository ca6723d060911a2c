"""The settings of a run, checked: what run.json keeps and a resumed run goes on with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.errors import UsageError
from evalkit.grading.confidence import Source
from evalkit.metrics.threshold import check_threshold
from evalkit.models import DEFAULT_MODEL
from evalkit.runs.selective import Policy

DEFAULT_TASKS = ("birthdays", "letters", "dissertations")
OPTIONS = {"tasks": "--task", "thresholds": "--threshold"}
"""Settings whose option has another name."""
SECRETS = {"key", "apikey", "token", "secret", "password", "passwd", "authorization", "bearer"}


class RunConfig(BaseModel):
    """Every setting of a run, as kept in run.json: enough to resume it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    tasks: list[str] = Field(default=list(DEFAULT_TASKS), min_length=1)
    model: str = DEFAULT_MODEL
    thresholds: list[float | None] = Field(default=[None], min_length=1)
    """Confidence targets stated in the prompt; None for a plain prompt."""
    limit: int | None = Field(default=None, ge=1, le=10**9)
    """Samples a task, a prefix of its order; None for all it yields."""
    epochs: int = Field(default=1, ge=1)
    """Times each sample is asked."""
    seed: int = 0
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """None: 0, or 1 with several epochs."""
    max_tokens: int = Field(default=512, ge=1)
    system: str | None = None
    base_url: str | None = None
    max_connections: int | None = Field(default=None, ge=1)
    adaptive: bool = True
    """Whether the number of requests under way finds its own level below max_connections."""
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Seconds one answer may take."""
    data: str | None = None
    """Local files to read questions from, for the tasks that take them from elsewhere."""
    task_parameters: dict[str, str] = {}
    grader_parameters: dict[str, str] = {}
    model_parameters: dict[str, str] = {}
    confidence: Source = "none"
    """Where a confidence in each answer is taken from."""
    policy: Policy | None = None
    """Abstention applied to the answers afterwards, scored beside them."""
    count_as: dict[str, str] = {}
    """Changes to what a kind of non-answer counts as."""

    @property
    def full_model(self) -> str:
        """The model's name in the records: `local` alone means the embedded one."""
        return DEFAULT_MODEL if self.model in ("local", "local/") else self.model

    @property
    def sampling_temperature(self) -> float:
        """The temperature sent to the model."""
        if self.temperature is not None:
            return self.temperature
        return 1.0 if self.epochs > 1 else 0.0


def make_config(**settings: Any) -> RunConfig:
    """Check settings.

    Raises:
        UsageError: one line that names the setting and what is wrong with it.
    """
    try:
        config = RunConfig(**settings)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        raise UsageError(f"{OPTIONS.get(name, '--' + name.replace('_', '-'))}: {problem['msg']}") from error
    for threshold in config.thresholds:
        _check_stated(threshold)
    _check_policy(config)
    for listed, option in ((config.thresholds, "--threshold"), (config.tasks, "--task")):
        if len(set(listed)) < len(listed):
            raise UsageError(f"{option}: the same value is given twice")
    given = (("-T", config.task_parameters), ("-G", config.grader_parameters), ("-M", config.model_parameters))
    for option, parameters in given:
        for key in parameters:
            if re.split(r"[^a-z]+", key.lower())[-1] in SECRETS:
                raise UsageError(f"{option} {key}: a secret goes into the environment, where no record keeps it")
    # A resumed run may be started elsewhere.
    data = str(Path(config.data).resolve()) if config.data else None
    return config.model_copy(update={"tasks": [_absolute(name) for name in config.tasks], "data": data})


def _check_policy(config: RunConfig) -> None:
    if config.confidence == "vote" and config.epochs < 2:  # noqa: PLR2004 - nothing to agree with
        raise UsageError("--confidence vote needs --epochs of at least 2")
    if config.policy is None:
        return
    if None not in config.thresholds:
        raise UsageError("--policy applies to answers that were told nothing of scoring: --threshold none,…")
    if config.policy == "consistency" and config.epochs < 2:  # noqa: PLR2004 - likewise
        raise UsageError("--policy consistency needs --epochs of at least 2")
    if config.policy == "confidence" and config.confidence == "none":
        raise UsageError("--policy confidence needs --confidence logprob, verbal or vote")


def _check_stated(threshold: float | None) -> None:
    if threshold is None:
        return
    try:
        check_threshold(threshold)
    except ValueError as error:
        raise UsageError(f"--threshold: {error}; a mistake costs t/(1−t) points") from error
    if float(f"{threshold:g}") >= 1:
        raise UsageError(f"--threshold {threshold}: too near 1 to be stated in six digits")


def _absolute(task: str) -> str:
    path, colons, name = task.partition("::")
    return f"{Path(path).resolve()}{colons}{name}" if path.endswith(".py") else task
