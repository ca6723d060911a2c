"""Find the patch, in unified diff format, in an answer, and tell an empty one."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BLOCK = re.compile(r"^(?P<indent>[ \t]*)```(?:diff|patch)[ \t]*\n(?P<held>.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_TAGGED = re.compile(r"(?P<indent>)<patch>\n?(?P<held>.*?)</patch>", re.DOTALL)
_BEGIN = re.compile(r"^(?:diff --git |--- (?:a/|/dev/null|\S+\n\+\+\+ ))", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_HEADER = re.compile(r"^(?:diff --git |--- \S)", re.MULTILINE)
_GIT_SECTION = re.compile(r"^(?=diff --git )", re.MULTILINE)
_PLAIN_SECTION = re.compile(r"^(?=--- \S.*\n\+\+\+ )", re.MULTILINE)
_FILE = re.compile(r"(?:diff --git \S+ b/|--- (?:a/)?(?!/dev/null)|\+\+\+ (?:b/)?)(\S+)")
_PART = re.compile(
    r"diff --git |index |--- |\+\+\+ |@@ |[ +\\-]|new file mode|deleted file mode|old mode|new mode"
    r"|similarity index|rename |copy |Binary files|GIT binary patch"
)
_EMPTY = re.compile(
    r"```\w*|</?patch>|\"(?:model_)?(?:patch|diff|answer)\"\s*:|\bnull\b|\bnone\b|n/a|[\[\]{}\"'`.,;:\s]", re.IGNORECASE
)
"""The parts of an empty patch: fences, tags, an empty list, null."""


def is_empty_patch(text: str) -> bool:
    """Whether an answer is a patch that changes nothing: `[]`, an empty ```diff block, null, or no text at all.

    Args:
        text: the answer.
    """
    return not _EMPTY.sub("", text).strip()


def find_patch(text: str) -> str | None:
    """The patch in an answer, in unified diff format and ending in a newline; None if there is none.

    Searches ```diff blocks, then <patch> tags, then the text itself. Several blocks form one patch, in order; if two
    change the same file, the later one counts, as a second attempt. A patch needs a file header, and a hunk unless it
    creates, deletes or renames files in git's format.

    Args:
        text: the answer.
    """
    for pattern in (_BLOCK, _TAGGED):
        blocks = [_unindented(match) for match in pattern.finditer(text)]
        if blocks := [block for block in blocks if _is_patch(block)]:
            return "".join(_last_of_each_file(blocks))
    match = _BEGIN.search(text)
    if match is None:
        return None
    lines = []
    for line in text[match.start() :].split("\n"):
        if line and not _PART.match(line):
            break
        lines.append(line)
    patch = "\n".join(lines).strip("\n") + "\n"
    return patch if _is_patch(patch) else None


def _unindented(block: re.Match[str]) -> str:
    """A block's contents without the indentation of its fence, for example inside a list."""
    indent = block.group("indent")
    return "\n".join(line.removeprefix(indent) for line in block.group("held").split("\n"))


def _last_of_each_file(blocks: Sequence[str]) -> list[str]:
    """The blocks' changes file by file, in order, without changes to files that a later block changes again."""
    kept: list[str] = []
    changed: set[str] = set()
    for block in reversed(blocks):
        sections = _sections(block)
        kept = [section for name, section in sections if name not in changed] + kept
        changed |= {name for name, _ in sections}
    return kept


def _sections(block: str) -> list[tuple[str, str]]:
    """Split a block into files: each name with its changes."""
    pattern = _GIT_SECTION if "diff --git " in block else _PLAIN_SECTION
    parts = [part.strip("\n") for part in pattern.split(block) if part.strip()]
    names = [_FILE.search(part) for part in parts]
    return [(name.group(1) if name else "", f"{part}\n") for name, part in zip(names, parts, strict=True)]


def _is_patch(text: str) -> bool:
    if not _HEADER.search(text):
        return False
    return bool(_HUNK.search(text)) or bool(re.search(r"^(?:new file|deleted file|rename from) ", text, re.MULTILINE))
