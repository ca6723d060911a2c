"""`evalkit rescore`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import click

from evalkit.cli.options import KeyValue, as_dict, stated, threshold_option
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER
from evalkit.runs.selective import Policy


class Fields(click.ParamType["dict[str, str]"]):
    """`answer=pred,target=gold`."""

    name = "fields"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Text to a dict."""
        if isinstance(value, dict):
            return value
        pairs = [part.partition("=") for part in str(value).split(",") if part.strip()]
        if not all(equals and path for _, equals, path in pairs):
            self.fail(f"{value!r} must be field=column,field=column", param, ctx)
        return {field.strip(): path.strip() for field, _, path in pairs}


@new_command("rescore", short_help="Read what other harnesses wrote, and score it.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@threshold_option(help="Default: 0,0.5,0.75,0.9.")
@click.option(
    "--format", "format_", default="auto", show_default=True, metavar="NAME", help="See evalkit list readers."
)
@click.option("--map", "mapping", type=Fields(), metavar="FIELD=COLUMN,…", help="Fields of a format nobody knows.")
@click.option("--targets", type=click.Path(path_type=Path), metavar="FILE", help="Gold that stands in another file.")
@click.option("--verdict", "verdicts", type=KeyValue("MARK=OUTCOME"), multiple=True, help="What a mark means: N=idk.")
@click.option("--scorer", default="", metavar="NAME", help="Which of several verdicts is meant.")
@click.option("--model", default="", metavar="M", help="The model's name, where the files do not say.")
@click.option("--task", default="", metavar="T", help="The task's name, likewise.")
@click.option("--count-as", type=KeyValue("KIND=OUTCOME"), multiple=True, help="Count a kind of non-answer otherwise.")
@click.option("--extract", default="", metavar="REGEX", help="Its last match, in round brackets, is the answer.")
@click.option("--pass-mark", type=float, metavar="X", help="Score from which an answer is right, for scored formats.")
@click.option("--regrade", default="", metavar="GRADER", help="Grade afresh, and say where the file differs.")
@click.option(
    "--policy", type=click.Choice(get_args(Policy)), help="Score also with abstention by confidence or votes."
)
@click.option("--skip-bad", is_flag=True, help="Count rows that cannot be read instead of stopping.")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where the run is made.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    paths: tuple[str, ...], *, thresholds: list[float | None], format_: str, mapping: dict[str, str] | None,
    targets: Path | None, verdicts: tuple[tuple[str, str], ...], scorer: str, model: str, task: str,
    count_as: tuple[tuple[str, str], ...], extract: str, pass_mark: float | None, regrade: str,
    policy: Policy | None, skip_bad: bool, out: str, as_json: bool,
) -> None:  # fmt: skip
    """Read outputs of other harnesses, sort what they call wrong into errors and IDK, and score at every threshold.

    \b
    evalkit rescore logs/*.eval
    evalkit rescore results_folder --threshold 0,0.5,0.75,0.9
    evalkit rescore answers.csv --map id=qid,answer=pred,target=gold
    """
    from evalkit.report import rescore, run
    from evalkit.rescoring.rescore import Terms, rescore_files

    terms = Terms(
        thresholds=stated(thresholds, "rescoring") or Terms.thresholds,
        format=format_,
        mapping=mapping or {},
        targets=targets,
        verdicts=as_dict(verdicts),
        scorer=scorer,
        model=model,
        task=task,
        count_as=as_dict(count_as),
        extract=extract,
        pass_mark=pass_mark,
        regrade=regrade,
        policy=policy,
        skip_bad=skip_bad,
    )
    found = rescore_files(paths, terms, Path(out))
    rescore.print_notes(found)
    if as_json:
        click.echo(json.dumps(run.document(found.result), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        rescore.print_table(found)
