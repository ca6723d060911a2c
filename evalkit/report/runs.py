"""The list of runs: what `evalkit list runs` prints."""

from __future__ import annotations

from pathlib import Path

from evalkit.errors import InputError
from evalkit.report.escape import one_line
from evalkit.report.table import make_console, make_table, target_label
from evalkit.runs.folder import runs_below
from evalkit.runs.manifest import Manifest, read_manifest

WIDEST = 32


def print_runs(folder: Path) -> None:
    """Print every run below a folder, newest first; one that cannot be read is named with the reason.

    Raises:
        InputError: there is no run.
    """
    folders = runs_below(folder)
    if not folders:
        raise InputError(f"no run below {folder}; start one with: evalkit run")
    table = make_table("run", "label", "model", "tasks", ">n", "targets stated", "settings", "status")
    manifests, unreadable = [], []
    for path in folders:
        try:
            manifests.append((path, read_manifest(path)))
        except InputError as error:
            unreadable.append(str(error))
    for path, manifest in sorted(manifests, key=lambda run: run[1].created, reverse=True):
        name = str(path.relative_to(folder)) if path != folder else path.name
        table.add_row(name, *_cells(manifest))
    console = make_console()
    console.print(table)
    for line in unreadable:
        console.print(one_line(line, 200), markup=False, soft_wrap=True)


def _cells(manifest: Manifest) -> list[str]:
    cards = [card for card in manifest.scorecards if card.policy is None]
    models = list(dict.fromkeys(str(card.model) for card in cards))
    tasks = list(dict.fromkeys(str(card.task) for card in cards))
    stated = list(dict.fromkeys(target_label(card.prompt_threshold) for card in cards))
    settings = {
        key: value for card in cards for key, value in card.condition.settings.items() if key not in ("data", "grader")
    }
    return [
        one_line(manifest.label, WIDEST),
        one_line(", ".join(models), WIDEST),
        one_line(", ".join(tasks), WIDEST),
        f"{sum(card.n for card in cards):,}",
        ", ".join(stated),
        one_line(", ".join(f"{key}={value}" for key, value in settings.items()), WIDEST),
        manifest.status if manifest.kind == "run" else manifest.kind,
    ]
