"""Start or resume a run: turn settings into a folder with records, run.json and scorecards."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit.errors import InputError, SettingError, UsageError
from evalkit.grading.confidence import Source
from evalkit.models import Form
from evalkit.models.effort import Effort
from evalkit.models.roles import only_reach
from evalkit.money.budget import Budget
from evalkit.runs import journal
from evalkit.runs.batch import Batching
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.config import RunConfig, make_config
from evalkit.runs.folder import DEFAULT_FOLDER, find_run, new_folder
from evalkit.runs.loop import run_anywhere
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.notebook import unseen, with_progress
from evalkit.runs.planner import TaskLike, make_plan, named_tasks, plain_settings
from evalkit.runs.regrade import Regrading, resumed
from evalkit.runs.result import RunResult
from evalkit.runs.selective import Policy
from evalkit.runs.session import Notify, Session, Watch
from evalkit.runs.trust import check_origin, describe_origin, make_origin

GROWING = ("thresholds", "limit", "epochs")
"""Settings by which an extended run grows."""
MONEY = {"max_cost", "max_tokens_total", "prices"}
"""Settings of what may be spent."""
RESUMABLE = {"base_url", "headers", "max_connections", "adaptive", "timeout", *MONEY}
"""Settings that change how a model is reached and what may be spent, but not what is asked: a resumed run may override
them."""


def run(
    tasks: TaskLike | Sequence[TaskLike] | None = None,
    *,
    model: str | None = None,
    thresholds: float | Sequence[float | None] | None = None,
    limit: int | None = None,
    first: int | None = None,
    sample_ids: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
    shuffle: bool | None = None,
    shard: str | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    reasoning_effort: Effort | None = None,
    form: Form | None = None,
    shots: int | None = None,
    system: str | None = None,
    wording: str | None = None,
    base_url: str | None = None,
    headers: Mapping[str, str] | None = None,
    max_connections: int | None = None,
    adaptive: bool | None = None,
    timeout: float | None = None,
    data: str | None = None,
    mapping: Mapping[str, str] | None = None,
    task_parameters: Mapping[str, Any] | None = None,
    grader_parameters: Mapping[str, Any] | None = None,
    model_parameters: Mapping[str, Any] | None = None,
    confidence: Source | None = None,
    policy: Policy | None = None,
    batch: bool | None = None,
    batch_size: int | None = None,
    count_as: Mapping[str, str] | None = None,
    grader: str | None = None,
    metrics: Sequence[str] | None = None,
    max_cost: float | None = None,
    max_tokens_total: int | None = None,
    prices: str | Path | Mapping[str, Any] | None = None,
    out: str | Path = DEFAULT_FOLDER,
    resume: str | Path | None = None,
    extend: str | Path | None = None,
    name: str = "",
    label: str = "",
    note: str = "",
    trust: bool = False,
    regrade_all: bool = False,
    cache: CacheMode = "on",
    watch: Watch = unseen,
    notify: Notify = unseen,
) -> RunResult:
    """Run tasks on a model and score the answers; the public `evalkit.run`.

    Settings left at None take the defaults of `RunConfig`.

    Args:
        tasks: one task or several: names, files (`file.py::name`), files of questions (CSV, JSON lines), functions
            marked with `@task`, or Task objects. Default: birthdays, letters and dissertations.
        model: `provider/name`. Default: the embedded model.
        thresholds: confidence targets to state in the prompt, 0 ≤ t < 1; None among them is a plain prompt, which is
            the default.
        limit: samples per task, a prefix of its order; with `first`, the number of the last one.
        first: number of the first sample, from 1.
        sample_ids: only these samples: ids, or patterns such as geo-*.
        strata: only samples of these strata.
        shuffle: put the samples into an order drawn by the seed, before `first` and `limit`.
        shard: ask one of several parts of the selected samples, such as "3/16"; `evalkit.merge` joins them.
        epochs: how often each sample is asked, ≥ 1.
        seed: draws the samples and seeds the model.
        temperature: ≥ 0. Default: 0, or 1 with several epochs.
        max_tokens: longest answer, in tokens. Default: the provider's, which may be none.
        reasoning_effort: how much a model that reasons is to think: none, minimal, low, medium, high, xhigh or max.
        form: "chat", or "plain" for base models, which continue a text.
        shots: examples shown before each question: other questions of the task, with their accepted answers.
        system: text of a system message.
        wording: how a confidence target is stated: paper, percent, points, exam, nature, or a text file.
        base_url: an OpenAI-compatible server to ask instead of the provider's; several, separated by commas, share the
            load.
        headers: extra HTTP headers; each value names an environment variable, as in {"api-key": "$AZURE_KEY"}.
        max_connections: largest number of concurrent requests.
        adaptive: whether to adapt the number of concurrent requests to the server.
        timeout: time limit for one answer, in seconds.
        data: local files to read questions from, for tasks that would otherwise download them.
        mapping: field → column of tasks that are files of questions, such as {"question": "q", "target": "gold"}; see
            `evalkit.runs.question_file`.
        task_parameters: parameters of the tasks, such as {"n": 50}.
        grader_parameters: parameters of the graders, such as {"judge": "openai/gpt-4o"}, and settings of the judge,
            such as {"judge.base_url": "http://localhost:8000/v1", "judge.max_tokens": 8000}.
        model_parameters: parameters of the model, sent with each request.
        confidence: where a confidence in each answer comes from: none, logprob, verbal or vote.
        policy: abstention policy to apply afterwards and score beside the answers: confidence or consistency.
        batch: put the questions through the provider's Batch API, which answers within a day at a lower price; the run
            may be left, and resumed days later.
        batch_size: most requests of one batch. Default: the provider's limit.
        count_as: changes to what a kind of non-answer counts as, such as {"empty": "error"}.
        grader: a grader of all tasks, instead of their own.
        metrics: your own metrics to compute beside the installed ones: file.py::name.
        max_cost: dollars that may be spent, judges included; at the limit the run stops and can be resumed with more.
            Requests under way may exceed it.
        max_tokens_total: the same in prompt and completion tokens.
        prices: a file of prices, or model → {"input": …, "output": …} in dollars for a million tokens; they come
            before the published ones.
        out: folder in which to create the run folder.
        resume: a run folder to resume; it keeps its own settings. Pass tasks again if they were given as objects.
        extend: a run folder to continue with more thresholds, samples or epochs; only what is new is asked.
        name: the run folder's name. Default: made from the time and the tasks.
        label: the condition's name on leaderboards.
        note: free text kept in run.json.
        trust: resume a run that this machine did not start, although it uses its own code or addresses.
        regrade_all: grade every answer of a resumed run again, without asking the model.
        cache: on: take completions that runs below `out` got to the same request, and keep new ones; read or write:
            only that; off: neither.
        watch: receives the running counts, for a progress display.
        notify: receives messages for the user, such as slow steps before the first answer.

    Raises:
        SettingError: a setting is invalid.
        UsageError: a name is unknown.
        InputError: a file cannot be read in the expected format.
        ModelUnavailableError: the model cannot be reached, and nothing is recorded yet.
        RunInterruptedError: Ctrl-C or SIGTERM.
    """
    given = dict(locals())
    return run_anywhere(lambda: run_async(**given))


@with_progress
async def run_async(
    tasks: TaskLike | Sequence[TaskLike] | None = None,
    *,
    out: str | Path = DEFAULT_FOLDER,
    resume: str | Path | None = None,
    extend: str | Path | None = None,
    name: str = "",
    label: str = "",
    note: str = "",
    trust: bool = False,
    regrade_all: bool = False,
    failures_only: bool = False,
    cache: CacheMode = "on",
    cache_folder: Path | None = None,
    budget: Budget | None = None,
    session_class: Callable[..., Session] | None = None,
    watch: Watch = unseen,
    notify: Notify = unseen,
    **settings: Any,
) -> RunResult:
    """Run tasks on a model inside an event loop, such as a notebook's; parameters and errors as `run`.

    Args:
        failures_only: ask a resumed run's failures again, and nothing that was not asked yet.
        cache_folder: the results folder whose response cache is used; None: that in which the run folder is.
        budget: one that several runs share; None: the run's own.
        session_class: makes the session; None: the one that the settings ask for.
    """
    names, objects = named_tasks(tasks)
    given = {key: value for key, value in settings.items() if value is not None}
    if (earlier_run := resume if extend is None else extend) is not None:
        if name or (names and len(objects) < len(names)):
            raise UsageError("resume= and extend= reuse the run's name and tasks; pass neither")
        folder = find_run(earlier_run, out)
        earlier = _earlier(folder)
        grown = _grown(earlier, given, extend=extend is not None)
        config = _reused(earlier, given, notify, trust=trust, again=regrade_all).model_copy(update=grown)
        if regrade_all:
            journal.return_to_grading(folder)
        plan = make_plan(config, folder.name, objects)
        kind = session_class or (Regrading if earlier.parent else _usual(config))
        go = functools.partial(kind, plan, config, watch, notify, earlier=earlier)
        session = go(cache=cache, cache_folder=cache_folder, budget=budget)
        session.failures_only = failures_only
        if isinstance(session, Regrading):
            resumed(session, folder, earlier)
        return await session.run(lambda: folder)
    if regrade_all:
        raise SettingError("regrade_all", "needs {resume}")
    if names:
        given["tasks"] = names
    config = make_config(**plain_settings(given))
    started = datetime.now().astimezone()
    plan = make_plan(config, objects=objects)
    labels = [planned.task.name for planned in plan.tasks]
    kind = session_class or _usual(config)
    make = functools.partial(kind, plan, config, watch, notify, label=label, note=note, started=started)
    session = make(cache=cache, cache_folder=cache_folder, budget=budget)
    suffix = plan.selection.shard.suffix if plan.selection.shard else ""
    return await session.run(lambda: new_folder(Path(out), started, labels, name, suffix))


def _usual(config: RunConfig) -> Callable[..., Session]:
    """What makes the session that the settings ask for."""
    return Batching if config.batch else Session


def _earlier(folder: Path) -> Manifest:
    earlier = read_manifest(folder, scorecards=False)
    if earlier.config is None or earlier.kind != "run":
        raise InputError(f"{folder} was not started by evalkit run; it cannot be resumed")
    return earlier


def _grown(earlier: Manifest, given: dict[str, Any], *, extend: bool) -> dict[str, Any]:
    """Take from the given settings those by which a run grows; with the earlier values, they are its new ones.

    Raises:
        SettingError: a setting would shrink or change the run, or nothing grows.
    """
    assert earlier.config is not None
    if not extend:
        return {}
    before, settings = earlier.config, plain_settings(given)
    more: dict[str, Any] = {key: settings[key] for key in GROWING if key in settings}
    for key in GROWING:
        given.pop(key, None)
    if not more:
        raise SettingError("extend", "needs more: {thresholds}, {limit} or {epochs}")
    if "thresholds" in more:
        more["thresholds"] = list(dict.fromkeys([*before.thresholds, *more["thresholds"]]))
    for key in ("limit", "epochs"):
        had = getattr(before, key)
        if key in more and (had is None or more[key] < had):
            raise SettingError(key, "{new} is less than the run has ({had})", new=more[key], had=had or "all samples")
    config = make_config(**before.model_dump() | more)
    if config.sampling_temperature != before.sampling_temperature:
        raise SettingError("epochs", "the run's answers were asked at temperature 0; start a run with {epochs}")
    return {key: getattr(config, key) for key in more}


def _reused(earlier: Manifest, given: dict[str, Any], notify: Notify, *, trust: bool, again: bool) -> RunConfig:
    """The settings of an earlier run, with what a resumed one may change.

    Raises:
        SettingError, UsageError: something else was given; or the run is somebody else's and not trusted.
    """
    assert earlier.config is not None
    reach: Mapping[str, str] = plain_settings(given).get("grader_parameters", {})
    if not only_reach(reach):
        raise SettingError("grader_parameters", "may only change how a judge is reached, such as judge.base_url")
    changed = {key: value for key, value in plain_settings(given).items() if key != "grader_parameters"}
    if set(changed) - RESUMABLE:
        raise UsageError(f"resume= reuses the run's settings; pass none but {', '.join(sorted(RESUMABLE))}")
    # An address that the user passes now needs no trust; the one in the folder does.
    kept = {key: text for key, text in earlier.config.grader_parameters.items() if key not in reach}
    stored = earlier.config.model_copy(update={"grader_parameters": kept})
    if "base_url" in changed:
        stored = stored.model_copy(update={"base_url": None})
    check_origin(earlier.origin, stored, trust=trust, again=again)
    if reach:
        changed["grader_parameters"] = earlier.config.grader_parameters | dict(reach)
    config = RunConfig.model_validate(earlier.config.model_dump() | changed)
    if used := describe_origin(make_origin(config)):
        notify(f"resuming with {used}")
    return config
