"""`evalkit run`."""

from __future__ import annotations

import functools
from typing import Any, get_args

import click

from evalkit.cli.completion import complete_graders, complete_models, complete_runs, complete_tasks
from evalkit.cli.options import (
    ColumnMap,
    KeyValue,
    Range,
    as_dict,
    money_options,
    names_option,
    options_named,
    threshold_option,
)
from evalkit.cli.options import command as new_command
from evalkit.cli.sharding import say_how_to_merge, take_shard
from evalkit.cli.study import conduct_and_print, folder_of, resumed_study, study_of
from evalkit.display import one_line
from evalkit.errors import UsageError
from evalkit.grading.confidence import Source
from evalkit.models import DEFAULT_MODEL, Form
from evalkit.models.effort import EFFORTS
from evalkit.runs import start
from evalkit.runs.cache import Mode as CacheMode
from evalkit.runs.config import make_config
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.planner import make_plan
from evalkit.runs.result import RunResult
from evalkit.runs.selective import Policy
from evalkit.runs.wordings import BUILT_IN, PAPER
from evalkit.studies.matrix import make_matrix
from evalkit.studies.study_file import Study

RESUMABLE_WITH = {
    "resume",
    "out",
    "as_json",
    "show_strata",
    "trust",
    "regrade_all",
    "no_adaptive",
    "grader_parameters",
    "cache",
    *start.RESUMABLE,
}
STUDY_RESUMABLE_WITH = {"resume", "out", "as_json", "cache", "dry_run", *start.MONEY}
EXTENDABLE_WITH = {"extend", *start.GROWING}


