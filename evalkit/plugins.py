"""Find tasks, graders, readers, providers and metrics by name: entry points, or a user's own file.

Built-ins register like those of any package, through the entry-point groups evalkit.tasks, evalkit.graders,
evalkit.readers, evalkit.providers and evalkit.metrics. Wherever a registered name is accepted, so is
`path/to/file.py` or `path/to/file.py::name`.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import inspect
import sys
import traceback
import typing
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from evalkit.errors import EvalkitError, UsageError
from evalkit.files import is_file
from evalkit.records import Completion, Grade, Sample, Task

Group = Literal["tasks", "graders", "readers", "providers", "metrics"]
GraderFunction = Callable[..., Grade | Awaitable[Grade]]
BoundGrader = Callable[[Sample, Completion], Grade | Awaitable[Grade]]

_MARK = "__evalkit_kind__"
T = TypeVar("T")
MetricT = TypeVar("MetricT", bound=Callable[..., float | None])


def task(function: Callable[..., Task]) -> Callable[..., Task]:
    """Mark a function as a task; it gives the task its name, and `-T key=value` sets its parameters."""

    @functools.wraps(function)
    def make(*args: Any, **kwargs: Any) -> Task:
        made = function(*args, **kwargs)
        if isinstance(made, Task) and not made.name:
            return dataclasses.replace(made, name=function.__name__)
        return made

    setattr(make, _MARK, "tasks")
    return make


def grader(function: GraderFunction) -> GraderFunction:
    """Mark a function as a grader; `-G key=value` sets its keyword parameters.

    The function takes a Sample and a Completion and returns a Grade (or an awaitable of one).
    """
    setattr(function, _MARK, "graders")
    return function


def metric(function: MetricT) -> MetricT:
    """Mark a function as a metric: a number of your own, reported beside the scores.

    The parameter's name decides what the function receives: `counts`, the `evalkit.metrics.Counts` of a scorecard,
    or `items`, a list with the `Counts` of each graded item over its epochs. It returns a finite number, or None where
    the number is undefined; it is not called if nothing was graded. The first line of its docstring describes it.

    Args:
        function: takes one argument called `counts` or `items`; further parameters need a default.

    Raises:
        UsageError: the function has other parameters.
    """
    parameters = list(inspect.signature(function).parameters.values())
    if (
        not parameters
        or parameters[0].name not in {"counts", "items"}
        or any(parameter.default is parameter.empty for parameter in parameters[1:])
    ):
        shown = f"{function.__name__}{inspect.signature(function)}"
        raise UsageError(f"metric {shown}: a metric takes one argument, called counts or items")
    setattr(function, _MARK, "metrics")
    return function


def mark(made: T, group: Group, function: Callable[..., Any]) -> T:
    """Mark an object that a decorator made from a function, so that `file.py::name` finds it by the function's name."""
    for key, value in ((_MARK, group), ("__module__", function.__module__), ("__doc__", function.__doc__)):
        object.__setattr__(made, key, value)
    return made


def names(group: Group) -> list[str]:
    """Registered names of a group, sorted.

    Raises:
        UsageError: the group is empty although evalkit registers some: it is not installed from this folder.
    """
    registered = sorted({point.name for point in _points(group)})
    if not registered and group != "readers":
        raise UsageError("evalkit is not installed from this folder: make install")
    return registered


def find(group: Group, name: str) -> Any:
    """The object behind a registered name, or behind `file.py` / `file.py::name`.

    Raises:
        UsageError: no such name or file, or it cannot be imported; the text lists the known names.
    """
    path, _, inner = name.partition("::")
    if path.endswith(".py"):
        return _from_file(group, Path(path), inner)
    for point in _points(group):
        if point.name == name:
            return _load(point)
    known = ", ".join(names(group))
    raise UsageError(f"no {_singular(group)} {name!r}; available: {known} (or a file: path/to/file.py::name)")


def find_all(group: Group) -> dict[str, Any]:
    """Load all objects registered in a group, by name.

    Raises:
        UsageError: one cannot be imported; the text names it.
    """
    loaded: dict[str, Any] = {}
    for point in sorted(_points(group), key=lambda point: point.name):
        if point.name not in loaded:
            loaded[point.name] = _load(point)
    return loaded


