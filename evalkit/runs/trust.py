"""Treat a run folder from somebody else as data: resuming must not run their code or send a key to their address.

A run stores the code files and weights that it was made with and the addresses that it asked, signed with a secret of
this machine.
If the signature is another machine's, or the code has changed since, the run is resumed only if the user agrees.
Built-in tasks, installed plug-ins and providers' own addresses need no trust.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evalkit.errors import UsageError
from evalkit.models.roles import read_roles
from evalkit.models.weights import EMBEDDED
from evalkit.runs.config import RunConfig

SECRET_BYTES = 32
WEIGHTS_PROVIDERS = ("local", "hf", "toy")
"""Providers whose names are files or repositories of weights, read by a library in this process or a child of it."""


class Origin(BaseModel):
    """The code, addresses, weights and machine that a run was made with."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    files: dict[str, str] = {}
    """Path → SHA-256 of every code file: tasks, graders, providers."""
    addresses: list[str] = []
    """Addresses that were asked, except the providers' own."""
    weights: list[str] = []
    """Models read from files or from the Hub, except the embedded ones."""
    signature: str = ""
    """HMAC-SHA256 of the rest under the machine's secret; "" if the machine could not keep a secret."""


def make_origin(config: RunConfig, graders: Iterable[str] = ()) -> Origin:
    """Describe what a new run will use, signed by this machine.

    Args:
        config: the run's settings.
        graders: names of its graders; code files among them are included, as are those of judges.
    """
    judges = [model for role in read_roles(config.grader_parameters).values() for model in role.models]
    models = [config.model_to_open, *judges]
    names = [*config.tasks, *graders, *models, *config.metrics]
    files = {path: _checksum(path) for path in dict.fromkeys(map(_code_file, names)) if path}
    origin = Origin(files=files, addresses=_addresses(config), weights=sorted(filter(_names_weights, set(models))))
    return origin.model_copy(update={"signature": _signature(origin)})


def check_origin(origin: Origin, config: RunConfig, *, trust: bool, again: bool = False) -> None:
    """Refuse to resume a run that this machine did not start, or whose code has changed since.

    Args:
        origin: the origin stored in the run.
        config: the run's settings.
        trust: whether the user vouches for its code and addresses.
        again: whether every answer is graded again, so that changed code does no harm.

    Raises:
        UsageError: the run is somebody else's, or its code has changed; the text names the files and addresses.
    """
    now = make_origin(config)
    if trust or not describe_origin(now):
        return
    what = _listed(now)
    if not origin.signature or not hmac.compare_digest(origin.signature, _signature(origin)):
        raise UsageError(f"this run was not started on this machine: it would use {what}; --trust vouches for them")
    if any(set(new) - set(old) for new, old in zip(_parts(now), _parts(origin), strict=True)):
        raise UsageError(f"the run's settings were changed: it would use {what}; --trust vouches for them")
    changed = [path for path, checksum in origin.files.items() if _checksum(path) != checksum]
    if changed and not again:
        raise UsageError(
            f"{changed[0]} changed since this run was started; start a new run, or resume with --regrade-all to grade"
            " every answer with the code as it is now"
        )


def describe_origin(origin: Origin) -> str:
    """Describe to the user what a resumed run uses; "" if all of it is built in."""
    return _listed(origin) if any(_parts(origin)) else ""


def _parts(origin: Origin) -> list[Iterable[str]]:
    return [origin.files, origin.addresses, origin.weights]


def _listed(origin: Origin) -> str:
    code = [f"the code in {path}" for path in origin.files]
    addresses = [f"the address {address} with the key for it" for address in origin.addresses]
    weights = [f"the weights {name}" for name in origin.weights]
    return " and ".join([*code, *addresses, *weights])


def _code_file(name: str) -> str:
    path = name.partition("::")[0]
    if path.endswith(".py"):
        return str(Path(path).resolve())
    head, suffix, _ = name.partition(".py/")
    return str(Path(head + ".py").resolve()) if suffix else ""


def _names_weights(model: str) -> bool:
    provider, _, name = model.partition("/")
    return provider in WEIGHTS_PROVIDERS and bool(name) and name not in EMBEDDED


def _addresses(config: RunConfig) -> list[str]:
    parameters = [*config.model_parameters.values(), *config.grader_parameters.values()]
    given = [config.base_url or "", *(value for value in parameters if "://" in value)]
    return sorted({address for one in given for address in one.split(",") if address})


def _checksum(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _signature(origin: Origin) -> str:
    key = _secret()
    if key is None:
        return ""
    content: list[object] = [sorted(origin.files.items()), origin.addresses]
    content += [origin.weights] if origin.weights else []  # runs made before weights were listed stay signed
    return hmac.new(key, json.dumps(content).encode(), "sha256").hexdigest()


def _secret() -> bytes | None:
    """The secret of this machine and user, created when first needed; None if it cannot be stored."""
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "evalkit"
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("xb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(secrets.token_bytes(SECRET_BYTES))
        except FileExistsError:
            pass
        key = path.read_bytes()
    except (OSError, RuntimeError):
        return None
    return key if len(key) == SECRET_BYTES else None
