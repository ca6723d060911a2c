"""`evalkit rescore`."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import get_args

import click

from evalkit.cli.options import ColumnMap, KeyValue, as_dict, stated, threshold_option
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.selective import Policy

PROGRESS_SECONDS = 5.0
"""Between two lines on how many answers were graded again."""


@new_command("rescore", short_help="Read outputs of other harnesses and score them.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@threshold_option(help="Default: 0,0.5,0.75,0.9.")
@click.option(
    "--format",
    "format_",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="A reader's name (evalkit list readers), or file.py::name.",
)
@click.option("--map", "mapping", type=ColumnMap(), metavar="FIELD=COLUMN,…", help="Map columns of an unknown format.")
@click.option(
    "--rows", default="", metavar="PATH", help="Read the rows under this key of a JSON file, or in this sheet or table."
)
@click.option("--targets", type=click.Path(path_type=Path), metavar="FILE", help="Read gold answers from another file.")
@click.option(
    "--verdict",
    "verdicts",
    type=KeyValue("MARK=OUTCOME"),
    multiple=True,
    help="Set what a mark in the file means: N=idk.",
)
@click.option("--scorer", default="", metavar="NAME", help="Take the verdicts of this scorer, of several.")
@click.option("--metric", default="", metavar="NAME", help="Take the verdicts of this metric, of several.")
@click.option("--filter", "filter_", default="", metavar="NAME", help="Take the answers of this filter, of several.")
@click.option("--model", default="", metavar="M", help="Name the model, whatever the files say.")
@click.option("--task", default="", metavar="T", help="Name the task, whatever the files say.")
@click.option(
    "--count-as", type=KeyValue("KIND=OUTCOME"), multiple=True, help="Change what a kind of non-answer counts as."
)
@click.option(
    "--extract",
    default="",
    metavar="REGEX",
    help="Regular expression; the first group of its last match is the answer.",
)
@click.option(
    "--pass-mark", type=float, metavar="X", help="Score from which an answer is right, in formats with scores."
)
@click.option(
    "--regrade",
    default="",
    metavar="GRADER",
    help="Grade again with a grader, and name the samples where the file differs.",
)
@click.option(
    "-G",
    "grader_parameters",
    type=KeyValue(),
    multiple=True,
    help="A parameter of the --regrade grader, or a setting of its judge: judge.base_url=URL.",
)
@click.option(
    "--max-connections",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Answers that --regrade grades at a time.",
)
@click.option(
    "--policy",
    type=click.Choice(get_args(Policy)),
    help="Also score with abstention by confidence, or by agreement of epochs.",
)
@click.option("--limits", type=KeyValue("NAME=N"), multiple=True, help="Raise a limit: rows, cells or expansion.")
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Skip and count rows that cannot be read, have no verdict or contradict others, instead of stopping.",
)
@click.option(
    "--keep-questions",
    is_flag=True,
    help="Copy the questions into the run, instead of reading them from the files when they are shown.",
)
@click.option("--strict", is_flag=True, help="Stop at a file that cannot be read, instead of setting it aside.")
@click.option("--explain", is_flag=True, help="Print how the files are understood, and write nothing.")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Folder for the run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    paths: tuple[str, ...], *, thresholds: list[float | None], format_: str, mapping: dict[str, str] | None,
    rows: str, limits: tuple[tuple[str, str], ...], targets: Path | None,
    verdicts: tuple[tuple[str, str], ...], scorer: str, metric: str, filter_: str, model: str, task: str,
    grader_parameters: tuple[tuple[str, str], ...], max_connections: int, strict: bool,
    count_as: tuple[tuple[str, str], ...], extract: str, pass_mark: float | None, regrade: str,
    policy: Policy | None, skip_bad: bool, keep_questions: bool, explain: bool, out: str, as_json: bool,
) -> None:  # fmt: skip
    """Read outputs of other harnesses, sort what they call wrong into errors and IDK, and score at every threshold.

    \b
    evalkit rescore logs/*.eval
    evalkit rescore results_folder --threshold 0,0.5,0.75,0.9
    evalkit rescore answers.csv --map id=qid,answer=pred,target=gold
    """
    from evalkit.cli.printing import print_result
    from evalkit.report import rescore
    from evalkit.rescoring.rescore import Terms, rescore_files

    terms = Terms(
        thresholds=stated(thresholds, "rescoring") or Terms.thresholds,
        format=format_,
        mapping=mapping or {},
        targets=targets,
        verdicts=as_dict(verdicts),
        scorer=scorer,
        metric=metric,
        filter=filter_,
        grader_parameters=as_dict(grader_parameters),
        max_connections=max_connections,
        strict=strict,
        model=model,
        task=task,
        count_as=as_dict(count_as),
        extract=extract,
        pass_mark=pass_mark,
        regrade=regrade,
        policy=policy,
        skip_bad=skip_bad,
        keep_questions=keep_questions,
        rows=rows,
        limits=as_dict(limits),
    )
    if explain:
        from evalkit.report.explain import print_explanations
        from evalkit.rescoring.explain import explain as explain_files

        print_explanations(explain_files(paths, terms))
        return
    progress = _Progress()
    rescored = rescore_files(paths, terms, Path(out), progress=progress)
    progress.end()
    rescore.print_notes(rescored)
    print_result(rescore.RescoredScreen(rescored=rescored), as_json=as_json)
    if rescored.set_aside:
        sys.exit(3)


class _Progress:
    """Says on stderr how many answers were graded again."""

    def __init__(self) -> None:
        self._graded = 0
        self._shown = time.monotonic()

    def __call__(self, more: int) -> None:
        self._graded += more
        if time.monotonic() - self._shown >= PROGRESS_SECONDS:
            self._shown = time.monotonic()
            self._show()

    def end(self) -> None:
        """Say how many there were in all, where there were any."""
        if self._graded:
            self._show()

    def _show(self) -> None:
        click.echo(f"graded again: {self._graded:,}", err=True)
