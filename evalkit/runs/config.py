"""The validated settings of a run, which run.json keeps and a resumed run reuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evalkit.errors import SettingError
from evalkit.files import is_file
from evalkit.grading.confidence import Source
from evalkit.metrics.threshold import check_threshold
from evalkit.models import DEFAULT_MODEL, Form
from evalkit.models.base import absolute_model, split_file
from evalkit.models.effort import Effort
from evalkit.models.roles import ROLES, is_header, read_roles
from evalkit.money.prices import Price, find_price
from evalkit.runs.selection import Selection
from evalkit.runs.selective import Policy
from evalkit.runs.shard import Shard
from evalkit.runs.wordings import PAPER, Wording, find_wording

DEFAULT_TASKS = ("birthdays", "letters", "dissertations")
SECRETS = {"key", "apikey", "token", "secret", "password", "passwd", "authorization", "bearer"}


class RunConfig(BaseModel):
    """Every setting of a run, as kept in run.json: enough to resume it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    tasks: list[str] = Field(default=list(DEFAULT_TASKS), min_length=1)
    model: str = DEFAULT_MODEL
    """As typed; in a file of code, its path may be relative to `started_in`."""
    started_in: str | None = None
    """Folder in which the run was started; None: the working folder."""
    thresholds: list[float | None] = Field(default=[None], min_length=1)
    """Confidence targets stated in the prompt; None for a plain prompt."""
    limit: int | None = Field(default=None, ge=1, le=10**9)
    """Number of the last sample of each task that is asked, in its order; None for all."""
    first: int = Field(default=1, ge=1)
    """Number of the first one."""
    sample_ids: list[str] = []
    """Ids of samples, or patterns such as geo-*; none for all."""
    strata: list[str] = []
    """Strata of samples; none for all."""
    shuffle: bool = False
    """Whether the samples are put into an order drawn by the seed."""
    shard: str | None = None
    """Which part of the samples is asked, such as 3/16: see `evalkit.runs.shard`."""
    epochs: int = Field(default=1, ge=1)
    """How often each sample is asked."""
    seed: int = 0
    temperature: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """None: 0, or 1 with several epochs."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Longest answer, in tokens; None: the provider's default, see `evalkit.models.default_max_tokens`."""
    reasoning_effort: Effort | None = None
    """How much a model that reasons is to think: none, minimal, low, medium, high, xhigh or max."""
    form: Form = "chat"
    """How prompts are put: by the model's chat template, or as plain text that a base model continues."""
    shots: int = Field(default=0, ge=0)
    """Examples shown before each question: other questions of the task, with their accepted answers."""
    system: str | None = None
    wording: str = PAPER
    """How a confidence target is stated: the name of a wording, or its text, so that a resumed run needs no file."""
    base_url: str | None = None
    """Server to ask instead of the provider's own; several, separated by commas, share the load."""
    headers: dict[str, str] = {}
    """Extra HTTP headers; values name environment variables, as in {"api-key": "$AZURE_KEY"}."""
    max_connections: int | None = Field(default=None, ge=1)
    adaptive: bool = True
    """Whether to adapt the number of concurrent requests, up to max_connections, to the server."""
    timeout: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Time limit for one answer, in seconds."""
    data: str | None = None
    """Local files to read questions from, for tasks that would otherwise download them."""
    mapping: dict[str, str] = {}
    """Field → column of the tasks that are files of questions."""
    task_parameters: dict[str, str] = {}
    grader_parameters: dict[str, str] = {}
    model_parameters: dict[str, str] = {}
    confidence: Source = "none"
    """Source of the confidence in each answer."""
    policy: Policy | None = None
    """Abstention policy applied to the answers afterwards, and scored beside them."""
    batch: bool = False
    """Whether the questions go through the provider's Batch API, which answers within a day at a lower price."""
    batch_size: int | None = Field(default=None, ge=1)
    """Most requests of one batch; None: the provider's limit."""
    metrics: list[str] = []
    """The user's own metrics: file.py::name."""
    grader: str = ""
    """Grader of all tasks, instead of their own; a name or file.py::name."""
    count_as: dict[str, str] = {}
    """Changes to what a kind of non-answer counts as."""
    max_cost: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Dollars that the run may spend."""
    max_tokens_total: int | None = Field(default=None, ge=1)
    """Prompt and completion tokens that the run may use."""
    prices: dict[str, Price] = {}
    """Prices of models, or of patterns of names, instead of the published ones."""

    @field_validator("shard")
    @classmethod
    def _is_shard(cls, value: str | None) -> str | None:
        return None if value is None else str(Shard.parse(value))

    @property
    def full_model(self) -> str:
        """The model's name in the records; `local` alone means the embedded model."""
        return DEFAULT_MODEL if self.model in ("local", "local/") else self.model

    @property
    def selection(self) -> Selection:
        """Which samples are asked."""
        return Selection(
            ids=self.sample_ids,
            strata=self.strata,
            shuffle=self.seed if self.shuffle else None,
            first=self.first,
            last=self.limit,
            shard=Shard.parse(self.shard) if self.shard else None,
        )

    @property
    def asked_of(self) -> dict[str, Any]:
        """The model and how it is reached: with a request, what a completion answers."""
        return {
            "model": absolute_model(self.full_model, self.started_in),
            "base_url": self.base_url,
            "headers": self.headers,
            "parameters": self.model_parameters,
            "reasoning_effort": self.reasoning_effort,
            "form": self.form,
        }

    @property
    def stated_in(self) -> Wording:
        """How a confidence target is stated."""
        return find_wording(self.wording)

    @property
    def model_to_open(self) -> str:
        """The model's name for `open_model`; the path of its file, if it stands in one, is absolute."""
        return absolute_model(self.model, self.started_in)

    @property
    def sampling_temperature(self) -> float:
        """The temperature sent to the model."""
        if self.temperature is not None:
            return self.temperature
        return 1.0 if self.epochs > 1 else 0.0


