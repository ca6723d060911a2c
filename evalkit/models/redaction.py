"""Removes keys that a server repeats, in any escaping, from decoded text: the body itself is never edited.

A body is parsed, its strings are searched, and it is written anew only if one of them held a key. So an answer that
holds none is recorded as it came, and an edit cannot break an escape or a number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.models.streaming import is_stream
from evalkit.records import Completion

HIDDEN = "[key]"
SHORTEST = 8
"""Characters of the shortest key that is a secret: a shorter one occurs by chance."""
_DUMMIES = {
    "none", "null", "empty", "test", "testing", "dummy", "fake", "local", "localhost", "ollama", "lmstudio", "na", "no",
    "nokey", "nokeyrequired", "sknokeyrequired", "notneeded", "notrequired", "notused", "unused", "ignored", "anything",
    "apikey", "yourapikey", "yourapikeyhere", "dummykey", "fakekey", "dummyapikey", "fakeapikey", "testkey", "sktest",
    "skdummy", "skfake", "skanything", "placeholder", "changeme", "tokenabc123", "sk1234", "sk123", "password",
}  # fmt: skip
"""Keys that local servers are given because a client asks for one, without case and punctuation."""
_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


class Redactor:
    """Replaces keys in what a server says.

    Args:
        secrets: keys and values of headers; those that are too short or known dummies are no secrets.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in dict.fromkeys(secrets) if not is_dummy(secret)]
        self._bytes = [secret.encode() for secret in self._secrets]
        # A longer key first: one may begin with another.
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(_any_escaping, longest_first)) or "(?!)")

    def text(self, text: str) -> str:
        """Replace every key in a decoded text."""
        if not self._secrets:
            return text
        if any(mark in text for mark in "\\%&") or any(secret in text for secret in self._secrets):
            return self._pattern.sub(HIDDEN, text)
        return text

    def body(self, data: bytes) -> bytes:
        """Replace every key in the strings of a body: JSON, a stream of JSON, or any other text.

        Args:
            data: the body as received; it is returned as it is if no string of it holds a key.
        """
        if not self._may_hold(data):
            return data
        if data[:1] != b"{" and is_stream(data, ""):
            return b"\n".join(map(self._line, data.split(b"\n")))
        return self._document(data)

    def completion(self, completion: Completion) -> Completion:
        """Replace keys in a completion that its parts spell only together."""
        if not self._secrets:
            return completion
        fields = ("text", "reasoning", "refusal", "served_model", "fingerprint", "provider", "request_id")
        given = {name: value for name in fields if (value := getattr(completion, name))}
        changed: dict[str, Any] = {name: new for name, value in given.items() if (new := self.text(value)) != value}
        if completion.logprobs:
            tokens = self._tokens(completion.logprobs)
            changed |= {"logprobs": tokens} if tokens is not completion.logprobs else {}
        return completion.model_copy(update=changed) if changed else completion

    def listener(self, notify: Callable[[str], None]) -> Callable[[str], None]:
        """A function that passes texts on without keys."""
        return lambda text: notify(self.text(text))

    def error(self, error: EvalkitError) -> None:
        """Replace every key in the text of an error."""
        error.args = tuple(self.text(part) if isinstance(part, str) else part for part in error.args)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Let errors through without keys in their texts."""
        try:
            yield
        except EvalkitError as error:
            self.error(error)
            raise

    def _may_hold(self, data: bytes) -> bool:
        """Whether a key may be in a body, as it is or behind an escape."""
        if not self._secrets:
            return False
        return any(mark in data for mark in (b"\\", b"%", b"&", b"\0")) or any(key in data for key in self._bytes)

    def _line(self, line: bytes) -> bytes:
        head, mark, event = line.partition(b"data:")
        if head or not mark:
            return self._plain(line)
        return mark + self._document(event) if self._may_hold(event) else line

    def _document(self, data: bytes) -> bytes:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return self._plain(data)
        holder = [value]
        return json.dumps(holder[0]).encode() if self._replace(holder) else data

    def _plain(self, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    def _replace(self, root: list[Any]) -> bool:
        """Replace keys in all strings below a list, names of fields included; whether there were any."""
        found = False
        todo: list[Any] = [root]
        while todo:
            place = todo.pop()
            pairs = list(place.items()) if isinstance(place, dict) else list(enumerate(place))
            for name, value in pairs:
                if isinstance(value, (dict, list)):
                    todo.append(value)
                elif isinstance(value, str) and (new := self.text(value)) != value:
                    place[name], found = new, True
                if isinstance(name, str) and (new := self.text(name)) != name:
                    place[new], found = place.pop(name), True
        return found

    def _tokens(self, tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace keys that several tokens spell; the same list if there are none."""
        whole = "".join(token["token"] for token in tokens)
        if self.text(whole) == whole:
            return tokens
        spans = [match.span() for match in self._pattern.finditer(whole)]
        kept, position = [], 0
        for token in tokens:
            start, position = position, position + len(token["token"])
            inside = any(start < end and position > begin for begin, end in spans)
            kept.append({"token": HIDDEN, "logprob": token["logprob"]} if inside else token)
        return kept


def is_dummy(key: str) -> bool:
    """Whether a key is no secret: too short to be one, a word that stands for none, or one character repeated."""
    bare = "".join(char for char in key.lower() if char.isalnum())
    return len(key) < SHORTEST or bare in _DUMMIES or len(set(key.lower().removeprefix("sk-"))) <= 1


def _any_escaping(secret: str) -> str:
    """A pattern for a secret as it is and as JSON, JSON in JSON, URLs, HTML and Python write it.

    Every repetition has a limit and none is tried twice, so that no text takes long to search.
    """
    parts, after = [], False
    for part in re.findall(r"\\+|[^\\]", secret):
        # How many backslashes belong to which of two characters, nobody can tell: a run of them is one.
        parts.append(_backslashes() if part[0] == "\\" else _any_escape(part, after=after))
        after = part[0] == "\\"
    return "".join(parts)


def _any_escape(char: str, *, after: bool) -> str:
    """A character in any escaping; after backslashes, which take its own with them, it may have none."""
    coded = _coded(char, r"\\{0,16}+" if after else r"\\{1,16}+")
    if char in _NAMED:
        coded.append(f"&(?:amp;){{0,4}}{_NAMED[char]};")
    if not char.isalnum():
        coded.append(rf"\\{{1,16}}+{re.escape(char)}")
    return f"(?>{'|'.join([*coded, re.escape(char)])})"


def _backslashes() -> str:
    coded = "|".join(_coded("\\", r"\\{1,16}+"))
    return rf"(?>(?:{coded}|\\{{1,64}}+){{1,64}}+)"


def _coded(char: str, backslashes: str) -> list[str]:
    code = ord(char)
    return [
        rf"{backslashes}(?:u00|x)(?i:{code:02x})",
        rf"%(?:25){{0,4}}(?i:{code:02x})",
        rf"&(?:amp;){{0,4}}#(?:0{{0,6}}{code}|[xX]0{{0,6}}(?i:{code:x}));",
    ]
