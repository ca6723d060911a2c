"""`evalkit probe`: what a server supports, what evalkit will therefore do, and what will not work, as a table."""

from __future__ import annotations

import asyncio
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from evalkit.display import Block, Printable, Table, one_line
from evalkit.models.base import ModelOptions
from evalkit.models.probe import Finding, ServerProbe, probe_server
from evalkit.runs.loop import outside_loop

if TYPE_CHECKING:
    import pandas as pd

SERVER_WIDTH = 26
"""Cells of the column on the server, so that the table fits 80."""


@dataclass(frozen=True, kw_only=True)
class Probe(Printable):
    """What a server supports."""

    found: ServerProbe

    def blocks(self) -> list[Block]:
        """Return who answered, a row a finding, what was changed, and what will not work."""
        found = self.found
        table = Table(columns=("", "this server", "so evalkit"), rows=[_row(one) for one in found.findings])
        changes = [f"Changed in the requests: {one_line(change, 200)}" for change in found.changes]
        failing = [f"- {one_line(one.fails, 200)}" for one in found.findings if one.fails]
        last = ["Will not work here:", *failing] if failing else ["Everything that evalkit needs works here."]
        return [_who(found), table, *changes, *last]

    def to_dataframe(self) -> pd.DataFrame:
        """Return one row a finding."""
        import pandas as pd

        return pd.DataFrame([asdict(finding) for finding in self.found.findings])

    def to_dict(self) -> dict[str, Any]:
        """Return all of it; findings by what they are about."""
        document = asdict(self.found)
        document["findings"] = {finding.pop("about"): finding for finding in document["findings"]}
        return {"schema_version": 1, **document}


def probe(
    model: str, *, base_url: str | None = None, headers: Mapping[str, str] | None = None,
    timeout: float | None = None, model_parameters: Mapping[str, Any] | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Probe:  # fmt: skip
    """Ask a model's server a handful of short questions, to learn what it supports.

    Args:
        model: `provider/name`, or any name with `base_url`.
        base_url: an OpenAI-compatible server to ask instead of the provider's.
        headers: extra HTTP headers; each value names an environment variable, as in {"api-key": "$AZURE_KEY"}.
        timeout: time limit for one answer, in seconds.
        model_parameters: parameters of the model, sent with each request.
        notify: receives messages for the user.

    Returns:
        A value that prints as a table, and converts with `to_dataframe()`.

    Raises:
        UsageError: an unknown model, or an option that it does not have.
        ModelError: it does not answer.
    """
    options = ModelOptions(
        base_url=base_url,
        headers=headers or {},
        timeout=timeout,
        extra={key: str(value) for key, value in (model_parameters or {}).items()},
        notify=notify,
    )
    return Probe(found=outside_loop(lambda: asyncio.run(probe_server(model, options))))


def _who(found: ServerProbe) -> str:
    place = f" at {one_line(found.address, 100)}" if found.address else ""
    names = [
        f"served as {one_line(found.served_model)}" if found.served_model not in (None, found.model) else "",
        f"fingerprint {one_line(found.fingerprint)}" if found.fingerprint else "",
        f"by {one_line(found.provider)}" if found.provider else "",
    ]
    told = f"; {', '.join(filter(None, names))}" if any(names) else ""
    cost = f"{found.questions} short questions, {found.tokens:,} tokens, {found.seconds:.1f} s"
    return f"{one_line(found.model, 100)}{place}{told}\n{cost}"


def _row(finding: Finding) -> list[str]:
    server = "\n".join(textwrap.wrap(one_line(finding.server, 100), SERVER_WIDTH))
    return [finding.about, server, finding.evalkit]
