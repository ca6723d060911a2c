"""Types of command-line options, and the command class that drops no repeated value.

A list option takes `a,b`, or several times one value, or both; a value given twice is an error. A comma that belongs to
a name is written `\\,`. An option that takes one value is an error when it is given twice.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from evalkit.errors import SettingError, UsageError
from evalkit.metrics.threshold import check_threshold

Function = TypeVar("Function", bound=Callable[..., Any])
Value = TypeVar("Value")


class Command(click.Command):
    """A command whose options with one value are refused when they are given several times."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Check for repeated options, then parse as click does."""
        if not ctx.resilient_parsing:
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for position, parameter in enumerate(order):
                if isinstance(parameter, click.Option) and not _takes_many(parameter) and parameter in order[:position]:
                    raise click.UsageError(f"{parameter.opts[0]} is given twice, and takes one value", ctx)
        return super().parse_args(ctx, args)


command = functools.partial(click.command, cls=Command)
"""`click.command` for commands of the class `Command`."""


class Group(click.Group):
    """A group whose commands are of the class `Command`."""

    command_class = Command


class Names(click.ParamType["list[str]"]):
    """A comma-separated list of names."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """Split text into names."""
        if isinstance(value, list):
            return value
        parts = [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", str(value))]
        if not all(parts):
            self.fail(f"{value!r} holds an empty name", param, ctx)
        return parts


class Thresholds(click.ParamType["list[float | None]"]):
    """A comma-separated list of confidence targets: `none,0,0.75`."""

    name = "thresholds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float | None]:
        """Convert text to targets; None stands for a prompt that states none."""
        if isinstance(value, list):
            return value
        parts = [part.strip() for part in str(value).split(",") if part.strip()]
        if not parts:
            self.fail("no confidence target is given", param, ctx)
        return [self._one(part, param, ctx) for part in parts]

    def _one(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if text.lower() == "none":
            return None
        try:
            return abs(check_threshold(float(text)))  # −0 is 0
        except ValueError:
            self.fail(
                f"{text!r} is no confidence target: give none, or a number t with 0 ≤ t < 1"
                " (a mistake costs t/(1−t) points, which t = 1 leaves undefined)",
                param,
                ctx,
            )


class KeyValue(click.ParamType["tuple[str, str]"]):
    """`key=value`."""

    name = "key=value"

    def __init__(self, shape: str = "key=value") -> None:
        self.name = shape

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Split text into a key and a value."""
        if isinstance(value, tuple):
            return value
        key, equals, text = str(value).partition("=")
        if not (key and equals):
            self.fail(f"{value!r} must be {self.name}", param, ctx)
        return key, text


class Range(click.ParamType["tuple[int, int]"]):
    """The numbers of the first and the last of a sequence, from 1: `20` or `10-20`."""

    name = "range"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Convert text to two numbers."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(?:(\d+)-)?([+-]?\d+)", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is not a valid integer, and no range such as 11-20", param, ctx)
        first, last = int(match[1] or 1), int(match[2])
        if last < 1 or first < 1:
            self.fail(f"{value} is not greater than or equal to 1", param, ctx)
        if last < first:
            self.fail(f"{value}: the range ends before it begins", param, ctx)
        return first, last


class ColumnMap(click.ParamType["dict[str, str]"]):
    """A comma-separated list of field=column: `answer=pred,target=gold`; a column may be MODEL:COLUMN,MODEL:COLUMN."""

    name = "mapping"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Convert text to field → column."""
        if isinstance(value, dict):
            return value
        parts: list[str] = []
        for part in str(value).split(","):
            if "=" in part or not parts:
                parts.append(part)
            elif part.strip():  # a list goes on: answer=gpt-4o:colA,claude:colB
                parts[-1] += f",{part}"
        pairs = [part.partition("=") for part in parts]
        if not all(equals and path for _, equals, path in pairs):
            self.fail(f"{value!r} must be field=column,field=column", param, ctx)
        fields = [field.strip() for field, _, _ in pairs]
        if repeated := next((field for field in fields if fields.count(field) > 1), ""):
            self.fail(f"{repeated}=… is given twice", param, ctx)
        return {field.strip(): path.strip() for field, _, path in pairs}


class Share(click.FloatRange):
    """A number in a range, not NaN."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert text to a number."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail("nan is not a number", param, ctx)
        return number


