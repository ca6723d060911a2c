"""Run the notebooks in examples/ and store what they show: `make notebooks`.

python scripts/make_notebook.py [NOTEBOOK …]
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def main() -> None:
    """Run the named notebooks, or all."""
    for path in map(Path, sys.argv[1:]) if sys.argv[1:] else sorted(EXAMPLES.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with TemporaryDirectory() as folder:
            NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # times of this run
            for output in cell.get("outputs", []):
                if "text/html" in (data := output.get("data", {})):
                    data["text/plain"] = "HTML"  # instead of a value's whole representation
        nbformat.write(notebook, path)
        print(f"{path.name}: {len(notebook.cells)} cells")


if __name__ == "__main__":
    main()
