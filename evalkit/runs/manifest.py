"""run.json: one typed description for every kind of run, written atomically."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.money.spending import Spending
from evalkit.records import SCHEMA_VERSION, encodable_data
from evalkit.runs.config import RunConfig
from evalkit.runs.folder import RUN, not_written
from evalkit.runs.scorecard import Scorecard
from evalkit.runs.trust import Origin

LARGEST = 64 << 20
"""Bytes of a run.json that are read."""
Status = Literal["running", "interrupted", "failed", "finished"]


class RescoreSettings(BaseModel):
    """How foreign files were rescored: the settings of a run of kind `rescored`."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    thresholds: list[float] = []
    """Thresholds at which answers without a stated target were scored."""
    policy: str | None = None
    """Abstention applied afterwards."""
    count_as: dict[str, str] = {}
    """Changes to what a kind of non-answer counts as."""
    options: dict[str, Any] = {}
    """All other options given: format, mapping, verdicts, regrade, …"""


class Manifest(BaseModel):
    """The contents of run.json."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    schema_version: int = SCHEMA_VERSION
    kind: Literal["run", "rescored"] = "run"
    run: str = ""
    """Name of the run folder."""
    parent: str = ""
    """Name of the run whose answers were judged again, in the same folder."""
    status: Status = "running"
    """`running` also if the process was killed."""
    label: str = ""
    """The condition's name on leaderboards; if "", the differing settings label it."""
    note: str = ""
    """The user's free text."""
    tags: list[str] = []
    """The user's marks, by which runs are found."""
    created: str = ""
    """ISO 8601 time at which it started."""
    updated: str = ""
    """ISO 8601 time of the last change."""
    seconds: float | None = None
    """Duration, if a single session did everything."""
    planned: int | None = None
    """Number of answers planned; None if that is not known."""
    reused: int = 0
    """Completions that the response cache gave, of those that the last session needed."""
    spending: Spending = Spending()
    """Tokens and dollars, of all sessions."""
    config: RunConfig | None = None
    """Settings of a run; None for a rescored one."""
    rescoring: RescoreSettings | None = None
    """Settings of a rescored run."""
    model: dict[str, Any] = {}
    """The provider's description of the model: versions, files, checksums, parameters actually sent."""
    judges: dict[str, dict[str, Any]] = {}
    """Model that a grader asks → its provider's description, as in `model`."""
    datasets: dict[str, dict[str, Any]] = {}
    """Task → fingerprint and revision of its data."""
    graders: dict[str, str] = {}
    """Task → name of its grader."""
    rescored: list[dict[str, Any]] = []
    """The files that a rescored run read."""
    origin: Origin = Origin()
    """The code, addresses and machine that it was made with."""
    environment: dict[str, Any] = {}
    """Versions, platform and git revision."""
    scorecards: list[Scorecard] = Field(default=[], repr=False)

    @model_validator(mode="before")
    @classmethod
    def _encodable(cls, content: Any) -> Any:
        """Labels are typed and run.json may be anybody's: no text that UTF-8 cannot encode goes further."""
        return encodable_data(content)

    @property
    def count_as(self) -> dict[str, str]:
        """Changes to what a kind of non-answer counts as."""
        if self.rescoring is not None:
            return self.rescoring.count_as
        return self.config.count_as if self.config else {}

    @property
    def stated_thresholds(self) -> list[float]:
        """The thresholds at which answers without a stated target are scored."""
        if self.rescoring is not None:
            return self.rescoring.thresholds
        return [t for t in self.config.thresholds if t is not None] if self.config else []


def read_manifest(folder: Path, *, scorecards: bool = True) -> Manifest:
    """Read run.json.

    Args:
        folder: a run folder.
        scorecards: whether to read them too; a resumed run recounts and needs none.

    Raises:
        InputError: the file is missing, or a required field is missing or invalid; the text names the field.
    """
    path = folder / RUN
    content = _read_json(folder)
    if not scorecards:
        content.pop("scorecards", None)
    try:
        return Manifest.model_validate(content)
    except (ValidationError, RecursionError) as error:
        field = _field(error)
        remedy = f"restore it, or count again with: evalkit run --resume {folder}"
        raise InputError(f"{path}: {field} cannot be read by this version; {remedy}") from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace run.json in one step: a reader sees the old file or the new one, never half.

    Raises:
        InputError: the folder cannot be written.
    """
    temporary = folder / f".{RUN}.{os.getpid()}"
    content = manifest.model_dump(mode="json")
    try:
        with temporary.open("w", encoding="utf-8", errors="backslashreplace") as file:
            json.dump(content, file, indent=1, ensure_ascii=False, allow_nan=False)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(folder / RUN)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise not_written(folder, error) from error


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / RUN
    try:
        with open_regular(path) as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise InputError(f"{path} is larger than {LARGEST >> 20} MB; that is no run.json of evalkit")
        content = json.loads(data.decode(), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise InputError(f"{folder} is not a run folder: it has no {RUN}") from error
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)[:200]
        raise InputError(f"{path} cannot be read ({why}); restore it or start a new run") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a JSON object; restore it or start a new run")
    return content


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _field(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "a value nested too deeply"
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))} ({problem['msg']})"
