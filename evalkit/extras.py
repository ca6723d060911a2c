"""Optional dependencies: a missing one is answered by one sentence with the pip line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from evalkit.errors import MissingExtraError


@contextmanager
def requires(extra: str) -> Iterator[None]:
    """Put around the imports of an extra.

    Args:
        extra: its name in `evalkit-idk[…]`.

    Raises:
        MissingExtraError: an import inside failed.
    """
    try:
        yield
    except ImportError as error:
        raise MissingExtraError(f"this needs the {extra} extra: pip install 'evalkit-idk[{extra}]'") from error
