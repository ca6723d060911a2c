from evalkit import Sample, Task, task


@task
def rivers() -> Task:
    """Ask for the river of a city; graded by the file beside this one."""
    return Task(
        samples=[Sample(id="paris", input="Which river flows through Paris?", target="Seine")], grader="capital.py"
    )
