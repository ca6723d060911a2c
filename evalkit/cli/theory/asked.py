"""`evalkit theory iiv --ask`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalkit.cli.theory.printing import print_document
from evalkit.errors import EvalkitError
from evalkit.runs.folder import slug
from evalkit.runs.folder import DEFAULT_FOLDER, new_folder

if TYPE_CHECKING:
    from evalkit.experiments.is_it_valid import Found, Share
    from evalkit.logprobs.selection import Settings


def ask_models(many: Sequence[Settings], keep: Path | None, as_json: bool) -> None:
    """Ask each model, and print what it says beside how it answers.

    Args:
        many: of each model.
        keep: folder of all runs; default a new one.
        as_json: print one JSON document.

    Raises:
        As `evalkit.validity.ask`.
    """
    from evalkit.cli.progress import Display
    from evalkit.experiments.is_it_valid import Plan, ask

    folder = keep or new_folder(Path(DEFAULT_FOLDER), datetime.now().astimezone(), ["is-it-valid"])
    found = []
    try:
        with Display() as display:
            for one in many:
                plan = Plan(one.model, one.task, one.limit, one.seed, one.parameters, one.data, one.base_url)
                found.append(ask(plan, folder / slug(one.model), display.watch, display.notify))
    except EvalkitError as error:
        with suppress(OSError):
            folder.rmdir()  # nothing was begun
        if folder.is_dir():
            error.args = (f"{error}; go on with the same command and --keep {folder}",)
        raise
    if as_json:
        print_document({"models": [_document(one) for one in found]})
        return
    for each in found:
        _print(each)


def _print(found: Found) -> None:
    rows = [
        ("answers wrong", found.wrong, "of its own answers to the questions"),
        ("answers IDK", found.idk, ""),
        ("calls valid ones invalid", found.missed, "of right answers proposed to it"),
        ("calls errors valid", found.taken, "of wrong answers proposed to it"),
        ("gives no verdict", found.silent, "neither yes nor no; in no share above"),
    ]
    click.echo(f"{found.plan.model}, {found.wrong.n:,} questions of {found.plan.task}")
    for name, share, meaning in rows:
        click.echo(f"  {name:<25} {_shown(share)}   {meaning}".rstrip())
    click.echo(f"\n  {_sentence(found)}")
    for run, failed in found.failed.items():
        click.echo(f"  {failed:,} requests failed and are in no share: evalkit run --resume {run}")
    click.echo(f"  Transcripts: evalkit show {found.runs[0]}, evalkit show {found.runs[1]}")


def _sentence(found: Found) -> str:
    wrong, judged = found.wrong.value, found.misclassified
    if wrong is None or judged is None:
        return "It gave too few verdicts for a comparison."
    return (
        f"Asked whether an answer is valid it is wrong {judged:.1%} of the time, right answers and errors weighing the"
        f" same (a coin: 50%); asked to answer it is wrong {wrong:.1%}. Theorem 1 is about the judge that a model's own"
        " probabilities make: without --ask, of a llama.cpp server."
    )


def _shown(share: Share) -> str:
    if share.value is None or share.interval is None:
        return f"{'–':>7} {'':>17} of {share.n:<5,}"
    low, high = share.interval
    return f"{share.value:>7.1%} [{low:>6.1%}, {high:>6.1%}] of {share.n:<5,}"


def _document(found: Found) -> dict[str, object]:
    shares = {name: getattr(found, name) for name in ("wrong", "idk", "missed", "taken", "silent")}
    return {
        "plan": dataclasses.asdict(found.plan),
        **{
            name: {"count": one.count, "n": one.n, "value": one.value, "interval": one.interval}
            for name, one in shares.items()
        },
        "misclassified": found.misclassified,
        "failed": found.failed,
        "runs": found.runs,
    }
