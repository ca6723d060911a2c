"""Where the output is not UTF-8 it is readable ASCII, and never ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit


def output(*arguments: str, cwd: Path, encoding: str) -> str:
    """What a command writes to a pipe of that encoding."""
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "evalkit", *arguments]
    done = subprocess.run(command, capture_output=True, cwd=cwd, env=environment, check=False)
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert b"Traceback" not in done.stderr
    return done.stdout.decode(encoding)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1"])
def test_symbols_become_readable(encoding: str, tmp_path: Path) -> None:
    """A minus stays a minus, in whatever form the encoding has; nothing is lost to question marks."""
    for arguments in (["theory", "bounds"], ["theory", "hardness"], ["power", "--accuracy", "0.4", "--error", "0.2"]):
        text = output(*arguments, cwd=tmp_path, encoding=encoding)
        assert "?" not in text
        assert "\\u" not in text
    bounds = output("theory", "bounds", cwd=tmp_path, encoding="ascii")
    assert "err >= 2*err_iiv - max|V|/min|E| - delta" in bounds


def test_text_of_models_is_escaped_and_json_stays_json(tmp_path: Path) -> None:
    """Characters that no ASCII looks like are written as \\uXXXX, which JSON reads back."""
    (tmp_path / "t.py").write_text(
        "from evalkit import Sample, Task, task\n"
        "@task\ndef named() -> Task:\n"
        "    samples = [Sample(id='模型', input='?', target='1')]\n"
        "    return Task(samples=samples, grader='count', responses=lambda _: ['1'])\n",
        encoding="utf-8",
    )
    run = evalkit.run(model="baseline/guess", tasks=[f"{tmp_path / 't.py'}::named"], out=tmp_path / "r")
    listed = output("show", str(run.folder), "--records", cwd=tmp_path, encoding="ascii")
    assert "\\u6a21\\u578b" in listed
    argv = ["compare", str(run.folder), str(run.folder), "--json"]
    assert json.loads(output(*argv, cwd=tmp_path, encoding="ascii"))["rows"]
