"""Options that had no effect on any file: most likely a typing error, never passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.errors import UsageError
from evalkit.rescoring.session import FileReport
from evalkit.rescoring.terms import Terms

LISTED = 12
"""Names that an error lists."""


def check_effects(terms: Terms, reports: Sequence[FileReport]) -> None:
    """Check that every option had an effect on some file.

    Args:
        terms: what the user asked for.
        reports: on the files that were read.

    Raises:
        UsageError: one had none; the text says what there was to choose from.
    """
    met = {option for report in reports for option in report.met}
    for mark in terms.verdicts:
        if f"verdict {mark}" not in met:
            raise UsageError(f"--verdict {mark}=…: no such mark; available: {_offered(reports, 'verdict')}")
    for option, wanted in (("scorer", terms.scorer), ("metric", terms.metric), ("filter", terms.filter)):
        if wanted and option not in met:
            names = _offered(
                reports, option, *(["metric"] if option == "scorer" else ["scorer"] * (option == "metric"))
            )
            raise UsageError(f"--{option} {wanted}: no such {option}; available: {names}")
    if terms.pass_mark is not None and "pass_mark" not in met:
        raise UsageError(f"--pass-mark {terms.pass_mark:g} has no effect: the verdicts that are read are no scores")
    if terms.targets is not None and "targets" not in met:
        raise UsageError(f"--targets {terms.targets}: no id in it is that of an answer")
    if terms.extract and "extract" not in met:
        raise UsageError(f"--extract {terms.extract}: no file keeps the text of an answer")
    if terms.regrade and "regrade" not in met:
        raise UsageError(
            f"--regrade {terms.regrade}: no answer has both its text and gold; give the gold with --targets FILE"
        )


def _offered(reports: Sequence[FileReport], *options: str) -> str:
    names = dict.fromkeys(name for report in reports for option in options for name in report.offered.get(option, ()))
    listed = [name[:60] for name in names]
    return (", ".join(listed[:LISTED]) + (", …" if len(listed) > LISTED else "")) or "none"
