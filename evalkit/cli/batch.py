"""`evalkit batch write` and `evalkit batch read`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from evalkit.cli.options import command as new_command
from evalkit.cli.options import options_named
from evalkit.cli.run import command as run_command
from evalkit.cli.run import settings_of
from evalkit.errors import InputError, UsageError
from evalkit.runs.folder import DEFAULT_FOLDER

NOT_WRITTEN = {
    "study_file", "batch", "resume", "extend", "trust", "regrade_all", "dry_run", "show_strata", "as_json",
    "max_connections", "no_adaptive", "timeout", "max_cost", "max_tokens_total",
}  # fmt: skip
"""Parameters of `evalkit run` that make no sense where nothing is sent."""


@click.group("batch", short_help="Write a run's requests as a batch file, and read the answers.")
def command() -> None:
    """Write a run's requests for `vllm run-batch`, Ray or another program, and read what it answered.

    With a provider's own Batch API: `evalkit run --batch`.
    """


def _write(*, models: list[str], output: Path | None, out: str, cache: Any, **given: Any) -> None:
    """Write the requests of a run as lines of a batch, in the format of OpenAI's Batch API.

    \b
    evalkit batch write --model vllm/my-model --task letters --threshold none,0.75 -o lines.jsonl
    vllm run-batch -i lines.jsonl -o answers.jsonl --model my-model
    evalkit batch read RUN answers.jsonl
    """
    from evalkit.cli.printing import say
    from evalkit.cli.progress import Display
    from evalkit.runs.batch_files import write_batch

    settings = settings_of(given)
    if len(models) > 1:
        raise UsageError(f"--model: one file asks one model; given are {', '.join(models)}")
    if models:
        settings["model"] = models[0]
    with Display() as display, options_named():
        files = write_batch(out=out, cache=cache, notify=display.notify, **settings)
    if not files:
        say("nothing is left to ask: every answer is in the response cache; --cache off asks afresh")
        return
    run = files[0].parent.parent
    if output is not None:
        files = [_copy(files, output)]
    total = sum(_count(file) for file in files)
    say(f"written: {', '.join(map(str, files))} ({total:,} requests)")
    say(f"When they are answered: evalkit batch read {run} FILE")


def _copy(files: list[Path], output: Path) -> Path:
    """Put the lines into one file where the user wants it."""
    try:
        with output.open("wb") as target:
            for file in files:
                with file.open("rb") as source:
                    shutil.copyfileobj(source, target)
    except OSError as error:
        raise InputError(f"{output} cannot be written ({error.strerror})") from error
    return output


def _count(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for _ in lines)


write = new_command("write", short_help="Write the requests of a run.")(_write)
write.params = [
    *(parameter for parameter in run_command.params if parameter.name not in NOT_WRITTEN),
    click.Option(
        ["-o", "output"],
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Also write all lines to this file.",
    ),
]
command.add_command(write)


@new_command("read", short_help="Read what was answered to them.")
@click.argument("run")
@click.argument(
    "outputs", nargs=-1, required=True, metavar="FILE…", type=click.Path(dir_okay=False, path_type=Path)
)  # fmt: skip
@click.option("--skip-foreign", is_flag=True, help="Leave out lines that are no requests of this run.")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
@click.option("--trust", is_flag=True, help="Use the code and addresses that the run names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def read(ctx: click.Context, /, *, run: str, outputs: tuple[Path, ...], out: str, as_json: bool, **given: Any) -> None:
    """Turn a batch's output into the records of its run, and score them.

    Lines may stand in any order and in several files. A request without a line is a failure; reading another file later
    fills it in.

    \b
    evalkit batch read 20261126-0900-letters answers.jsonl
    """
    from evalkit.cli.printing import print_result, say
    from evalkit.cli.progress import Display, resumable
    from evalkit.report.run import LastScreen
    from evalkit.runs.batch_files import read_batch

    with resumable(), Display() as display:
        result = read_batch(run, outputs, out=out, **given, watch=display.watch, notify=display.notify)
    print_result(LastScreen(result=result), as_json)
    if result.failed:
        say(f"{result.failed:,} samples failed, counted in no score (the last: {result.last_failure})", err=True)
        ctx.exit(3)


command.add_command(read)
