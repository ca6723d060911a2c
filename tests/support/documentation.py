"""What the docstrings of a public package leave out."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from types import FunctionType, ModuleType


def public_functions(package: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    """Functions and methods without an underscore that the modules of a package define, with their dotted names."""
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value):
                yield f"{module.__name__}.{name}", value
            elif inspect.isclass(value):
                for key, member in vars(value).items():
                    plain = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
                    if inspect.isfunction(plain) and not key.startswith("_"):
                        yield f"{module.__name__}.{name}.{key}", plain


def gaps(function: FunctionType) -> list[str]:
    """Parts of a function that its docstring does not describe: itself, parameters, errors that it raises."""
    text = inspect.getdoc(function) or ""
    if not text:
        return ["has no docstring"]
    parameters = [name for name in inspect.signature(function).parameters if name not in {"self", "cls"}]
    missing = [f"does not describe {name}" for name in parameters if not re.search(rf"\b{re.escape(name)}\b", text)]
    if parameters and "Args:" not in text:
        missing.append("has no Args")
    missing += [f"does not mention {error}" for error in raised(function) if error not in text]
    return missing


def raised(function: FunctionType) -> set[str]:
    """Names of the exceptions that a function itself raises."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    return {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
