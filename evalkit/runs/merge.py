"""Merge the shards of a run into one run that equals the undivided one, record by record."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.errors import InputError, SettingError, UsageError
from evalkit.models.roles import is_reach
from evalkit.money.spending import Spending
from evalkit.records import SCHEMA_VERSION, Record, to_line
from evalkit.runs import journal
from evalkit.runs.config import RunConfig
from evalkit.runs.counting import CardBuilder
from evalkit.runs.duplicates import Digests, digest
from evalkit.runs.folder import DEFAULT_FOLDER, FAILURES, RECORDS, find_run, not_written, slug
from evalkit.runs.manifest import Manifest, Status, read_manifest, write_manifest
from evalkit.runs.outcomes import outcome_lines
from evalkit.runs.result import RunResult, build_cards, read_result
from evalkit.runs.session import policy_cards
from evalkit.runs.shard import Shard
from evalkit.runs.tally import CardKey, Tally
from evalkit.runs.trust import check_origin

LEFT_OPEN = {
    "shard", "started_in", "data", "base_url", "headers", "max_connections", "adaptive", "timeout", "max_cost",
    "max_tokens_total", "prices",
}  # fmt: skip
"""Settings in which shards may differ: how a model is reached and paid, and where this machine has the data."""
NAMED = 3
"""Most shards that an error lists."""


class _Part(NamedTuple):
    folder: Path
    manifest: Manifest
    config: RunConfig
    shard: Shard


def merge(
    runs: Iterable[str | Path],
    into: str | Path,
    *,
    out: str | Path = DEFAULT_FOLDER,
    allow_gaps: bool = False,
    trust: bool = False,
    notify: Callable[[str], None] = lambda _: None,
) -> RunResult:
    """Merge the shards of a run; the public `evalkit.merge`.

    Every shard must be there once, finished, and of the same settings and data. The merged run has the records,
    failures and scorecards that the undivided run would have; the shards are left as they are.

    Args:
        runs: run folders of the shards, or their names below `out`.
        into: the run folder to make.
        out: where runs are looked for by name.
        allow_gaps: merge what is there: the merged run is interrupted, and resuming it asks the rest.
        trust: compute metrics in files of one's own, although the shards come from another machine.
        notify: receives remarks for the user.

    Raises:
        UsageError: the folder exists, or the metrics' code is not trusted.
        InputError: a run is no shard; shards are missing, unfinished or given twice, differ in a setting or their
            data, or hold the same record; the text names them.
    """
    parts = sorted((_part(find_run(run, out)) for run in runs), key=lambda part: part.shard)
    target = Path(into)
    if slug(target.name) != target.name:
        raise UsageError(f"{target.name} names no run folder: use letters, digits, dots, dashes and underscores")
    if os.path.lexists(target):
        raise UsageError(f"{target} exists; choose another name")
    _check_alike(parts)
    gaps = _gaps(parts)
    if gaps and not allow_gaps:
        raise InputError(f"{gaps}; or merge what is there with --allow-gaps, and resume the merged run")
    first = parts[0]
    if first.config.metrics:
        check_origin(first.manifest.origin, first.config, trust=trust)
    if len(versions := {str(part.manifest.environment.get("evalkit")) for part in parts}) > 1:
        notify(f"the shards were made by several versions of evalkit: {', '.join(sorted(versions))}")
    manifest = _manifest(parts, target.name, "interrupted" if gaps else "finished")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise UsageError(f"{target}: no folder can be made there ({error.strerror})") from error
    try:
        tally = _copy(parts, temporary, target.name)
        _write(temporary, target, manifest, tally)
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return read_result(target)


def _part(folder: Path) -> _Part:
    manifest = read_manifest(folder)
    if manifest.kind != "run" or manifest.config is None or manifest.config.shard is None:
        raise InputError(f"{folder} is no shard: only runs made with --shard are merged")
    if manifest.parent:
        raise InputError(f"{folder} holds answers judged again: merge the shards first, then judge the merged run")
    return _Part(folder, manifest, manifest.config, Shard.parse(manifest.config.shard))


def _check_alike(parts: Sequence[_Part]) -> None:
    """Shards are of one run: the same settings, graders and data."""
    if not parts:
        raise UsageError("name the shards to merge")
    first = parts[0]
    for other in parts[1:]:
        names = f"({first.folder}, {other.folder})"
        for field in RunConfig.model_fields.keys() - LEFT_OPEN:
            a, b = _setting(first.config, field), _setting(other.config, field)
            if a != b:
                raise InputError(f"shards differ in {field}: {_short(a)} and {_short(b)} {names}")
        if first.shard.of != other.shard.of:
            raise InputError(f"{first.shard} and {other.shard} are shards of different divisions {names}")
        if first.manifest.graders != other.manifest.graders:
            raise InputError(f"shards were graded by different graders {names}")
        for task in first.manifest.datasets.keys() | other.manifest.datasets.keys():
            for key in ("data", "fingerprint"):
                a, b = (part.manifest.datasets.get(task, {}).get(key) for part in (first, other))
                if a and b and a != b:
                    raise InputError(f"task {task}: shards asked different data {names}")
        a, b = (part.manifest.model.get("sha256") for part in (first, other))
        if a != b:
            raise InputError(f"shards were answered by different weights {names}")


def _setting(config: RunConfig, field: str) -> Any:
    value = getattr(config, field)
    if field == "grader_parameters":
        return {key: text for key, text in value.items() if not is_reach(key)}
    return value


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 - fits a line


def _gaps(parts: Sequence[_Part]) -> str:
    """What is missing; "" if nothing is.

    Raises:
        InputError: a shard is given twice.
    """
    folders: dict[Shard, Path] = {}
    for part in parts:
        if (earlier := folders.setdefault(part.shard, part.folder)) is not part.folder:
            raise InputError(f"shard {part.shard} is given twice: {earlier} and {part.folder}; leave one out")
    of = parts[0].shard.of
    absent = [str(number) for number in range(1, of + 1) if Shard(number, of) not in folders]
    if absent:
        plural = "shards {} are" if len(absent) > 1 else "shard {} is"
        return f"{plural.format(_listed(absent))} missing (of {of}): run it, or name its folder"
    unfinished = [part for part in parts if part.manifest.status != "finished"]
    if unfinished:
        names = _listed([str(part.folder) for part in unfinished])
        return f"not finished: {names}; resume with: evalkit run --resume {unfinished[0].folder}"
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _manifest(parts: Sequence[_Part], name: str, status: Status) -> Manifest:
    first = parts[0]
    judges: dict[str, dict[str, Any]] = {}
    datasets: dict[str, dict[str, Any]] = {}
    spending = Spending()
    for part in parts:
        spending.add_all(part.manifest.spending)
        judges |= part.manifest.judges
        for task, about in part.manifest.datasets.items():
            known = {key: value for key, value in about.items() if value is not None}
            datasets[task] = {**about, **datasets.get(task, {}), **known}
    update: dict[str, Any] = {
        "run": name,
        "status": status,
        "created": min(part.manifest.created for part in parts),
        "updated": datetime.now().astimezone().isoformat(timespec="seconds"),
        "seconds": None,
        "reused": sum(part.manifest.reused for part in parts),
        "spending": spending,
        "config": first.config.model_copy(update={"shard": None}),
        "judges": judges,
        "datasets": datasets,
        "scorecards": [],
    }
    return first.manifest.model_copy(update=update)


def _copy(parts: Sequence[_Part], folder: Path, name: str) -> Tally:
    """Write all records and failures, and count them.

    Raises:
        InputError: two shards hold the same record, or one holds fewer than it has counted.
    """
    config = parts[0].config
    tasks = list(parts[0].manifest.datasets)
    builders = {CardKey(t, told): CardBuilder(by_item=config.epochs > 1) for t in tasks for told in config.thresholds}
    if config.confidence != "none":
        for builder in builders.values():
            builder.expect_confidences()
    tally, keys = Tally(cards=builders), Digests()
    with (folder / RECORDS).open("wb") as records, (folder / FAILURES).open("wb") as failures:
        for part in parts:
            missing = {failure.key: failure for failure in journal.read_failures(part.folder)}
            prefix, renamed = _prefix(part.folder.name), _prefix(name)
            n = 0
            for one in outcome_lines(part.folder):
                row, line = one.row, one.line
                key = (row.task, row.model, row.sample_id, row.epoch, row.prompt_threshold)
                keys.add(*key)
                missing.pop(key, None)  # type: ignore[call-overload] # a plain tuple equals the key
                card = CardKey(row.task, row.prompt_threshold)
                tally.cards.setdefault(card, CardBuilder(by_item=config.epochs > 1)).add(row)
                records.write(renamed + line[len(prefix) :] if line.startswith(prefix) else _rewritten(line, name))
                n += 1
            for failure in missing.values():
                tally.count_failure(failure)
            _check_whole(part, n + len(missing))
            with suppress(FileNotFoundError):
                failures.writelines(line for _, line, _ in journal.lines(part.folder / FAILURES))
        for file in (records, failures):
            file.flush()
            os.fsync(file.fileno())
    _check_apart(keys, parts)
    tally.close()
    return tally


def _prefix(run: str) -> bytes:
    """How the records of a run begin, so that another name can be put in without decoding them."""
    return f'{{"schema_version":{SCHEMA_VERSION},"run":{json.dumps(run, ensure_ascii=False)},'.encode()


def _rewritten(line: bytes, run: str) -> bytes:
    return to_line(Record.model_validate_json(line).model_copy(update={"run": run}))


def _check_whole(part: _Part, n: int) -> None:
    """A finished shard holds as many answers as its cards count: its journal was not cut since."""
    if part.manifest.status != "finished":
        return
    counted = sum(card.n + card.missing.total for card in part.manifest.scorecards if card.policy is None)
    if n != counted:
        raise InputError(
            f"{part.folder} holds {n:,} answers, but counted {counted:,} when it finished; ask what is missing with:"
            f" evalkit run --resume {part.folder}"
        )


def _check_apart(keys: Digests, parts: Sequence[_Part]) -> None:
    """No two shards hold the same record."""
    again = keys.twice()
    if not again:
        return
    holders: dict[bytes, Path] = {}
    for part in parts:
        for one in outcome_lines(part.folder):
            row = one.row
            key = digest(row.task, row.model, row.sample_id, row.epoch, row.prompt_threshold)
            if key not in again:
                continue
            if (earlier := holders.setdefault(key, part.folder)) is not part.folder:
                raise InputError(f"sample {row.sample_id!r} of task {row.task} is in both {earlier} and {part.folder}")
    raise InputError("a shard holds a record twice; mend it with: evalkit repair RUN")


def _write(temporary: Path, target: Path, manifest: Manifest, tally: Tally) -> None:
    cards = build_cards(tally, target, manifest, metrics=manifest.config.metrics if manifest.config else ())
    if manifest.status == "finished":
        cards += policy_cards(manifest, cards, temporary)
    write_manifest(temporary, manifest.model_copy(update={"scorecards": cards}))
    temporary.chmod(0o777 & ~_umask())
    try:
        temporary.rename(target)
    except OSError as error:
        raise SettingError("into", "{folder} exists; choose another name", folder=target) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