def make_task(
    wanted: str | Callable[..., Task],
    parameters: dict[str, str] | None = None,
    defaults: dict[str, Any] | None = None,
    *,
    name: str = "",
) -> Task:
    """Build a task from its name and its parameters as text.

    Args:
        wanted: registered name, file, or the task's function.
        parameters: `-T` values as typed, converted to the parameters' annotated types.
        defaults: values for parameters that the task may have, such as `seed`; ignored if it has none of that name.
        name: the task's name in errors; default: its own.

    Raises:
        UsageError: unknown task or parameter, or a value of the wrong type.
    """
    function = find("tasks", wanted) if isinstance(wanted, str) else wanted
    name = name or (wanted if isinstance(wanted, str) else getattr(wanted, "__name__", "task"))
    accepted = inspect.signature(function).parameters
    values = {key: value for key, value in (defaults or {}).items() if key in accepted}
    values |= _convert(f"task {name}", function, parameters or {}, skip=0)
    with users_code(f"task {name}"):
        made = function(**values)
    if not isinstance(made, Task):
        raise UsageError(f"task {name} returned {type(made).__name__}, not a Task")
    if not isinstance(made.samples, Iterable):
        raise UsageError(f"task {name}: samples are {type(made.samples).__name__}, not a list or generator of Sample")
    return dataclasses.replace(made, grader=_beside(made.grader, name))


def find_grader(wanted: str | GraderFunction) -> GraderFunction:
    """Resolve a task's grader, given as a name or as the function itself.

    Raises:
        UsageError: the grader is unknown, or neither a name nor a function.
    """
    function = find("graders", wanted) if isinstance(wanted, str) else wanted
    if not callable(function):
        raise UsageError(f"a task's grader is a name or a function, not {wanted!r}")
    found: GraderFunction = function
    return found


def make_grader(wanted: str | GraderFunction, parameters: dict[str, str] | None = None) -> tuple[str, BoundGrader]:
    """Resolve a grader with its `-G` parameters bound.

    Returns:
        (its name, a function of sample and completion).

    Raises:
        UsageError: unknown grader or parameter, or a value of the wrong type.
    """
    function = find_grader(wanted)
    name = getattr(function, "__name__", str(wanted))
    values = _convert(f"grader {name}", function, parameters or {}, skip=2)
    for parameter in list(inspect.signature(function).parameters.values())[2:]:
        needed = parameter.default is parameter.empty and parameter.kind is parameter.KEYWORD_ONLY
        if needed and parameter.name not in values:
            raise UsageError(f"grader {name} needs -G {parameter.name}=…")
    return name, functools.partial(function, **values) if values else function


@contextmanager
def users_code(what: str) -> Iterator[None]:
    """Run user code: turn whatever it raises into one line that names file and line.

    Args:
        what: the code's name in that line, such as "task letters".

    Raises:
        UsageError: anything was raised inside, even SystemExit; evalkit's own errors pass through.
    """
    try:
        yield
    except EvalkitError:
        raise
    except (Exception, SystemExit) as error:
        raise UsageError(f"{what}: {described(error)}") from error


def described(error: BaseException) -> str:
    """Describe in one line what was raised and where."""
    text = str(error.errors()[0]["msg"]) if isinstance(error, ValidationError) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())[:300]}{raised_at(error)}"


def raised_at(error: BaseException) -> str:
    """Where user code raised an error: " (file, line N)", or "" for evalkit's own code."""
    trace = traceback.extract_tb(error.__traceback__)
    ours = str(Path(__file__).parent)
    last = next(
        (f for f in reversed(trace) if not f.filename.startswith(ours) and "site-packages" not in f.filename), None
    )
    return f" ({last.filename}, line {last.lineno})" if last else ""


