"""The repository holds what is ours, in sizes that a clone can bear, and its outer files agree with each other."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 1_000_000
"""Bytes that a tracked file may have."""
LARGER = {
    "results/reference/local-smollm2-135m/records.jsonl",  # a whole run, so that every number can be traced
}
PACKAGES = (".whl", ".egg", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zip", ".7z", ".jar", ".deb", ".rpm", ".conda")
BINARIES = (".so", ".dylib", ".dll", ".exe", ".o", ".a", ".pyc", ".gguf", ".safetensors", ".onnx", ".pt", ".bin")
MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"GGUF")
"""First bytes of zip, gzip and zstandard archives, of programs, and of model weights."""


def tracked() -> list[str]:
    """Paths of the files that git tracks, as far as they are on disk."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def first_bytes(path: Path) -> bytes:
    """The four bytes that say what a file is."""
    with path.open("rb") as file:
        return file.read(4)


def project() -> dict[str, Any]:
    """The table [project] of pyproject.toml."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def yaml_file(name: str) -> Any:
    """A YAML file at the top."""
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_no_tracked_file_is_larger_than_a_megabyte() -> None:
    """But for a named list, each with its reason; a name that is no longer needed is taken off the list."""
    large = {name for name in tracked() if (ROOT / name).stat().st_size > LARGEST}
    assert large == LARGER


def test_no_package_or_binary_is_tracked() -> None:
    """Neither by its name nor by its first bytes: packages are installed, weights are fetched."""
    names = tracked()
    assert [name for name in names if name.lower().endswith(PACKAGES + BINARIES)] == []
    starts = {name: first_bytes(ROOT / name) for name in names}
    assert [name for name, start in starts.items() if start.startswith(MAGIC)] == []


def test_the_citation_names_this_version_and_licence() -> None:
    """CITATION.cff repeats what pyproject.toml states."""
    citation, table = yaml_file("CITATION.cff"), project()
    assert citation["version"] == table["version"] == version("evalkit-idk")
    assert citation["license"] == table["license"]
    assert citation["repository-code"] == table["urls"]["Homepage"]
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in table["authors"]]


def test_the_classifiers_say_where_evalkit_runs() -> None:
    """POSIX systems, since the journal locks with fcntl and Ctrl-C arrives as a signal; the README says so too."""
    systems = [name for name in project()["classifiers"] if name.startswith("Operating System")]
    assert systems == ["Operating System :: MacOS", "Operating System :: POSIX :: Linux"]
    lowest = re.search(r"\d+\.\d+", project()["requires-python"])
    assert lowest is not None
    assert f"Programming Language :: Python :: {lowest.group()}" in project()["classifiers"]
    assert re.search(r"Linux or macOS.*fcntl", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_commit_hooks_run_what_make_check_runs() -> None:
    """They are local, and take ruff and mypy from .venv, in the versions installed there."""
    hooks = [hook for repository in yaml_file(".pre-commit-config.yaml")["repos"] for hook in repository["hooks"]]
    assert {repository["repo"] for repository in yaml_file(".pre-commit-config.yaml")["repos"]} == {"local"}
    check = (ROOT / "Makefile").read_text(encoding="utf-8").split("\ncheck:", 1)[1].split("\n\n", 1)[0]
    for hook in hooks:
        command = hook["entry"].replace(".venv/bin/", "$(BIN)/").replace(" --force-exclude", "")
        assert hook["language"] == "system"
        assert f"\t{command}" in check, command
    assert {hook["id"] for hook in hooks} == {"ruff-format", "ruff-check", "mypy"}


def test_every_entry_point_group_is_described_in_contributing() -> None:
    """A group nobody can read about is not an extension point."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    groups = [group for group in project()["entry-points"] if group.startswith("evalkit.")]
    assert len(groups) == 5
    assert [group for group in groups if group not in text] == []


def test_the_changelog_keeps_a_changelog() -> None:
    """Releases as headings, kinds of changes below, one item a line, nothing else."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[Unreleased\]|\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings)
    kinds = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    body = text.split("## [Unreleased]", 1)[1]
    assert [line for line in body.splitlines() if line and not line.startswith(("- ", "#", "  ", "["))] == []


def test_text_files_end_with_a_newline_and_have_no_carriage_returns() -> None:
    """As .editorconfig asks; test data may be anything."""
    wrong = []
    for name in tracked():
        if not name.endswith((".py", ".toml", ".md", ".cff", ".yaml", "Makefile")) or "/data/" in name:
            continue
        data = (ROOT / name).read_bytes()
        if data and (b"\r" in data or not data.endswith(b"\n")):
            wrong.append(name)
    assert wrong == []
