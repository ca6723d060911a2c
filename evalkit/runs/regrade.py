"""Judge the same answers again, with another grader, other judges, or a person's verdicts; the model is not asked.

The result is a new run that names its parent. It may be interrupted and resumed like any other.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from evalkit.errors import BadResponseError, InputError, SettingError
from evalkit.models import Model, Request
from evalkit.records import Completion, RecordKey
from evalkit.runs import journal
from evalkit.runs.config import RunConfig, make_config
from evalkit.runs.corrections import FILE as CORRECTIONS
from evalkit.runs.corrections import Corrections, read_corrections
from evalkit.runs.folder import DEFAULT_FOLDER, find_run, new_folder
from evalkit.runs.loop import run_anywhere
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.notebook import unseen, with_progress
from evalkit.runs.plan import Answered
from evalkit.runs.planner import make_plan, plain_settings
from evalkit.runs.prompts import prompt_fingerprint
from evalkit.runs.result import RunResult
from evalkit.runs.session import Notify, Session, Watch
from evalkit.runs.trust import check_origin

AT_ONCE = 64
"""Answers graded at once where the run does not say."""


class Regrading(Session):
    """A session that takes its completions from another run."""

    parent: Path
    """The folder of that run."""
    corrections: Corrections | None = None
    keeps: bool = False
    """Whether answers that nobody corrects keep their grade: only corrections were asked for."""

    def from_run(self, parent: Path, corrections: Corrections | None, *, keeps: bool) -> Regrading:
        """Set where the completions come from."""
        self.parent, self.corrections, self.keeps = parent, corrections, keeps
        self.parent_name = parent.name
        return self

    def _opened_model(self) -> AbstractAsyncContextManager[Model]:
        return _recorded(self._config, read_manifest(self.parent, scorecards=False))

    def _answered(self, folder: Path, done: Mapping[RecordKey, bytes]) -> dict[RecordKey, Answered]:
        """The completions of the other run; graded already where a person did, or where grades are kept."""
        found: dict[RecordKey, Answered] = {}
        for failure in journal.read_failures(self.parent):
            if failure.completion is not None:
                found[failure.key] = Answered(_taken_over(failure.completion), failure.prompt)
        for record in journal.read_records(self.parent):
            corrected = self.corrections.find(record.key) if self.corrections else None
            kept = record.grade.model_copy(update={"usage": {}}) if self.keeps else None
            prompt = prompt_fingerprint(record.target, record.messages).hex()
            found[record.key] = Answered(_taken_over(record.completion), prompt, corrected or kept)
        if self.corrections:
            self.corrections.check_all_used()
        mine = super()._answered(folder, done)
        return {key: one for key, one in (found | mine).items() if key not in done}


def regrade(run: str | Path, **options: Any) -> RunResult:
    """Judge the answers of a run again; the public `evalkit.regrade`.

    Args:
        run: a run folder, or its name below `out`.
        options: as for `regrade_async`.

    Raises:
        EvalkitError: as `regrade_async`.
    """
    return run_anywhere(lambda: regrade_async(run, **options))


@with_progress
async def regrade_async(
    run: str | Path,
    *,
    grader: str = "",
    grader_parameters: Mapping[str, Any] | None = None,
    verdicts: str | Path | None = None,
    max_cost: float | None = None,
    max_tokens_total: int | None = None,
    prices: str | Path | Mapping[str, Any] | None = None,
    out: str | Path = DEFAULT_FOLDER,
    name: str = "",
    label: str = "",
    note: str = "",
    trust: bool = False,
    watch: Watch = unseen,
    notify: Notify = unseen,
) -> RunResult:
    """Judge the answers of a run again inside an event loop, such as a notebook's.

    Args:
        run: a run folder, or its name below `out`.
        grader: name of another grader, or file.py::name. Default: the run's.
        grader_parameters: parameters of the grader and its judges, instead of the run's of the same names.
        verdicts: a CSV of a person's verdicts (see `runs.corrections`); without a grader or parameters, all other
            answers keep their grade.
        max_cost: dollars that judges may cost; see `run`.
        max_tokens_total: tokens that they may use.
        prices: a file of prices, or model → its price; default: the run's.
        out: where the run is looked for by name, and the new one is made.
        name: the new run folder's name.
        label: the condition's name on leaderboards.
        note: free text kept in run.json.
        trust: use the code and addresses of a run that this machine did not start.
        watch: receives the running counts.
        notify: receives messages for the user.

    Returns:
        The new run, whose manifest names its parent.

    Raises:
        SettingError: nothing to change was given.
        UsageError: a name is unknown, or the run is somebody else's and not trusted.
        InputError: no such run, or a rescored one; or the corrections are invalid.
        RunInterruptedError: Ctrl-C or SIGTERM; the new run can be resumed.
    """
    parent = find_run(run, out)
    earlier = read_manifest(parent, scorecards=False)
    if earlier.config is None or earlier.kind != "run":
        raise InputError(f"{parent} was rescored from files; grade it again with: evalkit rescore FILES --regrade NAME")
    if not (grader or grader_parameters or verdicts):
        raise SettingError("grader", "or {grader_parameters} or {verdicts} must say what changes")
    corrections = read_corrections(Path(verdicts)) if verdicts else None
    money = {"max_cost": max_cost, "max_tokens_total": max_tokens_total, "prices": prices}
    given = plain_settings({key: value for key, value in money.items() if value is not None})
    config = _changed(earlier.config, grader, grader_parameters or {}, given)
    check_origin(earlier.origin, _stored(earlier.config, grader, grader_parameters or {}), trust=trust, again=True)
    plan = make_plan(config)
    started = datetime.now().astimezone()
    session = Regrading(plan, config, watch, notify, label=label, note=note, started=started, cache="off")

    def make_folder() -> Path:
        folder = new_folder(Path(out), started, [f"{parent.name}-regraded"], name)
        if verdicts:
            shutil.copyfile(verdicts, folder / CORRECTIONS)
        return folder

    session.from_run(parent, corrections, keeps=not (grader or grader_parameters))
    return await session.run(make_folder)


def resumed(session: Regrading, folder: Path, earlier: Manifest) -> Regrading:
    """Set up the session that continues an interrupted regrading.

    Raises:
        InputError: the parent is gone.
    """
    parent = find_run(earlier.parent, folder.parent)
    path = folder / CORRECTIONS
    before = read_manifest(parent, scorecards=False).config
    corrections = read_corrections(path) if path.is_file() else None
    return session.from_run(parent, corrections, keeps=_judges(before) == _judges(earlier.config))


def _taken_over(completion: Completion) -> Completion:
    """A completion that the other run has paid for."""
    return completion.model_copy(update={"reused": True})


def _judges(config: RunConfig | None) -> tuple[str, dict[str, str]] | None:
    """Who grades."""
    return (config.grader, config.grader_parameters) if config else None


def _stored(config: RunConfig, grader: str, parameters: Mapping[str, Any]) -> RunConfig:
    """What the folder says of graders; what the user names now needs no trust."""
    kept = {} if grader else {key: text for key, text in config.grader_parameters.items() if key not in parameters}
    return config.model_copy(update={"grader": "" if grader else config.grader, "grader_parameters": kept})


def _changed(config: RunConfig, grader: str, parameters: Mapping[str, Any], money: Mapping[str, Any]) -> RunConfig:
    """The run's settings with another grader, without the parameters of the earlier one, and with another budget."""
    before = {} if grader else config.grader_parameters
    more = plain_settings({"grader_parameters": dict(parameters)})["grader_parameters"]
    asked = {"grader": grader or config.grader, "grader_parameters": {**before, **more}}
    changed = {**config.model_dump(), **asked, "max_cost": None, "max_tokens_total": None, **money}
    return make_config(**changed)


@asynccontextmanager
async def _recorded(config: RunConfig, manifest: Manifest) -> AsyncIterator[Model]:
    yield _Recorded(config, manifest)


class _Recorded:
    """The model of a recorded run, which is not asked again."""

    def __init__(self, config: RunConfig, manifest: Manifest) -> None:
        self.name = config.full_model
        self.max_connections = config.max_connections or AT_ONCE
        self.info = dict(manifest.model)

    def waiting(self) -> str:
        """Nothing waits."""
        return ""

    async def complete(self, request: Request) -> Completion:
        """Say that there is nothing to grade.

        Raises:
            BadResponseError: always.
        """
        del request
        raise BadResponseError("the run that is graded again has no completion for it")
