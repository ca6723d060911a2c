"""`evalkit wrap`."""

from __future__ import annotations

from pathlib import Path

import click

from evalkit.cli.options import Group, names_option, threshold_option


@click.group("wrap", cls=Group, short_help="Write another harness's tasks with a confidence target.")
def command() -> None:
    """Write tasks of another harness again, with a confidence target in their prompt and three outcomes."""


@command.command("lm-eval")
@names_option("--task", "tasks", metavar="T,…", help="Tasks, groups or tags that lm-eval knows.")
@threshold_option(help="Confidence targets; none leaves the prompt as it is.  [default: none,0.75]")
@click.option("--wording", metavar="W", default="paper", show_default=True, help="How a target is stated.")
@click.option("--metric", default="", metavar="M", help="The metric that is the verdict.  [default: the task's first]")
@click.option(
    "--include-path", "include", type=click.Path(path_type=Path), multiple=True, metavar="DIR",
    help="Task files of your own.",
)  # fmt: skip
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("lm-eval-tasks"), show_default=True, metavar="DIR",
    help="Where the files are written.",
)  # fmt: skip
def lm_eval(
    tasks: list[str], *, thresholds: list[float | None], wording: str, metric: str, include: tuple[Path, ...],
    output: Path,
) -> None:  # fmt: skip
    """Write task files for lm-evaluation-harness that include the originals.

    They keep the originals' data, filters and metrics, state the target before the question, and add the metrics
    outcome, idk and threshold_score. Multiple choice cannot say "I don't know": there an answer is IDK where the
    softmax of the choices gives the best one no more than t, and the task is called NAME_softmax.

    \b
    evalkit wrap lm-eval --task mmlu_pro,gsm8k --threshold none,0.75 -o DIR
    lm_eval --include_path DIR --tasks mmlu_pro_t0.75,gsm8k_t0.75 --log_samples --output_path OUT …
    evalkit rescore OUT
    """
    from evalkit.integrations.lm_eval.files import wrap_tasks

    if not tasks:
        raise click.UsageError("--task names no task, such as --task mmlu_pro,gsm8k")
    wrapped = wrap_tasks(tasks, thresholds or [None, 0.75], output, wording=wording, metric=metric, include=include)
    click.echo(f"written: {len(wrapped.files):,} files in {output}", err=True)
    click.echo(f"lm_eval --include_path {output} --tasks {','.join(wrapped.tasks)} --log_samples --output_path OUT …")
