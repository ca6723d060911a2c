"""What a model that runs on this machine needs of its chat template."""

from __future__ import annotations

from evalkit.errors import UsageError
from evalkit.models.base import ModelOptions

EFFORT_WORDS = ("reasoning_effort", "enable_thinking", "reasoning_strength")
"""Variables by which a chat template can be told how much to think."""


def check_template(name: str, template: str | None, options: ModelOptions) -> None:
    """Check that the model has what the options need of its chat template.

    Raises:
        UsageError: it would be made up, or it has no place for a reasoning effort.
    """
    if not template and options.form == "chat":
        raise UsageError(
            f"{name} has no chat template, so it is a base model: --form plain puts the questions as text"
            " (--shots 5 shows it examples)"
        )
    if options.reasoning_effort and not (template and any(word in template for word in EFFORT_WORDS)):
        raise UsageError(
            f"--reasoning-effort: the chat template of {name} has no place for one, so it would change nothing;"
            " leave it out"
        )
