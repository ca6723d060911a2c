"""A plug-in of pytest: a run in which everything happens, made once."""

from __future__ import annotations

from pathlib import Path

import pytest
from loopback import serving
from questions import run_everything

import evalkit


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> evalkit.RunResult:
    """Two tasks, three targets, two epochs: right, wrong, every kind of non-answer, failures, cuts, no verdict."""
    with serving() as server:
        return run_everything(server, tmp_path_factory.mktemp("everything") / "results")


@pytest.fixture
def folder(everything: evalkit.RunResult) -> Path:
    """Its folder."""
    return everything.folder