def share_parameters(
    objects: Mapping[str, Callable[..., Any]], given: dict[str, str], skip: int = 0
) -> dict[str, dict[str, str]]:
    """Give each task or grader those parameters that it accepts.

    Args:
        objects: name → function.
        given: parameters as typed.
        skip: leading parameters of the functions that are not settable.

    Raises:
        UsageError: none of them accepts a parameter.
    """
    having = {name: set(list(inspect.signature(function).parameters)[skip:]) for name, function in objects.items()}
    for key in given:
        if not any(key in has for has in having.values()):
            known = ", ".join(sorted(set().union(*having.values()))) or "none"
            raise UsageError(f"{', '.join(having)}: no parameter {key!r}; available: {known}")
    return {name: {key: text for key, text in given.items() if key in has} for name, has in having.items()}


def describe(group: Group, name: str) -> str:
    """First line of a registered object's docstring."""
    target = find(group, name)
    text = getattr(target, "about", None) or inspect.getdoc(target) or ""
    return str(text).strip().split("\n", 1)[0]


def _beside(wanted: str | GraderFunction, task_name: str) -> str | GraderFunction:
    """Resolve a grader's file relative to the task's file that names it."""
    task_path = Path(task_name.partition("::")[0])
    if not isinstance(wanted, str) or not wanted.partition("::")[0].endswith(".py") or task_path.suffix != ".py":
        return wanted
    return str(task_path.parent / wanted)


def _points(group: Group) -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=f"evalkit.{group}"))


def _load(point: EntryPoint) -> Any:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        if point.dist is not None and point.dist.name == "evalkit-idk":
            raise UsageError(f"evalkit is not installed from this folder ({error}): make install") from error
        raise UsageError(f"the plug-in {point.value} cannot be imported: {error}") from error
    except (Exception, SystemExit) as error:
        raise UsageError(f"the plug-in {point.value} cannot be imported: {described(error)}") from error


def _from_file(group: Group, path: Path, inner: str) -> Any:
    if not is_file(path):
        raise UsageError(f"no file {path}")
    module_name = f"evalkit_user_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise UsageError(f"{error.filename}, line {error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        raise UsageError(f"{path} cannot be imported: {described(error)}") from error
    marked = {
        key: value
        for key, value in vars(module).items()
        if _is_of(group, value) and (group == "providers" or getattr(value, "__module__", None) == module_name)
    }
    if inner:
        if inner not in marked:
            raise UsageError(f"{path} has no {_marked(group)} named {inner!r}; it has: {_listed(marked)}")
        return marked[inner]
    if len(marked) != 1:
        raise UsageError(f"{path} must hold one {_marked(group)}, or name one with ::NAME; it has: {_listed(marked)}")
    return next(iter(marked.values()))


def _is_of(group: Group, value: Any) -> bool:
    """Whether an object in a user's file belongs to a group, by its decorator or its provider or reader methods."""
    if group == "providers":
        return not isinstance(value, type) and hasattr(value, "about") and callable(getattr(value, "open", None))
    if group == "readers" and not isinstance(value, type):
        return callable(getattr(value, "sniff", None)) and callable(getattr(value, "read", None))
    return getattr(value, _MARK, None) == group


def _convert(owner: str, function: Callable[..., Any], given: dict[str, str], skip: int) -> dict[str, Any]:
    parameters = list(inspect.signature(function).parameters.values())[skip:]
    known = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    hints = typing.get_type_hints(inspect.unwrap(function), include_extras=True) if given else {}
    values: dict[str, Any] = {}
    for key, text in given.items():
        if key not in known:
            raise UsageError(f"{owner} has no parameter {key!r}; it has: {_listed(known)}")
        try:
            values[key] = TypeAdapter(hints.get(key, str)).validate_python(text)
        except ValidationError as error:
            problem = error.errors()[0]["msg"]
            raise UsageError(f"{owner}: invalid value {key}={text}: {problem}") from error
    return values


def _listed(found: dict[str, Any]) -> str:
    return ", ".join(sorted(found)) or "none"


def _marked(group: Group) -> str:
    """What to call a group's object in a user's file."""
    return _singular(group) if group == "providers" else f"@{_singular(group)}"


def _singular(group: Group) -> str:
    return group.removesuffix("s")