def names_option(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """Add an option that takes a list of names; the function gets a list, empty where none is given.

    Args:
        declarations, attributes: as those of `click.option`.
    """
    settings: dict[str, Any] = {"type": Names(), "multiple": True, "metavar": "NAME,…", "callback": _flat}
    return click.option(*declarations, **settings | attributes)


def name_option(*declarations: str, one: str, **attributes: Any) -> Callable[[Function], Function]:
    """Add an option that takes one name for now, and says so when it is given several.

    Args:
        declarations, attributes: as those of `click.option`.
        one: why, such as "one task at a time".
    """

    def only(ctx: click.Context, param: click.Parameter, value: Sequence[list[str]]) -> str | None:
        names = _flat(ctx, param, value)
        if len(names) > 1:
            raise click.BadParameter(f"{one}; given are {', '.join(names)}", ctx, param)
        return names[0] if names else None

    settings: dict[str, Any] = {"type": Names(), "multiple": True, "metavar": "NAME", "callback": only}
    default = attributes.pop("default", None)
    given = {"default": [default]} if default is not None else {}
    return click.option(*declarations, **settings | attributes | given)


def threshold_option(**attributes: Any) -> Callable[[Function], Function]:
    """Add `--threshold`; the function gets `thresholds`, a list, empty where none is given.

    Args:
        attributes: as those of `click.option`.
    """
    settings: dict[str, Any] = {"type": Thresholds(), "multiple": True, "metavar": "T,…", "callback": _flat}
    return click.option("--threshold", "thresholds", **settings | attributes)


def money_options(function: Function) -> Function:
    """Add `--max-cost`, `--max-tokens-total` and `--prices`."""
    options = [
        click.option(
            "--max-cost", type=float, metavar="DOLLARS",
            help="Stop before more is spent, judges included; requests under way may exceed it. Resumable.",
        ),
        click.option("--max-tokens-total", type=int, metavar="N", help="The same in prompt and completion tokens."),
        click.option(
            "--prices", type=click.Path(), metavar="FILE",
            help="Prices of models, as TOML or JSON, instead of the published ones.",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


OPTIONS = {
    "tasks": "--task",
    "thresholds": "--threshold",
    "task_parameters": "-T",
    "grader_parameters": "-G",
    "model_parameters": "-M",
    "headers": "--header",
    "metrics": "--extra-metric",
    "sample_ids": "--sample-id",
    "strata": "--stratum",
    "mapping": "--map",
}
"""Settings whose option has another name."""


@contextmanager
def options_named() -> Iterator[None]:
    """Errors about settings name the option instead of the Python parameter."""
    try:
        yield
    except SettingError as error:
        text = error.spoken(lambda setting: OPTIONS.get(setting, f"--{setting.replace('_', '-')}"))
        raise UsageError(text) from error


def stated(thresholds: Iterable[float | None], command: str) -> list[float]:
    """Return confidence targets for a command to which "none" means nothing.

    Raises:
        click.UsageError: "none" is among them.
    """
    values = list(thresholds)
    if None in values:
        raise click.UsageError(f"--threshold none: {command} needs confidence targets, such as 0,0.75")
    return [t for t in values if t is not None]


def as_dict(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Convert pairs to a dict; a key given twice is an error.

    Raises:
        click.UsageError: a key is given twice.
    """
    result: dict[str, str] = {}
    for key, value in pairs:
        if key in result:
            raise click.UsageError(f"{key} is given twice")
        result[key] = value
    return result


def _flat(ctx: click.Context, param: click.Parameter, value: Sequence[list[Value]]) -> list[Value]:
    """Return all values of a list option, in order.

    Raises:
        click.BadParameter: a value is given twice.
    """
    values = [each for part in value for each in part]
    for position, each in enumerate(values):
        if each in values[:position]:
            shown = "none" if each is None else f"{each:g}" if isinstance(each, float) else each
            raise click.BadParameter(f"{shown} is given twice", ctx, param)
    return values


def _takes_many(option: click.Option) -> bool:
    return option.multiple or option.count or option.is_flag
