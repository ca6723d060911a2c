"""Optional dependencies: a missing one gives one line with the pip command; and whether Docker runs here."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from evalkit.errors import MissingExtraError


@contextmanager
def requires(extra: str, what: str = "this") -> Iterator[None]:
    """Turn a failed import of an optional dependency into one line with the pip command.

    Put the import inside: `with requires("plot"): import altair`.

    Args:
        extra: name of the extra, as in `evalkit-idk[plot]`.
        what: what needs it, the sentence's subject.

    Raises:
        MissingExtraError: an import inside the block failed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"{what} needs the {extra} extra: pip install 'evalkit-idk[{extra}]'") from error


def docker_runs() -> bool:
    """Whether Docker is installed and its daemon answers."""
    program = shutil.which("docker")
    if program is None:
        return False
    asked = subprocess.run([program, "info"], capture_output=True, check=False)  # noqa: S603 - constant arguments
    return asked.returncode == 0
