"""The command line. A command is imported when it is called, so that --help stays quick.

Exit codes: 0 done; 1 a bug of evalkit; 2 bad usage or input; 3 finished, but some samples failed, or stopped by its
budget; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from evalkit.cli.encoding import make_output_readable
from evalkit.errors import EvalkitError

COMMANDS = {
    "run": "Put tasks to a model and score the answers.",
    "init": "Write an example of a study file.",
    "batch": "Write a run's requests as a batch file, and read the answers.",
    "show": "Show a run's summary, or the transcript of one sample.",
    "retry": "Ask a run's failed answers again, and nothing else.",
    "rescore": "Read outputs of other harnesses and score them.",
    "regrade": "Judge a run's answers again, without asking the model.",
    "leaderboard": "Rank models over runs, at every threshold.",
    "plot": "Draw a figure of runs as PNG, SVG or HTML.",
    "view": "Browse runs, records and transcripts as local web pages.",
    "theory": "Measure the paper's own quantities on small worlds.",
    "experiment": "Run a published experiment.",
    "audit": "What each task's scoring pays for \"I don't know\".",
    "wrap": "Write another harness's tasks with a confidence target.",
    "export": "Write runs in the format of another tool.",
    "push": "Upload runs to a data set on the Hugging Face Hub.",
    "predictions": "Write a run's patches in SWE-bench's layout.",
    "compare": "Compare two runs on the samples that both have.",
    "gate": "May a candidate replace a baseline?",
    "power": "How many questions a comparison or an interval needs.",
    "probe": "What a model's server supports, and what will not work.",
    "merge": "Merge the shards of a run into one run.",
    "runs": "Rename, delete or tag runs.",
    "repair": "Take damaged lines out of a run's records.",
    "list": "List tasks, graders, readers, models, metrics or runs.",
}
"""Name → short help. The command is the attribute `command` of the module of that name."""
MODULES = {"list": "listing"}
"""Modules with another name: one called `list` would shadow the built-in in this package."""


class Commands(click.Group):
    """A group that imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return all names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"evalkit.cli.{MODULES.get(cmd_name, cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the version, and the commit of a checkout that is run from its own folder."""
    if not value:
        return
    from importlib.metadata import version

    from evalkit.runs.environment import source_commit

    commit = source_commit()
    click.echo(f"evalkit, version {version('evalkit-idk')}" + (f" (commit {commit})" if commit else ""))
    context.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version, and the commit of a checkout.",
)
def cli() -> None:
    """Does this model know when it doesn't know, and what should that be worth?

    First try: evalkit run --threshold none,0.75 --limit 20
    """


def main() -> None:
    """Entry point: every expected error is one line on stderr and an exit code."""
    make_output_readable()
    try:
        code = cli.main(prog_name="evalkit", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.message)
        sys.exit(2)
    except click.ClickException as error:
        command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "evalkit"
        _fail(f"{command}: {error.format_message()}", 2)
    except EvalkitError as error:
        _fail(f"evalkit: {error}", error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail("evalkit: interrupted", 130)
    except BrokenPipeError:
        # Whoever read our output has gone, such as a pager that was quit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _fail(text: str, code: int) -> None:
    from evalkit.display import visible

    click.echo(visible(" ".join(text.split())), err=True)
    sys.exit(code)
