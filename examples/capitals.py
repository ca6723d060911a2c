"""Capitals: what is the capital of a country?

What it measures: recall of common facts. Source: general knowledge. IDK originally pays: nothing.
"""

from evalkit import Sample, Task, task

CAPITALS = {"France": "Paris", "Italy": "Rome", "Japan": "Tokyo"}


@task
def capitals(n: int = 3) -> Task:
    """Ask for the capital of a country."""
    samples = [
        Sample(id=country, input=f"What is the capital of {country}?", target=capital)
        for country, capital in list(CAPITALS.items())[:n]
    ]
    return Task(samples=samples, grader="exact")
