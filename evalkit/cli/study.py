"""What `evalkit run` does with a study: several models, or a study file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit.display import one_line
from evalkit.errors import InputError, RunInterruptedError, UsageError
from evalkit.files import is_file
from evalkit.money.budget import Budget
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.folder import slug
from evalkit.runs.start import MONEY
from evalkit.studies.conduct import StudyResult, conduct, find_study
from evalkit.studies.study_file import ENDINGS, Study, make_study, read_study


def study_of(path: str | None, models: Sequence[str], settings: dict[str, Any]) -> Study | None:
    """Return the study that a command line asks for; None where it asks for a single run.

    Args:
        path: the study file; None without one.
        models: those of --model.
        settings: the other settings given.

    Raises:
        UsageError: there are settings beside a study file, or the file is none.
        InputError: the file cannot be read.
    """
    if path is None:
        if len(models) < 2:  # noqa: PLR2004 - a single run
            return None
        wording = settings.get("wording")
        apart = ("wording", "name", "label", "note", *MONEY)
        shared = {key: value for key, value in settings.items() if key not in apart}
        if "label" in settings:
            raise UsageError("--label is for one model; a study file gives each its own")
        more = {"wordings": [wording]} if wording else {}
        content = {**shared, **more, "models": list(models), "note": settings.get("note", "")}
        return make_study(content, "--model").with_money(settings)
    if models or set(settings) - {"name", *MONEY}:
        raise UsageError(
            f"the settings of a study stand in {path}; give only --out, --name, --cache, --dry-run, --max-cost,"
            " --max-tokens-total and --prices beside"
        )
    if not is_file(Path(path)) or Path(path).suffix.lower() not in ENDINGS:
        raise UsageError(f"{path} is no study file: one ends in {', '.join(ENDINGS)}; evalkit init writes an example")
    return read_study(Path(path)).with_money(settings)


def folder_of(path: str | None, study: Study, out: str, name: str | None) -> Path:
    """Return the folder of a study: named by the user, after its file, or after the time and the tasks."""
    if name and slug(name) != name:
        raise UsageError(f"--name {name}: use letters, digits, dots, dashes and underscores, as in {slug(name)}")
    if name or path:
        return Path(out) / (name or slug(Path(str(path)).stem))
    tasks = [slug(Path(str(task)).stem) for task in study.settings.get("tasks", ["study"])]
    return Path(out) / f"{datetime.now().astimezone():%Y%m%d-%H%M}-{tasks[0]}-{len(study.models)}-models"


def resumed_study(resume: str | None, out: str, settings: dict[str, Any]) -> tuple[Study, Path] | None:
    """Return the study that a folder named by --resume holds, with a budget given anew; None where it is a run's."""
    for folder in [Path(resume), Path(out) / resume] if resume else []:
        if (study := find_study(folder)) is not None:
            return study.with_money(settings), folder
    return None


def conduct_and_print(study: Study, folder: Path, cache: CacheMode, as_json: bool) -> int:
    """Make a study's runs, and print its board.

    Returns:
        The exit code: 3 where a run or an answer failed.

    Raises:
        RunInterruptedError: with the command to resume.
    """
    from evalkit.cli.printing import print_result
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.study import StudyScreen

    with resumable(), Display() as display:
        work = conduct(study, folder, cache=cache, watch=display.watch, notify=display.notify)
        result = _run(work, folder)
    print_result(StudyScreen(result=result), as_json)
    _say_what_failed(result)
    return 3 if result.problems or result.failed else 0


def _run(work: Any, folder: Path) -> StudyResult:
    try:
        result: StudyResult = asyncio.run(work)
    except (KeyboardInterrupt, asyncio.CancelledError) as error:
        raise RunInterruptedError("interrupted; all answers so far are kept", run=str(folder)) from error
    return result


def _say_what_failed(result: StudyResult) -> None:
    from evalkit.cli.printing import say

    if result.stopped:
        say(f"Stopped by the budget: {result.stopped}", err=True)
    for name, problem in result.problems.items():
        said = problem.removeprefix(f"stopped by the budget: {result.stopped}; ") if result.stopped else problem
        say(f"{name} is not finished: {one_line(said, 300)}", err=True)
    if result.failed:
        say(f"{result.failed:,} answers failed, counted in no score", err=True)
    if result.failed or result.problems:
        more = f" {options_of(result.study)}" if result.stopped else ""
        say(f"{'To go on with more' if more else 'To try again'}: evalkit run --resume {result.folder}{more}", err=True)


def options_of(study: Study) -> str:
    """The options that set a study's budget."""
    return Budget(study.budget.max_cost, study.budget.max_tokens_total).options


EXAMPLE = """\
# A study: every model answers every task at every confidence target, in every wording.
# Make it with:   evalkit run {name}          look first: evalkit run {name} --dry-run
# The same command again asks only what is new.

tasks = ["letters", "birthdays"]      # evalkit list tasks; file.py::name works too
thresholds = ["none", 0.5, 0.75, 0.9] # a mistake costs t/(1−t) points; "none" states no target
wordings = ["paper"]                  # paper, percent, points, exam, nature, or a text file with {{penalty}}
limit = 100                           # samples of each task
epochs = 1                            # how often each sample is asked

# [budget]
# max_cost = 5.00                     # dollars for the study as a whole; it stops there, and goes on with more
#
# Any setting of `evalkit run` may stand here, for all models, or in a model's own table.
# [task_parameters]
# n = 300
# [grader_parameters]
# judge = "openai/gpt-4o"

[[models]]
model = "local/smollm2-135m"          # needs no key
label = "SmolLM2"

# [[models]]
# model = "openai/gpt-4o-mini"        # reads OPENAI_API_KEY
# label = "4o mini"
# temperature = 0.7
# price = {{ input = 0.15, output = 0.6 }} # dollars for a million tokens, where the published price is not yours

# [[models]]
# model = "my-model"                  # any OpenAI-compatible server
# base_url = "http://localhost:8000/v1"
"""


def write_example(path: Path) -> None:
    """Write a commented study file.

    Raises:
        InputError: the file exists, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE.format(name=path.name))
    except FileExistsError as error:
        raise InputError(f"{path} exists; give another name: evalkit init mine.toml") from error
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror})") from error