@new_command("run", short_help="Put tasks to a model and score the answers.")
@click.argument("study_file", required=False, metavar="[STUDY]")
@names_option(
    "--model", "models", metavar="M,…", shell_complete=complete_models,
    help=f"provider/name; `evalkit list models`. Several make a study. Default: {DEFAULT_MODEL}.",
)  # fmt: skip
@names_option(
    "--task", "tasks", metavar="T,…", help="Tasks by name or file.py::name, or files of questions.",
    shell_complete=complete_tasks,
)  # fmt: skip
@threshold_option(
    help="Confidence targets to state in the prompt, such as none,0,0.75; none: no target. Default: none."
)
@click.option(
    "--data",
    metavar="PATH",
    help="Local files of the questions, in their publisher's layout. [env: EVALKIT_DATA]",
)
@click.option(
    "--map", "mapping", type=ColumnMap(), metavar="FIELD=COLUMN,…",
    help="Columns of a file of questions: id, question, target, aliases, choices, stratum, unanswerable.",
)  # fmt: skip
@click.option(
    "--limit", type=Range(), metavar="N|A-B", help="Only the first N samples of each task, or those from A to B."
)
@names_option("--sample-id", "sample_ids", metavar="ID,…", help="Only these samples; patterns such as geo-* too.")
@names_option("--stratum", "strata", metavar="S,…", help="Only samples of these strata.")
@click.option("--shuffle", is_flag=True, help="Put the samples into an order drawn by --seed first.")
@click.option(
    "--shard", metavar="K/N",
    help="Only part K of N of the samples; `evalkit merge` joins them. Read from EVALKIT_SHARD, SLURM arrays and"
    " Kubernetes indexed jobs too; none: all.",
)  # fmt: skip
@click.option("--epochs", type=int, metavar="K", help="Ask each sample K times. Default: 1.")
@click.option("--seed", type=int, metavar="S", help="Draws the samples and seeds the model. Default: 0.")
@click.option("--temperature", type=float, metavar="X", help="Default: 0, or 1 with several epochs.")
@click.option(
    "--max-tokens",
    type=int,
    metavar="N",
    help="Longest answer. Default: the provider's, which may be none; printed by --dry-run.",
)
@click.option(
    "--reasoning-effort", type=click.Choice(EFFORTS),
    help="How much a model that reasons is to think, where its provider can be told. Default: its own.",
)  # fmt: skip
@click.option(
    "--form", type=click.Choice(get_args(Form)),
    help="How prompts are put: by a chat template, or as plain text that a base model continues. Default: chat.",
)  # fmt: skip
@click.option(
    "--shots", type=int, metavar="N", help="Examples before each question: others of the task, answered. Default: 0."
)
@click.option("--system", metavar="TEXT", help="A system message.")
@click.option(
    "--wording", metavar="NAME|FILE",
    help=f"How a target is stated: {', '.join(BUILT_IN)}, or a text file with {{penalty}}. Default: {PAPER}.",
)  # fmt: skip
@click.option(
    "--confidence", type=click.Choice(get_args(Source)),
    help="Source of a confidence in each answer: token probabilities, a number the model writes, agreement of epochs.",
)  # fmt: skip
@click.option(
    "--policy", type=click.Choice(get_args(Policy)),
    help="Score also as if the model had abstained where confidence is below the target, or epochs disagree.",
)  # fmt: skip
@click.option(
    "--batch", is_flag=True, help="Put the questions through the provider's Batch API: cheaper, within a day."
)
@click.option("--batch-size", type=int, metavar="N", help="Most requests of one batch. Default: the provider's limit.")
@click.option("--base-url", metavar="URL", help="An OpenAI-compatible server to ask instead of the provider's.")
@click.option(
    "--header", "headers", type=KeyValue("NAME=$VARIABLE"), multiple=True,
    help="An HTTP header whose value stands in an environment variable: api-key=$AZURE_KEY.",
)  # fmt: skip
@click.option("--max-connections", type=int, metavar="N", help="Most requests under way at once. Default: 64.")
@click.option(
    "--no-adaptive", is_flag=True, help="Use --max-connections from the start instead of adapting to the server."
)
@click.option(
    "--timeout", type=float, metavar="S", help="Seconds one answer may take. Default: 600; 3,600 if streamed."
)
@click.option("-T", "task_parameters", type=KeyValue(), multiple=True, help="A task's parameter.")
@click.option(
    "-G",
    "grader_parameters",
    type=KeyValue(),
    multiple=True,
    help="A grader's parameter, or a setting of its judge: judge.max_tokens=8000.",
)
@click.option("-M", "model_parameters", type=KeyValue(), multiple=True, help="A model's parameter.")
@click.option(
    "--extra-metric", "metrics", multiple=True, metavar="FILE.py::NAME", help="A metric of your own to compute as well."
)
@click.option(
    "--grader",
    metavar="NAME",
    shell_complete=complete_graders,
    help="A grader of all tasks, instead of their own; or file.py::name.",
)
@click.option(
    "--count-as",
    type=KeyValue("KIND=OUTCOME"),
    multiple=True,
    help="Change what a kind of non-answer counts as: empty=error.",
)
@money_options
@click.option(
    "--out",
    default=DEFAULT_FOLDER,
    show_default=True,
    metavar="DIR",
    help="Where the run folder is made.",
)
@click.option("--name", metavar="NAME", help="Name of the run folder. Default: made from the time and the tasks.")
@click.option("--label", metavar="TEXT", help="What boards and figures call this condition.")
@click.option("--note", metavar="TEXT", help="Free text that run.json keeps.")
@click.option("--resume", metavar="RUN", shell_complete=complete_runs, help="Resume an interrupted run.")
@click.option(
    "--extend",
    metavar="RUN",
    shell_complete=complete_runs,
    help="Continue a run with more --threshold, --limit or --epochs.",
)
@click.option("--trust", is_flag=True, help="With --resume: use the code and address that the run names.")
@click.option("--regrade-all", is_flag=True, help="With --resume: grade all answers again, asking no model.")
@click.option(
    "--cache", type=click.Choice(["on", "off", "read", "write"]), default="on", show_default=True,
    help="Whether to reuse completions of runs below --out, and to keep new ones.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be asked, without asking.")
