"""A patch in an answer, and predictions in SWE-bench's official layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from evalkit import journal

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


def predictions(folder: Path) -> Iterator[dict[str, str]]:
    """Answers of a run as predictions, those without a verdict included; an answer without a patch has an empty one.

    Args:
        folder: a run's.

    Raises:
        InputError: a record cannot be read.
    """
    seen = set()
    for record in journal.read_records(folder):
        seen.add(record.key)
        yield _prediction(record.sample_id, record.model, record.completion.text)
    for failure in journal.read_failures(folder):
        if failure.completion is not None and failure.key not in seen:
            seen.add(failure.key)
            yield _prediction(failure.sample_id, failure.model, failure.completion.text)


def _prediction(name: str, model: str, text: str) -> dict[str, str]:
    return {"instance_id": name, "model_name_or_path": model, "model_patch": find_patch(text) or ""}
