"""A patch in an answer, in unified diff format."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"^```(?:diff|patch)[ \t]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TAGGED = re.compile(r"<patch>\n?(.*?)</patch>", re.DOTALL)
_BEGIN = re.compile(r"^(?:diff --git |--- (?:a/|/dev/null|\S+\n\+\+\+ ))", re.MULTILINE)
_HUNK = re.compile(r"^@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@", re.MULTILINE)
_HEADER = re.compile(r"^(?:diff --git |--- \S)", re.MULTILINE)
_PART = re.compile(
    r"diff --git |index |--- |\+\+\+ |@@ |[ +\\-]|new file mode|deleted file mode|old mode|new mode"
    r"|similarity index|rename |copy |Binary files|GIT binary patch"
)


def find_patch(text: str) -> str | None:
    """The last patch in an answer, in unified diff format and ending in a newline; None where there is none.

    Looked for in ```diff blocks, in <patch> tags, then in the text itself. It needs a file's header; and a hunk, unless
    it creates, deletes or renames files as git writes it.

    Args:
        text: the answer.
    """
    marked: list[str] = [*reversed(_BLOCK.findall(text)), *reversed(_TAGGED.findall(text))]
    for candidate in marked:
        if _is_patch(candidate):
            return candidate.strip("\n") + "\n"
    found = _BEGIN.search(text)
    if found is None:
        return None
    lines = []
    for line in text[found.start() :].split("\n"):
        if line and not _PART.match(line):
            break
        lines.append(line)
    patch = "\n".join(lines).strip("\n") + "\n"
    return patch if _is_patch(patch) else None


def _is_patch(text: str) -> bool:
    if not _HEADER.search(text):
        return False
    return bool(_HUNK.search(text)) or bool(re.search(r"^(?:new file|deleted file|rename from) ", text, re.MULTILINE))