@click.option("--strata", "show_strata", is_flag=True, help="Show counts by stratum too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    study_file: str | None,
    models: list[str],
    out: str,
    resume: str | None,
    extend: str | None,
    dry_run: bool,
    show_strata: bool,
    as_json: bool,
    cache: CacheMode,
    **given: Any,
) -> None:
    """Put tasks to a model and score the answers, plainly and by the threshold rule.

    \b
    evalkit run --threshold none,0.75 --limit 20
    evalkit run --model openai/gpt-4o --task letters --threshold none,0,0.5,0.75,0.9
    evalkit run --model my-model --base-url http://localhost:8000/v1
    evalkit run study.toml                           several models, wordings and settings; see `evalkit init`
    """
    from evalkit.cli.printing import print_result
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.run import LastScreen

    settings = settings_of(given)
    if not (resume or extend):
        take_shard(settings, is_study=study_file is not None or len(models) > 1)
    studied = resumed_study(resume, out, settings)
    if studied and (extra := [option for name, option in _given(ctx).items() if name not in STUDY_RESUMABLE_WITH]):
        raise UsageError(f"--resume takes its settings from the study; leave out {extra[0]}")
    if studied is None and (study := study_of(study_file, models, settings)) is not None:
        studied = study, folder_of(study_file, study, out, settings.get("name"))
    if studied is not None and not dry_run:
        ctx.exit(conduct_and_print(*studied, cache, as_json))
    if models:
        settings["model"] = models[0]
    again = resume or extend
    reusable = RESUMABLE_WITH | (EXTENDABLE_WITH if extend else set())
    if again and (extra := [option for name, option in _given(ctx).items() if name not in reusable]):
        what = "--extend" if extend else "--resume"
        raise UsageError(f"{what} takes its settings from the run; leave out {extra[0]}")
    if dry_run:
        _print_plan(studied[0] if studied else None, settings, as_json)
        return
    with resumable(), Display() as display, options_named():
        go = functools.partial(start.run, cache=cache, watch=display.watch, notify=display.notify)
        result = go(out=out, resume=resume, extend=extend, **settings)
    print_result(LastScreen(result=result, strata=show_strata), as_json)
    if not as_json:
        _say_how_judges_agreed(result)
        say_how_to_merge(result)
    if result.failed:
        _say_what_failed(result)
        ctx.exit(3)


def _print_plan(study: Study | None, settings: dict[str, Any], as_json: bool) -> None:
    """Print what would be asked."""
    from evalkit.report.dry_run import matrix_json, matrix_text

    with options_named():
        planned = [run.config for run in make_matrix(study)] if study else [make_config(**settings)]
        plans = [make_plan(config) for config in planned]
    click.echo(matrix_json(plans) if as_json else matrix_text(plans))


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """Keep only what was given, so that the defaults are those of RunConfig."""
    settings = {key: value for key, value in given.items() if value not in (None, (), []) and value is not False}
    if "limit" in settings:
        first, settings["limit"] = settings["limit"]
        settings |= {"first": first} if first > 1 else {}
    if settings.pop("no_adaptive", False):
        settings["adaptive"] = False
    for key in ("task_parameters", "grader_parameters", "model_parameters", "count_as", "headers"):
        if key in settings:
            settings[key] = as_dict(settings[key])
    return settings


def _given(ctx: click.Context) -> dict[str, str]:
    """Return the parameters given on the command line, each with its option."""
    from click.core import ParameterSource

    options = {str(parameter.name): parameter.opts[0] for parameter in ctx.command.params}
    return {name: options[name] for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE}


def _say_how_judges_agreed(result: RunResult) -> None:
    from evalkit.report.table import percent

    votes = result.votes
    if votes.answers:
        share = votes.agreeing / votes.pairs
        click.echo(
            f"Judges: {votes.unanimous:,} of {votes.answers:,} answers judged alike; {percent(share)} of pairs of votes"
            " agree."
        )


def _say_what_failed(result: RunResult) -> None:
    from evalkit.cli.printing import say

    failed = "1 sample" if result.failed == 1 else f"{result.failed:,} samples"
    why = f" (the last: {one_line(result.last_failure, 200)})" if result.last_failure else ""
    say(f"{failed} failed, counted in no score{why}. To try again: evalkit run --resume {result.folder}", err=True)
