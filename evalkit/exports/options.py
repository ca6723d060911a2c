"""What an export may be told, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

Relationship = Literal["first_party", "third_party", "collaborative", "other"]


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Facts that no run records. A format takes some of them; the others have no effect there, and are refused."""

    organization: str = ""
    """Who publishes the results."""
    relationship: Relationship | Literal[""] = ""
    """How the evaluator and the model's maker are related."""
    model_ids: Mapping[str, str] = field(default_factory=dict)
    """Model as in the run → its id on the Hub, MAKER/NAME."""
    task_ids: Mapping[str, str] = field(default_factory=dict)
    """Task → id of the benchmark's task on the Hub."""
    source_url: str = ""
    """Address at which the transcripts can be read."""

    def given(self) -> list[str]:
        """Names of the options that are given."""
        return [one.name for one in fields(self) if getattr(self, one.name)]


@dataclass(frozen=True)
class Exported:
    """What was written."""

    files: list[Path]
    notes: list[str] = field(default_factory=list)
    """What was left out or changed, a sentence each."""
