"""One task on a screen: what `evalkit list tasks NAME` prints."""

from __future__ import annotations

import inspect
import re
import tempfile
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from evalkit import plugins
from evalkit.display import Block, Heading, Printable, Table, one_line, visible
from evalkit.errors import EvalkitError
from evalkit.experiments.scoring_audit import find_example, open_task
from evalkit.records import Message, Task
from evalkit.runs.prompts import build_messages

if TYPE_CHECKING:
    import pandas as pd

LABELS = (
    "What it measures", "Source", "Licence", "Size", "Prompt", "Deviation", "Answer limit", "Grader", "Metrics",
    "IDK originally pays",
)  # fmt: skip
"""What a task's module says of it, each in a sentence that begins with the label and a colon."""
UNSAID = "its module does not say"
WIDE = 96
"""Columns of a paragraph."""
LONGEST = 4000
"""Longest example prompt, in characters."""
ENDING = 1500
"""Characters of its end that are kept where it is longer."""
_LABEL = re.compile(rf"(?:^|(?<=[.;)]) )({'|'.join(LABELS)}): ", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class TaskCard(Printable):
    """What is to be known of a task before it is run."""

    name: str
    about: str
    """The first line of its docstring."""
    options: list[tuple[str, str, str]]
    """Name, type and default of what `-T name=value` sets."""
    said: dict[str, str]
    """Label → what the task's module says."""
    example: str = ""
    """One prompt."""
    example_of: str = ""
    """Where its question comes from."""
    problem: str = ""
    """Why there is no example."""
    more: dict[str, str] = field(default_factory=dict)
    """Grader, answer limit and metrics as the task has them."""

    def blocks(self) -> list[Block]:
        """Return the options as a table, what the module says as paragraphs, and one prompt."""
        rows = [[f"-T {name}=", kind, default] for name, kind, default in self.options]
        options: list[Block] = [Table(columns=["option", "type", "default"], rows=rows)] if rows else ["no options"]
        said = [f"{label}: {text}" for label, text in (self.said | self.more).items()]
        end: list[Block] = [self.problem] if self.problem else [f"A prompt ({self.example_of}):", self.example]
        return [Heading(f"{visible(self.name)}  {self.about}"), *options, "", *said, "", *end]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        options = [{"name": name, "type": kind, "default": default} for name, kind, default in self.options]
        return {
            "task": self.name,
            "about": self.about,
            "options": options,
            **self.said,
            **self.more,
            "example": self.example,
        }

    def to_dataframe(self) -> pd.DataFrame:
        """Return the options, a row each."""
        import pandas as pd

        return pd.DataFrame(self.options, columns=["name", "type", "default"])


def describe_task(name: str, data: str | None = None) -> TaskCard:
    """Describe a task: its options, what its module says of it, and one prompt.

    Args:
        name: a registered task, or a file.
        data: local files; default EVALKIT_DATA, else an example row that comes with the task.

    Raises:
        UsageError: no such task.
    """
    function = plugins.find("tasks", name)
    options = task_options(function)
    module = inspect.getmodule(inspect.unwrap(function))
    said = sections(inspect.getdoc(module) or "")
    about = plugins.describe("tasks", name)
    for label in ("Source", "Licence", "Size", "Grader", "IDK originally pays"):
        said.setdefault(label, UNSAID)
    needs = next((option for option, _, default in options if default == REQUIRED), None)
    if needs is not None:
        problem = f"An example prompt needs -T {needs}=…: evalkit run --task {name} -T {needs}=… --dry-run"
        return TaskCard(name=name, about=about, options=options, said=said, problem=problem)
    with tempfile.TemporaryDirectory() as folder:
        try:
            task, source = open_task(name, find_example(name), data, Path(folder))
            shown = _example(task)
        except EvalkitError as error:
            problem = f"No example prompt: {one_line(str(error), 300)}"
            return TaskCard(name=name, about=about, options=options, said=said, problem=problem)
    of = "an example row of evalkit's own; the questions come from the hub" if source == "example" else source
    return TaskCard(
        name=name, about=about, options=options, said=said, example=shown, example_of=of, more=_more(task, said)
    )


REQUIRED = "required"
"""What stands for the default of an option that must be set."""
UNSET = "–"
"""What stands for a default that sets nothing."""


def task_options(function: Any) -> list[tuple[str, str, str]]:
    """Name, type and default of each option of a task.

    Args:
        function: as `evalkit.plugins.find` returns it.
    """
    bare = inspect.unwrap(function)
    hints = typing.get_type_hints(bare, include_extras=True)
    found = []
    for option in inspect.signature(bare).parameters.values():
        default = (
            REQUIRED if option.default is option.empty else UNSET if option.default in (None, "") else option.default
        )
        found.append((option.name, type_text(hints.get(option.name, str)), str(default)))
    return found


def type_text(annotation: Any) -> str:
    """Write a type as a user reads it: `publisher|plain`, `whole number from 0 to 5`, `text`.

    Args:
        annotation: the annotation of an option.
    """
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *limits = get_args(annotation)
        return f"{type_text(base)}{_limits(limits)}"
    if origin is Literal:
        return "|".join(map(str, get_args(annotation)))
    if origin in (Union, types.UnionType):
        return "|".join(type_text(one) for one in get_args(annotation) if one is not type(None))
    named = {int: "whole number", float: "number", str: "text", bool: "true|false"}
    return named.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _limits(limits: Sequence[Any]) -> str:
    found: dict[str, Any] = {}
    for limit in limits:
        for one in getattr(limit, "metadata", [limit]):
            found |= {key: getattr(one, key) for key in ("ge", "gt", "le", "lt") if getattr(one, key, None) is not None}
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    return "".join(f" {words[key]} {value}" for key, value in found.items())


def sections(document: str) -> dict[str, str]:
    """Read what a module says of its task: each part begins with a label of `LABELS` and a colon.

    Args:
        document: the docstring of the module.
    """
    parts = _LABEL.split(document)
    return {label: " ".join(text.split()) for label, text in zip(parts[1::2], parts[2::2], strict=True)}


def _example(task: Task) -> str:
    sample = next(iter(islice(task.samples, 1)), None)
    if sample is None:
        return ""
    text = visible(_written(build_messages(sample.asked, None, turns=sample.turns)))
    if len(text) > LONGEST:
        cut = len(text) - LONGEST
        text = f"{text[: LONGEST - ENDING]}\n[… {cut:,} characters …]\n{text[-ENDING:]}"
    return "\n".join(f"  {line}" for line in text.splitlines())


def _written(messages: Sequence[Message]) -> str:
    """A prompt as text; each turn is headed by its role where there are several."""
    if len(messages) == 1:
        return messages[0].content
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in messages)


def _more(task: Task, said: Mapping[str, str]) -> dict[str, str]:
    """What the task itself knows and its module leaves unsaid."""
    more = {}
    if said.get("Grader", UNSAID) == UNSAID:
        more["Grader"] = task.grader if isinstance(task.grader, str) else getattr(task.grader, "__name__", "own")
    if "Answer limit" not in said and task.max_tokens:
        more["Answer limit"] = f"{task.max_tokens:,} tokens"
    if "Metrics" not in said and task.metrics:
        more["Metrics"] = ", ".join(task.metrics)
    return more
