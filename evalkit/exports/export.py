"""The public `evalkit.export`: runs in the format of another tool."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from evalkit.errors import UsageError
from evalkit.exports.options import Exported, ExportOptions, Relationship
from evalkit.exports.source import RunSource
from evalkit.runs.folder import DEFAULT_FOLDER, find_run

FORMATS = {
    "inspect": "inspect_log",
    "every-eval-ever": "every_eval_ever",
    "hub": "hub_results",
    "parquet": "tables",
    "csv": "tables",
    "xlsx": "tables",
    "latex": "latex",
}
"""Format → module. A module has `write(runs, folder, options, format)`, and `TAKES`, the options that it takes."""


def export(
    *runs: str | Path,
    to: str,
    output: str | Path | None = None,
    out: str | Path = DEFAULT_FOLDER,
    organization: str = "",
    relationship: Relationship | str = "",
    model_ids: Mapping[str, str] | None = None,
    task_ids: Mapping[str, str] | None = None,
    source_url: str = "",
) -> list[Path]:
    """Write runs in the format of another tool; the public `evalkit.export`.

    Args:
        runs: run folders, or names below `out`; at least one.
        to: `inspect`, `every-eval-ever`, `hub`, `parquet`, `csv`, `xlsx` or `latex`.
        output: folder that the files are written to; default RUN-FORMAT in the working folder.
        out: where runs are looked for by name.
        organization: who publishes (every-eval-ever).
        relationship: their relation to the model's maker (every-eval-ever).
        model_ids: model → its id on the Hub (every-eval-ever).
        task_ids: task → id of the benchmark's task on the Hub (hub).
        source_url: address of the transcripts (hub).

    Returns:
        The files.

    Raises:
        UsageError: no such format, an option that it does not take, or a folder that cannot be written.
        InputError: no such run, or a run that the format cannot hold.
        MissingExtraError: the format needs an extra that is not installed.
    """
    options = ExportOptions(
        organization=organization,
        relationship=relationship,  # type: ignore[arg-type] # checked where it is used
        model_ids=model_ids or {},
        task_ids=task_ids or {},
        source_url=source_url,
    )
    return write_export(runs, to=to, output=output, out=out, options=options).files


def write_export(
    runs: tuple[str | Path, ...],
    *,
    to: str,
    output: str | Path | None,
    out: str | Path,
    options: ExportOptions,
) -> Exported:
    """Write runs in a format; see `export`."""
    if to not in FORMATS:
        raise UsageError(f"unknown format {to!r}; known: {', '.join(FORMATS)}")
    if not runs:
        raise UsageError("name a run to export")
    module: Any = import_module(f"evalkit.exports.{FORMATS[to]}")
    if without := sorted(set(options.given()) - module.TAKES):
        raise UsageError(f"{without[0].replace('_', ' ')} has no effect on --to {to}")
    sources = [RunSource.read(find_run(run, out)) for run in runs]
    folder = Path(output) if output is not None else Path(f"{sources[0].name}-{to}")
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        exported: Exported = module.write(sources, folder, options, to)
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be written ({error.strerror})") from error
    finally:
        if is_new:
            with suppress(OSError):  # where something is in it
                folder.rmdir()
    return exported
