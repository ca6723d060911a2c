"""`evalkit push`."""

from __future__ import annotations

import click

from evalkit.cli.options import command as new_command
from evalkit.runs.folder import DEFAULT_FOLDER


@new_command("push", short_help="Upload runs to a data set on the Hugging Face Hub.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("--repo", required=True, metavar="OWNER/NAME", help="The data set; created where it does not exist.")
@click.option("--public", is_flag=True, help="Let everybody read a data set that is created.  [default: private]")
@click.option("--without-text", is_flag=True, help="Leave out prompts, targets, options and answers.")
@click.option("--no-figure", is_flag=True, help="Do without the figure, which needs the plot extra.")
@click.option("--out", default=DEFAULT_FOLDER, show_default=True, metavar="DIR", help="Where runs are.")
def command(runs: tuple[str, ...], *, repo: str, public: bool, without_text: bool, no_figure: bool, out: str) -> None:
    """Upload runs to a data set on the Hub: records as Parquet, and a card with their leaderboard and its figure.

    The token is that of `hf auth login`, or HF_TOKEN. A push replaces what an earlier one put there.

    \b
    evalkit push RUN --repo me/my-results
    evalkit push RUN1 RUN2 --repo me/my-results --public --without-text
    """
    from evalkit.cli.printing import say
    from evalkit.exports.push import push

    url = push(*runs, repo=repo, public=public, without_text=without_text, figure=not no_figure, out=out)
    say(f"pushed: {url}", err=True)
