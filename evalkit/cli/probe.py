"""`evalkit probe`."""

from __future__ import annotations

import click

from evalkit.cli.completion import complete_models
from evalkit.cli.options import KeyValue, as_dict
from evalkit.cli.options import command as new_command


@new_command("probe", short_help="What a model's server supports, and what will not work.")
@click.argument("model", shell_complete=complete_models)
@click.option("--base-url", metavar="URL", help="An OpenAI-compatible server to ask instead of the provider's.")
@click.option(
    "--header", "headers", type=KeyValue("NAME=$VARIABLE"), multiple=True,
    help="An HTTP header whose value stands in an environment variable: api-key=$AZURE_KEY.",
)  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="S", help="Seconds one answer may take.")
@click.option("-M", "model_parameters", type=KeyValue(), multiple=True, help="A model's parameter.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    model: str, *, base_url: str | None, headers: tuple[tuple[str, str], ...], timeout: float | None,
    model_parameters: tuple[tuple[str, str], ...], as_json: bool,
) -> None:  # fmt: skip
    """Ask a model's server about fifteen short questions, and print what it supports.

    \b
    evalkit probe openai/gpt-4o
    evalkit probe my-model --base-url http://localhost:8000/v1
    """
    from evalkit.cli.printing import print_result
    from evalkit.cli.progress import Display
    from evalkit.report.probe import probe

    with Display() as display:
        result = probe(
            model,
            base_url=base_url,
            headers=as_dict(headers),
            timeout=timeout,
            model_parameters=as_dict(model_parameters),
            notify=display.notify,
        )
    print_result(result, as_json)
