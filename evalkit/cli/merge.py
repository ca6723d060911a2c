"""`evalkit merge`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.completion import complete_runs
from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("merge", short_help="Merge the shards of a run into one run.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", shell_complete=complete_runs)
@click.option(
    "-o", "--output", "into", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Folder to make."
)
@click.option("--allow-gaps", is_flag=True, help="Merge what is there; resuming the merged run asks the rest.")
@click.option("--trust", is_flag=True, help="Compute the shards' metrics in files, wherever they come from.")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are looked for.")
@click.option("--strata", is_flag=True, help="Show counts by stratum too.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON document.")
def command(
    runs: tuple[str, ...], *, into: Path, allow_gaps: bool, trust: bool, out: str, strata: bool, as_json: bool
) -> None:
    """Merge runs made with --shard: the result equals the undivided run, record by record.

    Shards that are missing, unfinished or given twice, or that differ in settings or data, are an error.

    \b
    evalkit run --task mmlu_pro --shard 1/2 --name mmlu
    evalkit run --task mmlu_pro --shard 2/2 --name mmlu
    evalkit merge results/mmlu-shard-* -o results/mmlu
    """
    from evalkit.cli.printing import print_result, say
    from evalkit.report.run import LastScreen
    from evalkit.runs.merge import merge

    result = merge(runs, into, out=out, allow_gaps=allow_gaps, trust=trust, notify=lambda text: say(text, err=True))
    print_result(LastScreen(result=result, strata=strata), as_json)
    shards = "1 shard" if len(runs) == 1 else f"{len(runs):,} shards"
    say(f"merged {shards} into {result.folder}; the shards' folders are no longer needed", err=True)
