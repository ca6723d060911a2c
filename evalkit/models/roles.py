"""Models that graders ask, each in a role: `-G judge=MODEL`, with settings of its own as `-G judge.KEY=VALUE`.

A key is a setting of `ModelOptions`, or `max_tokens` or `temperature`, or `header.NAME`. Any other key is a parameter
that is sent with each request, as `-M KEY=VALUE` is for the model under test.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from evalkit.errors import UsageError
from evalkit.models.base import ModelOptions
from evalkit.models.credentials import is_secret

ROLES = ("judge", "abstention")
_HEADER = "header."
_NOT_SETTABLE = {"headers", "extra", "notify"}
_REACH = {"base_url", "api_key_env", "max_connections", "adaptive", "timeout", "retries"}
"""Settings that change how a model is reached, but not what it is asked."""
_SAMPLING: dict[str, Any] = {
    "max_tokens": Annotated[int, Field(ge=1)],
    "temperature": Annotated[float, Field(ge=0, allow_inf_nan=False)],
}
_CLOSE = 0.8


@dataclass(frozen=True, kw_only=True)
class Role:
    """The models of one role, and how to ask them."""

    name: str
    """Such as "judge"."""
    models: tuple[str, ...]
    """One model or several, each `provider/name`."""
    options: ModelOptions = field(default_factory=ModelOptions)
    max_tokens: int | None = None
    """Longest answer, in tokens; None leaves it to the model."""
    temperature: float = 0.0


def read_roles(parameters: Mapping[str, str]) -> dict[str, Role]:
    """Read the roles among `-G` parameters.

    Args:
        parameters: as typed.

    Returns:
        Role → its models and their settings, for each role that is given.

    Raises:
        UsageError: a model is named twice, a setting has an invalid value or no model, or two roles give the same
            model different settings.
    """
    roles: dict[str, Role] = {}
    for name in ROLES:
        given = {key.partition(".")[2]: text for key, text in parameters.items() if key.startswith(f"{name}.")}
        if name in parameters:
            roles[name] = _read_role(name, parameters[name], given)
        elif given:
            raise UsageError(f"-G {name}.{next(iter(given))} needs a model: -G {name}=MODEL")
    _check_shared(list(roles.values()))
    return roles


def judge_of(judge: str | None, parameters: Mapping[str, str]) -> tuple[str | None, dict[str, str]]:
    """The judge of a command that has an option of its own for it, and the judge's settings.

    Args:
        judge: as given by `--judge`.
        parameters: as given by `-G`: settings of the judge, or the judge itself.

    Raises:
        UsageError: the judge is given twice, or a parameter is none of its settings.
    """
    settings = dict(parameters)
    named = settings.pop("judge", None)
    if judge and named and judge != named:
        raise UsageError("--judge and -G judge= name different models; give one")
    for key in settings:
        if _role_of(key) != "judge":
            raise UsageError(f"-G {key}: only settings of the judge apply here, such as judge.max_tokens=8000")
    return judge or named, settings


def without_settings(parameters: Mapping[str, str]) -> dict[str, str]:
    """The `-G` parameters that graders take: all but the settings of roles."""
    return {key: text for key, text in parameters.items() if _role_of(key) is None}


def only_reach(parameters: Mapping[str, str]) -> bool:
    """Whether all parameters say how a role's model is reached, so that they may change during a run."""
    return all(is_reach(key) for key in parameters)


def is_reach(key: str) -> bool:
    """Whether a `-G` parameter says how a role's model is reached: its address, key, connections and the like."""
    setting = _setting(key.partition(".")[2])
    return _role_of(key) is not None and (setting in _REACH or setting.startswith(_HEADER))


def is_header(key: str) -> bool:
    """Whether a `-G` parameter is an HTTP header of a role's model."""
    return _role_of(key) is not None and key.partition(".")[2].startswith(_HEADER)


def split_models(names: str) -> tuple[str, ...]:
    """Split one model or several separated by commas.

    Raises:
        ValueError: there is none, or one is named twice.
    """
    models = tuple(name.strip() for name in names.split(",") if name.strip())
    if not models or len(set(models)) < len(models):
        raise ValueError(f"{names!r}: give models separated by commas, each once")
    return models


def _role_of(key: str) -> str | None:
    role, dot, _ = key.partition(".")
    return role if dot and role in ROLES else None


def _setting(key: str) -> str:
    return key if key.startswith(_HEADER) else key.replace("-", "_")


def _read_role(name: str, models: str, given: Mapping[str, str]) -> Role:
    types = _settable()
    settings: dict[str, Any] = {}
    headers: dict[str, str] = {}
    extra: dict[str, str] = {}
    for key, text in given.items():
        known = _setting(key)
        if known.startswith(_HEADER):
            headers[known.removeprefix(_HEADER)] = _variable(name, known, text)
        elif known in types and text:
            settings[known] = _read(f"-G {name}.{key}={text}", types[known], text)
        else:
            _check_extra(name, key, text, list(types))
            extra[key] = text
    sampling = {key: settings.pop(key) for key in _SAMPLING if key in settings}
    options = ModelOptions(headers=headers, extra=extra, **settings)
    try:
        return Role(name=name, models=split_models(models), options=options, **sampling)
    except ValueError as error:
        raise UsageError(f"-G {name}={error}") from error


def _settable() -> dict[str, Any]:
    """Setting → its type, of all that a role's model may have."""
    hints = typing.get_type_hints(ModelOptions, include_extras=True)
    return {key: hint for key, hint in hints.items() if key not in _NOT_SETTABLE} | _SAMPLING


def _read(option: str, kind: Any, text: str) -> Any:
    try:
        return TypeAdapter(kind).validate_python(text)
    except ValidationError as error:
        raise UsageError(f"{option}: {error.errors()[0]['msg'].lower()}") from error


def _variable(name: str, key: str, text: str) -> str:
    if not text.startswith("$"):
        raise UsageError(f"-G {name}.{key}: give the name of an environment variable, as in $MY_SECRET")
    return text


def _check_extra(name: str, key: str, text: str, known: list[str]) -> None:
    """Refuse a secret and a misspelled setting; an empty value drops a parameter that is sent by default."""
    if is_secret(key, text):
        raise UsageError(f"-G {name}.{key}: put secrets into the environment and name it: {name}.api_key_env=MY_KEY")
    if close := difflib.get_close_matches(_setting(key), known, n=1, cutoff=_CLOSE):
        if close[0] in _SAMPLING and close[0] == _setting(key):
            return
        raise UsageError(f"-G {name}.{key}: did you mean {name}.{close[0]}=…?")


def _check_shared(roles: list[Role]) -> None:
    settings: dict[str, Role] = {}
    for role in roles:
        for model in role.models:
            first = settings.setdefault(model, role)
            if (first.options, first.max_tokens, first.temperature) != (
                role.options,
                role.max_tokens,
                role.temperature,
            ):
                raise UsageError(f"-G {first.name} and -G {role.name} name the same model with different settings")
