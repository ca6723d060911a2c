"""The Hub's `.eval_results/*.yaml`: accuracy on benchmarks that the Hub knows, for a model's repository.

A data set on the Hub is a benchmark where it holds an `eval.yaml`, which names its tasks. The names are read from there
when the file is written, since what is said about them elsewhere disagrees; where several fit, the user says which. A
file has one number, accuracy as a share. The number of a plain prompt comes in `NAME.yaml`; that of a stated target,
which is no other model's number, in `NAME_t0.75.yaml`, with its score in the notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.dataset.busy import retried
from evalkit.errors import InputError, MissingExtraError, UsageError
from evalkit.exports.hub_errors import hub_problem
from evalkit.exports.options import Exported, ExportOptions
from evalkit.exports.source import RunSource
from evalkit.report.table import number
from evalkit.runs.folder import slug
from evalkit.runs.scorecard import Scorecard

TAKES = frozenset({"task_ids", "source_url"})
FOLDER = ".eval_results"
DESCRIPTION = "eval.yaml"


class Benchmark(NamedTuple):
    """A task of a benchmark on the Hub."""

    dataset: str
    task_id: str
    revision: str | None


def write(runs: Sequence[RunSource], folder: Path, options: ExportOptions, to: str) -> Exported:  # noqa: ARG001 - every format is called alike
    """Write a file for each task that is a benchmark, model and stated target.

    Raises:
        UsageError: a benchmark has several tasks that may be meant, or not the one that is named.
        InputError: no task is a benchmark, or the Hub cannot be asked.
    """
    written: dict[Path, str] = {}
    notes: list[str] = []
    for run in runs:
        for card in run.cards:
            found = _benchmark(run, str(card.task), options)
            if isinstance(found, str):
                notes.append(f"{card.task} is left out: {found}")
            elif card.accuracy is not None:
                path = _path(folder, run, card)
                if path in written:
                    raise UsageError(f"{path}: {written[path]} and {run.name} both have a number; export them apart")
                written[path] = run.name
                notes += _parts(run, card)
                _write_entry(path, _entry(run, card, found, options))
    if not written:
        raise InputError(f"no result is of a benchmark on the Hub; {notes[0] if notes else 'there are no answers'}")
    return Exported(list(written), list(dict.fromkeys(notes)))


def _parts(run: RunSource, card: Scorecard) -> list[str]:
    """Say that a run asked only some of the questions: such a number is no benchmark's."""
    config = run.manifest.config
    is_part = config and (config.limit or config.first > 1 or config.sample_ids or config.strata)
    return (
        [f"{card.task}: {run.name} asked only {card.items:,} of the questions; publish whole runs"] if is_part else []
    )


def _path(folder: Path, run: RunSource, card: Scorecard) -> Path:
    """A folder for each model, since the file goes into its repository."""
    models = {one.model for one in run.cards}
    base = folder if len(models) == 1 else folder / slug(str(card.model))
    stated = "" if card.prompt_threshold is None else f"_t{card.prompt_threshold:g}"
    return base / FOLDER / f"{slug(str(card.task))}{stated}.yaml"


def _entry(run: RunSource, card: Scorecard, benchmark: Benchmark, options: ExportOptions) -> Any:
    try:
        from huggingface_hub import EvalResultEntry
    except ImportError as error:
        raise MissingExtraError("--to hub needs a newer Hub client: pip install -U huggingface_hub") from error
    assert card.accuracy is not None
    return EvalResultEntry(
        dataset_id=benchmark.dataset,
        task_id=benchmark.task_id,
        value=round(card.accuracy.value, 6),
        dataset_revision=benchmark.revision,
        date=f"{run.created:%Y-%m-%d}",
        source_url=options.source_url or None,
        source_name=f"evalkit run {run.name}" if options.source_url else None,
        notes=_notes(run, card),
    )


def _notes(run: RunSource, card: Scorecard) -> str:
    """How it was measured: how many questions, under which target, with which settings."""
    asked = f"{card.items:,} questions" + (f", {card.n:,} answers" if card.n != card.items else "")
    stated = "no confidence target" if card.prompt_threshold is None else f"confidence target {card.prompt_threshold:g}"
    idk = f"IDK {card.idk / card.n:.1%}" if card.n else ""
    scores = [f"S at t = {s.threshold:g}: {number(s.value)}" for s in card.scores if s.mode == "open"]
    missing = [f"{card.missing.total:,} missing"] if card.missing.total else []
    settings = [f"{key}={value}" for key, value in card.condition.asked.items()]
    parts = [f"evalkit {run.version}", asked, stated, idk, *scores, *missing, *settings]
    return "; ".join(part for part in parts if part)[:500]


def _write_entry(path: Path, entry: Any) -> None:
    """Write an entry and read it back, both by the Hub's own functions."""
    import yaml  # type: ignore[import-untyped] # it has no types
    from huggingface_hub import eval_result_entries_to_yaml, parse_eval_result_entries

    text = yaml.safe_dump(eval_result_entries_to_yaml([entry]), sort_keys=False, allow_unicode=True)
    assert parse_eval_result_entries(yaml.safe_load(text)) == [entry]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _benchmark(run: RunSource, task: str, options: ExportOptions) -> Benchmark | str:
    """The task on the Hub; or why there is none.

    Raises:
        UsageError: several tasks may be meant, or the one that is named is none of them.
        InputError: the Hub cannot be asked.
    """
    data = run.data_of(task)
    if not (dataset := data.get("hub")):
        return "its questions do not come from the Hub"
    tasks = _tasks_of(dataset)
    if tasks is None:
        return f"{dataset} has no {DESCRIPTION}, so it is no benchmark on the Hub"
    ids = [str(one["id"]) for one in tasks]
    wanted = options.task_ids.get(task)
    if wanted is None and len(ids) > 1:
        ids = [str(one["id"]) for one in tasks if str(one.get("config", "")) in _subsets(run, task)]
    if wanted is not None and wanted not in ids:
        raise UsageError(f"--task-id {task}={wanted}: {dataset} has the tasks {', '.join(ids)}")
    if wanted is None and len(ids) != 1:
        known = ", ".join(str(one["id"]) for one in tasks)
        raise UsageError(f"{dataset} has the tasks {known}; say which {task} is: --task-id {task}=ID")
    return Benchmark(dataset, wanted or ids[0], data.get("commit"))


def _subsets(run: RunSource, task: str) -> set[str]:
    """Names of the part that was asked, such as gpqa_diamond."""
    config = run.manifest.config
    found = [run.data_of(task).get("config"), config.task_parameters.get("subset") if config else None]
    names = {str(name) for name in found if name}
    return names | {f"{task}_{name}" for name in names}


def _tasks_of(dataset: str) -> list[dict[str, Any]] | None:
    """The tasks that a data set's `eval.yaml` names; None where it has none.

    Raises:
        InputError: the Hub cannot be asked, or the file names no task.
    """
    import yaml
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        path = retried(lambda: hf_hub_download(dataset, DESCRIPTION, repo_type="dataset"))
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except EntryNotFoundError:
        return None
    except Exception as error:  # the libraries raise errors of many kinds
        raise hub_problem(f"{dataset}/{DESCRIPTION}", error) from error
    tasks = content.get("tasks") if isinstance(content, dict) else None
    found = [one for one in tasks or [] if isinstance(one, dict) and one.get("id")]
    if not found:
        raise InputError(f"{dataset}/{DESCRIPTION} names no task")
    return found
