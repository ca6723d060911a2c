"""What a shell offers where a command expects a task, a grader, a model or a run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import click
from click.shell_completion import CompletionItem

from evalkit.runs.folder import DEFAULT_FOLDER

EMBEDDED = "local/smollm2-135m"


def complete_tasks(_: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer names of tasks, and files."""
    return [*_installed("tasks", parameter, incomplete), CompletionItem(incomplete, type="file")]


def complete_graders(_: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer names of graders, and files."""
    return [*_installed("graders", parameter, incomplete), CompletionItem(incomplete, type="file")]


def complete_models(_: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer providers, the embedded model and the baselines."""
    from evalkit import plugins

    providers = (f"{name}/" for name in plugins.names("providers"))
    return _matching([EMBEDDED, "baseline/guess", "baseline/idk", *providers], parameter, incomplete)


def complete_runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Offer runs below --out, newest first, and files."""
    out = Path(context.params.get("out") or DEFAULT_FOLDER)
    try:
        runs = sorted((path.parent.name for path in out.glob("*/run.json")), reverse=True)
    except OSError:
        runs = []
    return [*_matching(runs, parameter, incomplete), CompletionItem(incomplete, type="file")]


def _installed(group: Literal["tasks", "graders"], parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    from evalkit import plugins

    return _matching(plugins.names(group), parameter, typed)


def _matching(names: Iterable[str], parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Names that begin like what was typed; in a list, like what stands behind its last comma."""
    takes_list = isinstance(parameter, click.Option) and parameter.multiple
    before, comma, last = typed.rpartition(",") if takes_list else ("", "", typed)
    return [CompletionItem(before + comma + name) for name in names if name.startswith(last)]
