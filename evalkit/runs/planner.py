"""Turn settings into a plan: resolve names, files, functions and objects to tasks with graders."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalkit import plugins
from evalkit.errors import InputError, SettingError, UsageError
from evalkit.grading.grade import parse_count_as
from evalkit.models import default_max_tokens
from evalkit.models.roles import read_roles, without_settings
from evalkit.money.prices import make_prices, read_prices
from evalkit.records import Task
from evalkit.runs import own_metrics
from evalkit.runs.config import RunConfig, prices_of
from evalkit.runs.examples import take_examples
from evalkit.runs.options import put_options
from evalkit.runs.plan import Plan, PlannedTask
from evalkit.runs.question_file import is_question_file, read_question_file

OBJECT = "object:"
"""Prefix in run.json for the name of a task that was given as a Python object."""
TaskLike = str | Task | Callable[..., Task]
"""A registered name or file.py::name, a function marked with `@task`, or a Task."""


def make_plan(config: RunConfig, name: str = "", objects: Mapping[str, TaskLike] | None = None) -> Plan:
    """Resolve names to tasks and graders, and check their parameters.

    Args:
        config: the settings.
        name: the run folder's name, if it exists already.
        objects: tasks given as functions or objects, by their names in the settings.

    Raises:
        UsageError: an unknown name or an invalid parameter.
    """
    own_metrics.check(config.metrics)
    made: dict[str, Task] = {}
    functions: dict[str, Callable[..., Any]] = {}
    for wanted in config.tasks:
        given = (objects or {}).get(wanted)
        if isinstance(given, Task):
            made[wanted] = given
        elif given is None and is_question_file(wanted):
            made[wanted] = read_question_file(Path(wanted), config.mapping)
        else:
            functions[wanted] = given if given is not None and not isinstance(given, str) else _find_task(wanted)
    if config.mapping and not any(map(is_question_file, config.tasks)):
        raise SettingError("mapping", "{tasks}: none of them is a file of questions", tasks=", ".join(config.tasks))
    defaults = {"seed": config.seed, **({"data": config.data} if config.data else {})}
    if config.data and not any("data" in inspect.signature(function).parameters for function in functions.values()):
        raise SettingError("data", "{tasks}: none of them reads files", tasks=", ".join(config.tasks))
    for wanted, parameters in plugins.share_parameters(functions, config.task_parameters).items():
        made[wanted] = _made(wanted, functions[wanted], parameters, defaults, several=len(config.tasks) > 1)
    tasks: dict[str, Task] = {}
    for wanted in config.tasks:
        task = made[wanted] if made[wanted].name else replace(made[wanted], name=wanted.removeprefix(OBJECT))
        if task.name in tasks:
            raise SettingError(
                "tasks", "{wanted}: another task of this run is also called {name}", wanted=wanted, name=task.name
            )
        own_metrics.check_reported(task.name, task.metrics)
        tasks[task.name] = put_options(task)
    graders = {task_name: plugins.find_grader(config.grader or task.grader) for task_name, task in tasks.items()}
    read_roles(config.grader_parameters)
    shares = plugins.share_parameters(graders, without_settings(config.grader_parameters), skip=2)
    planned = [
        PlannedTask(shown, *plugins.make_grader(graders[key], shares[key]), examples)
        for key, task in tasks.items()
        for shown, examples in [take_examples(task, config.shots) if config.shots else (task, [])]
    ]
    return Plan(
        run=name,
        model=config.full_model,
        tasks=planned,
        thresholds=config.thresholds,
        selection=config.selection,
        epochs=config.epochs,
        seed=config.seed,
        temperature=config.sampling_temperature,
        max_tokens=config.max_tokens,
        default_max_tokens=default_max_tokens(config.model_to_open, config.base_url, config.form),
        form=config.form,
        system=config.system,
        wording=config.stated_in,
        confidence=config.confidence,
        count_as=parse_count_as(config.count_as),
        prices=prices_of(config),
    )


def _made(
    wanted: str,
    function: Callable[..., Task],
    parameters: dict[str, str],
    defaults: Mapping[str, Any],
    *,
    several: bool,
) -> Task:
    """Build a task; of several, each has to use the data, or says that it does not."""
    data, takes_data = defaults.get("data"), "data" in inspect.signature(function).parameters
    try:
        task = plugins.make_task(function, parameters, dict(defaults), name=wanted)
    except InputError as error:
        if not (several and data and takes_data):
            raise
        raise SettingError(
            "data", "{data}: task {task} cannot use it ({why}); ask that task in a run of its own",
            data=data, task=wanted, why=error,
        ) from error  # fmt: skip
    if data and not takes_data:
        return replace(task, notes=[*task.notes, f"does not use {data}; it asks its own questions"])
    return task


def _find_task(name: str) -> Callable[..., Any]:
    if name.startswith(OBJECT):
        raise UsageError(f"task {name.removeprefix(OBJECT)} was given as a Python object: pass tasks= again to resume")
    function: Callable[..., Any] = plugins.find("tasks", name)
    return function


def named_tasks(tasks: TaskLike | Sequence[TaskLike] | None) -> tuple[list[str], dict[str, TaskLike]]:
    """Names of tasks for the settings, and the tasks that were given as functions or objects."""
    if tasks is None:
        return [], {}
    given = list(tasks) if isinstance(tasks, Sequence) and not isinstance(tasks, str) else [tasks]
    names: list[str] = []
    objects: dict[str, TaskLike] = {}
    for one in given:
        if isinstance(one, str):
            names.append(one)
            continue
        if not isinstance(one, Task) and not callable(one):
            raise SettingError("tasks", "{kind} is no task; give a name, a function or a Task", kind=type(one).__name__)
        name = OBJECT + ((one.name or "task") if isinstance(one, Task) else getattr(one, "__name__", "task"))
        names.append(name)
        objects[name] = one
    return names, objects


def plain_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Normalize settings for the configuration: a single threshold becomes a list, parameters become text."""
    plain = dict(settings)
    if isinstance(plain.get("thresholds"), (int, float)):
        plain["thresholds"] = [plain["thresholds"]]
    for key in ("task_parameters", "grader_parameters", "model_parameters"):
        if key in plain:
            plain[key] = {name: str(value) for name, value in plain[key].items()}
    if "prices" in plain:
        given = plain["prices"]
        plain["prices"] = make_prices(given, "prices") if isinstance(given, Mapping) else read_prices(Path(given))
    return plain
