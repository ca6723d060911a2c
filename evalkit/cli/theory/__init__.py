"""`evalkit theory`."""

from __future__ import annotations

import click

from evalkit.cli.options import Group
from evalkit.cli.theory.bounds import bounds
from evalkit.cli.theory.facts import facts
from evalkit.cli.theory.hardness import hardness
from evalkit.cli.theory.iiv import iiv
from evalkit.cli.theory.ngram import ngram
from evalkit.cli.theory.posttrain import posttrain
from evalkit.cli.theory.train import train


@click.group("theory", cls=Group, short_help="Measure the paper's own quantities on small worlds.")
def command() -> None:
    """Measure the quantities of "Why Language Models Hallucinate" on worlds that are small enough to be exact."""


for each in (bounds, facts, ngram, hardness, iiv, train, posttrain):
    command.add_command(each)
