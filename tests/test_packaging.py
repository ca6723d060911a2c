"""The wheel: everything in it, and it runs far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as built from what git tracks."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(source)], input=archive, check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.mark.network
@pytest.mark.slow
def test_the_wheel_holds_every_module_and_data_file(wheel: Path) -> None:
    """A sub-package missing from the list would vanish here while an editable install hides it."""
    tracked = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "HEAD", "evalkit", "tasks", "graders"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    expected = {name if name.startswith("evalkit/") else f"evalkit/{name}" for name in tracked if name}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == expected


@pytest.mark.network
@pytest.mark.slow
def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """Whoever builds from the sdist gets every module, table and data file."""
    source = wheel.parent / "source"
    command = [sys.executable, "-m", "build", "--sdist", "--outdir", str(tmp_path), str(source)]
    subprocess.run(command, check=True, capture_output=True)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    packed = {name.removeprefix("evalkit/") for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    missing = {name for name in packed if f"evalkit/{name}" not in names and name not in names}
    assert missing == set()
    assert {"pyproject.toml", "README.md", "LICENSE"} <= names


def test_tasks_and_graders_are_flat() -> None:
    """No sub-packages below tasks/ and graders/."""
    for folder in ("tasks", "graders"):
        assert not [path for path in (ROOT / folder).rglob("*.py") if path.parent != ROOT / folder]


@pytest.mark.network
@pytest.mark.slow
def test_the_installed_wheel_runs_beside_a_users_own_tasks_py_and_graders(wheel: Path, tmp_path: Path) -> None:
    """From an unrelated folder that itself contains a tasks.py and a graders/."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False)
    python = environment / "bin" / "python"
    site = subprocess.run(
        [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The dependencies are those of this environment; the project itself comes from the wheel alone.
    dependencies = [path for path in sys.path if path.endswith("site-packages")]
    (Path(site) / "dependencies.pth").write_text("\n".join(dependencies), encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "graders").mkdir(parents=True)
    (elsewhere / "graders" / "__init__.py").write_text("raise RuntimeError('not this one')\n", encoding="utf-8")
    (elsewhere / "tasks.py").write_text("raise RuntimeError('not this one')\n", encoding="utf-8")
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    code = "import evalkit, evalkit.tasks; print(evalkit.__file__); print(evalkit.tasks.__file__)"
    where = subprocess.run(
        [str(python), "-c", code], cwd=elsewhere, env=clean, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    assert all(line.startswith(site) for line in where.splitlines())
    command = [str(python), "-m", "evalkit", "run", "--model", "baseline/guess", "--task", "letters", "--limit", "10"]
    result = subprocess.run(command, cwd=elsewhere, env=clean, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "letters · baseline/guess" in result.stdout
