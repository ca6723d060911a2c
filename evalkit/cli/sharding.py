"""Which shard `evalkit run` asks, and how its shards are merged."""

from __future__ import annotations

import os
from typing import Any

from evalkit.errors import UsageError
from evalkit.runs.result import RunResult
from evalkit.runs.shard import NONE, Shard, find_shard


def take_shard(settings: dict[str, Any], *, is_study: bool) -> None:
    """Put the shard that the command line or a scheduler asks for into the settings, and say who asked for it.

    Args:
        settings: those given on the command line.
        is_study: whether they are of several runs.

    Raises:
        UsageError: a study is divided, or a scheduler says too little.
    """
    from evalkit.cli.printing import say

    given = settings.get("shard")
    if given is not None and is_study:
        raise UsageError("--shard divides one run; a study's models are runs of their own: name one with --model")
    if given is not None:
        if given.strip().lower() == NONE:
            del settings["shard"]
        return
    if is_study or (found := find_shard(os.environ)) is None:
        return
    settings["shard"] = str(found.shard)
    say(f"shard {found.shard} of the samples, from {found.told_by}; --shard none asks all", err=True)


def say_how_to_merge(result: RunResult) -> None:
    """Print the command that joins a shard with the others; nothing for a run that is no shard."""
    from evalkit.cli.printing import say

    if result.config is None or result.config.shard is None:
        return
    shard = Shard.parse(result.config.shard)
    stem = str(result.folder).removesuffix(shard.suffix)
    if stem != str(result.folder):
        say(f"Shard {shard}. When all are finished: evalkit merge {stem}-shard-*-of-{shard.of} -o {stem}", err=True)
