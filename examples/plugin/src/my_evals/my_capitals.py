"""Capitals: what is the capital of a country?

What it measures: recall of common facts. Source: general knowledge. Grader: `exact`. IDK originally pays: nothing.
"""

from evalkit import Sample, Task, task

CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo"}


@task
def my_capitals() -> Task:
    """Ask for the capital of a country."""
    samples = [
        Sample(id=country, input=f"What is the capital of {country}?", target=capital)
        for country, capital in CAPITALS.items()
    ]
    return Task(samples=samples, grader="exact")
