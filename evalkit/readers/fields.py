"""Fields of one object of a foreign file, with errors that name file, place and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar, overload

from evalkit.dataset.source import BadRowError, Source, as_text, targets_of

D = TypeVar("D")
_TRUE = {"true", "1", "1.0", "yes"}
_FALSE = {"false", "0", "0.0", "no"}
MOST_NAMES = 8
"""Fields that an error lists."""


class _Required:
    """Marks a field without a default."""


REQUIRED: Final = _Required()


class Fields:
    """The fields of one object: a line of JSON, a row of CSV or Parquet, an object inside another.

    Every accessor takes a name and, where the field may be absent, a default; null counts as absent. Without a default
    an absent field is an error, and so is a field of another type.

    Args:
        values: field → value.
        source: the file that it comes from.
        place: where in the file it stands: a line, a position from 1, or a name.
        path: where in the row it stands, such as "response.body."; "" for the row itself.
    """

    __slots__ = ("_values", "path", "place", "source")

    def __init__(self, values: Mapping[str, Any], source: Source, place: int | str = 1, path: str = "") -> None:
        self._values = values
        self.source = source
        self.place = place
        self.path = path

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def value(self, name: str, default: Any = None) -> Any:
        """Return a field as it is, of whatever type; the default where it is absent."""
        found = self._values.get(name)
        return default if found is None else found

    @overload
    def text(self, name: str) -> str: ...
    @overload
    def text(self, name: str, default: D) -> str | D: ...
    def text(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a field as text: a string, a number, or the text parts of a message's content.

        Raises:
            BadRowError: it is absent and has no default, or is an object.
        """
        found = self._values.get(name)
        if isinstance(found, str):
            return found
        if found is None:
            return self._absent(name, default)
        if isinstance(found, Mapping):
            raise self.error(f"{self.path}{name} is an object, not text")
        return as_text(found)

    @overload
    def number(self, name: str) -> float: ...
    @overload
    def number(self, name: str, default: D) -> float | D: ...
    def number(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a field as a number, written as one or as text; blank text counts as absent.

        Raises:
            BadRowError: it is absent and has no default, or is not a number.
        """
        found = self._values.get(name)
        if found is None or (isinstance(found, str) and not found.strip()):
            return self._absent(name, default)
        try:
            return float(found)
        except (TypeError, ValueError) as error:
            raise self.error(f"{self.path}{name} is {_shown(found)}, not a number") from error

    @overload
    def integer(self, name: str) -> int: ...
    @overload
    def integer(self, name: str, default: D) -> int | D: ...
    def integer(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a field as a whole number.

        Raises:
            BadRowError: it is absent and has no default, or is not a whole number.
        """
        found = self.number(name, None)
        if found is None:
            return self._absent(name, default)
        if not found.is_integer():
            raise self.error(f"{self.path}{name} is {found:g}, not a whole number")
        return int(found)

    @overload
    def flag(self, name: str) -> bool: ...
    @overload
    def flag(self, name: str, default: D) -> bool | D: ...
    def flag(self, name: str, default: Any = REQUIRED) -> Any:
        """Return a field as true or false, written so, as 1 or 0, or as yes or no.

        Raises:
            BadRowError: it is absent and has no default, or is neither.
        """
        found = self._values.get(name)
        if isinstance(found, bool):
            return found
        if found is None:
            return self._absent(name, default)
        said = str(found).strip().lower()
        if said not in _TRUE | _FALSE:
            raise self.error(f"{self.path}{name} is {_shown(found)}, neither true nor false")
        return said in _TRUE

    def one_of(self, name: str, meanings: Mapping[str, D]) -> D:
        """Return what a mark means, such as A, B or C.

        Args:
            name: the field that holds the mark.
            meanings: mark → meaning.

        Raises:
            BadRowError: it is absent, or none of these marks.
        """
        mark = self.text(name).strip()
        if mark not in meanings:
            raise self.error(f"{self.path}{name} is {_shown(mark)}, none of {', '.join(meanings)}")
        return meanings[mark]

    def texts(self, name: str) -> list[str]:
        """Return a field as a list of strings: of one, where it is no list; empty, where it is absent."""
        return targets_of(self._values.get(name))

    def array(self, name: str) -> list[Any]:
        """Return a list of anything; empty where the field is absent.

        Raises:
            BadRowError: it is something else.
        """
        found = self._values.get(name)
        if found is None:
            return []
        if not isinstance(found, (list, tuple)):
            raise self.error(f"{self.path}{name} is {_shown(found)}, not a list")
        return [*found]

    @overload
    def object(self, name: str) -> Fields: ...
    @overload
    def object(self, name: str, default: Mapping[str, Any]) -> Fields: ...
    @overload
    def object(self, name: str, default: None) -> Fields | None: ...
    def object(self, name: str, default: Mapping[str, Any] | _Required | None = REQUIRED) -> Fields | None:
        """Return an object inside this one, as fields of its own.

        Raises:
            BadRowError: it is absent and has no default, or is something else.
        """
        found = self._values.get(name)
        if found is None:
            found = self._absent(name, default)
        return None if found is None else self._inside(name, found)

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects; empty where the field is absent.

        Raises:
            BadRowError: it is something else, or holds something else.
        """
        return [self._inside(f"{name}[{k}]", one) for k, one in enumerate(self.array(name))]

    def first(self, name: str) -> Fields:
        """Return the first object of a list; an object without fields where there is none."""
        found = self.array(name)
        return self._inside(f"{name}[0]", found[0] if found and found[0] is not None else {})

    def error(self, what: str) -> BadRowError:
        """Make an error that names file and place.

        Args:
            what: what is wrong with the row, such as "grade 'Q' is none of A, B, C".
        """
        return self.source.error_at(self.place, what)

    def missing(self, name: str) -> BadRowError:
        """Make the error for a field that is absent; it lists those that are there."""
        names = [str(one) for one in self._values]
        others = ", ".join(names[:MOST_NAMES]) + (", …" if len(names) > MOST_NAMES else "")
        return self.error(f"no {self.path}{name}; available: {others or 'no fields'}")

    def _inside(self, name: str, values: Any) -> Fields:
        if not isinstance(values, Mapping):
            raise self.error(f"{self.path}{name} is {_shown(values)}, not an object")
        return Fields(values, self.source, self.place, f"{self.path}{name}.")

    def _absent(self, name: str, default: Any) -> Any:
        if default is not REQUIRED:
            return default
        if name in self._values:
            raise self.error(f"{self.path}{name} is empty")
        raise self.missing(name)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, Mapping):
        return "an object"
    return repr(value)[:60]
