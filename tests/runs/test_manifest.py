"""run.json: written whole, read by every kind of run, refused with the field that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalkit.errors import InputError
from evalkit.runs.config import RunConfig
from evalkit.runs.manifest import Manifest, RescoreSettings, read_manifest, write_manifest


def test_run_json_is_replaced_whole(tmp_path: Path) -> None:
    """A second write leaves one file, no temporary one, and the new status."""
    write_manifest(tmp_path, Manifest(status="running", config=RunConfig()))
    write_manifest(tmp_path, Manifest(status="finished", config=RunConfig()))
    assert read_manifest(tmp_path).status == "finished"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_both_kinds_of_run_know_what_they_were_scored_with(tmp_path: Path) -> None:
    """A rescored run has settings of its own, and no made-up run's."""
    rescored = Manifest(kind="rescored", rescoring=RescoreSettings(thresholds=[0.5], count_as={"empty": "error"}))
    write_manifest(tmp_path, rescored)
    read = read_manifest(tmp_path)
    assert (read.config, read.stated_thresholds, read.count_as) == (None, [0.5], {"empty": "error"})


def test_a_folder_without_run_json_is_no_run(tmp_path: Path) -> None:
    """The error says what is missing; a damaged file is told from a missing one."""
    with pytest.raises(InputError, match="is not a run folder"):
        read_manifest(tmp_path)
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    ("content", "field"),
    [({"status": "done"}, "status"), ({"scorecards": 3}, "scorecards"), ({"config": {"tasks": []}}, "config.tasks")],
)
def test_a_wrong_field_is_named(tmp_path: Path, content: dict[str, object], field: str) -> None:
    """One line with the file and the field."""
    (tmp_path / "run.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=f"run.json: {field}"):
        read_manifest(tmp_path)


def test_a_resumed_run_needs_no_scorecards(tmp_path: Path) -> None:
    """It counts afresh, so that damaged cards do not keep it from going on."""
    (tmp_path / "run.json").write_text('{"scorecards": "damaged", "config": {}}', encoding="utf-8")
    assert read_manifest(tmp_path, scorecards=False).config is not None