def make_config(**settings: Any) -> RunConfig:
    """Validate settings.

    Raises:
        SettingError: one line that names the setting and what is wrong with it.
    """
    try:
        config = RunConfig(**settings)
    except ValidationError as error:
        problem = error.errors()[0]
        message = problem["msg"].removeprefix("Value error, ")
        raise SettingError(str(problem["loc"][0]), "{problem}", problem=message) from error
    for threshold in config.thresholds:
        _check_stated(threshold)
    if config.limit is not None and config.limit < config.first:
        raise SettingError(
            "limit", "{last} comes before the first sample, {first}", last=config.limit, first=config.first
        )
    _check_policy(config)
    for setting, values in (("thresholds", config.thresholds), ("tasks", config.tasks)):
        if len(set(values)) < len(values):
            raise SettingError(setting, "the same value is given twice")
    for setting in ("task_parameters", "grader_parameters", "model_parameters"):
        for key in getattr(config, setting):
            if not is_header(key) and re.split(r"[^a-z]+", key.lower())[-1] in SECRETS:
                raise SettingError(
                    setting, "{key}: put secrets into the environment, so that no record keeps them", key=key
                )
    for name, value in config.headers.items():
        if not value.startswith("$"):
            words = "{name}: give the name of an environment variable, {variable}; headers may contain secrets"
            raise SettingError("headers", words, name=name, variable="$" + name.upper().replace("-", "_"))
    # A resumed run may be started elsewhere.
    data = str(Path(config.data).resolve()) if config.data else None
    graders = {
        key: ",".join(map(absolute_model, text.split(","))) if key in ROLES else text
        for key, text in config.grader_parameters.items()
    }
    absolute = {
        "tasks": [_absolute(name) for name in config.tasks],
        "metrics": [_absolute(name) for name in config.metrics],
        "started_in": str(Path.cwd()) if split_file(config.model) else None,
        "grader_parameters": graders,
        "data": data,
        **_worded(config),
    }
    if config.system:  # an argument may hold bytes that are no text
        absolute["system"] = config.system.encode("utf-8", "replace").decode()
    return config.model_copy(update=absolute)


def _check_policy(config: RunConfig) -> None:
    if config.confidence == "vote" and config.epochs < 2:  # noqa: PLR2004 - nothing to agree with
        raise SettingError("confidence", "vote needs {epochs} of at least 2")
    if config.policy is None:
        return
    if None not in config.thresholds:
        raise SettingError("policy", "applies to answers to plain prompts: none must be among {thresholds}")
    if config.policy == "consistency" and config.epochs < 2:  # noqa: PLR2004 - likewise
        raise SettingError("policy", "consistency needs {epochs} of at least 2")
    if config.policy == "confidence" and config.confidence == "none":
        raise SettingError("policy", "confidence needs {confidence} logprob, verbal or vote")


def _worded(config: RunConfig) -> dict[str, str]:
    """Keep the words of a wording that stands in a file."""
    if config.wording == PAPER:
        return {}
    if all(threshold is None for threshold in config.thresholds):
        raise SettingError("wording", "{name} has no effect: {thresholds} states no target", name=config.wording)
    return {"wording": find_wording(config.wording).written}


def _check_stated(threshold: float | None) -> None:
    if threshold is None:
        return
    try:
        check_threshold(threshold)
    except ValueError as error:
        raise SettingError("thresholds", "{error}; a mistake costs t/(1−t) points", error=error) from error
    if float(f"{threshold:g}") >= 1:
        raise SettingError("thresholds", "{threshold} is too near 1 to be stated in six digits", threshold=threshold)


def _absolute(task: str) -> str:
    path, colons, name = task.partition("::")
    if is_file(Path(task)) and not path.endswith(".py"):
        return str(Path(task).resolve())
    return f"{Path(path).resolve()}{colons}{name}" if path.endswith(".py") else task


def prices_of(config: RunConfig) -> dict[str, Price | None]:
    """The prices of a run's model and of the models that its graders ask; None where none is known.

    Batches cost half; judges are asked one by one.
    """
    price = find_price(config.full_model, config.prices, config.base_url)
    prices = {config.full_model: price.in_batches if price and config.batch else price}
    for role in read_roles(config.grader_parameters).values():
        for model in role.models:
            prices[model] = find_price(model, config.prices, role.options.base_url)
    return prices
