"""Run notebooks as a learner on Colab has them: the file alone, in an empty folder.

    python tests/run_alone.py notebooks/00_start_here.ipynb ...

Each notebook is copied to an empty folder and run there by this Python's kernel. Its
first cell has to fetch the kit; set WORKSHOP_KIT to a local clone to stand in for the
public address. Exit status 1 when a cell fails.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def run_alone(path: Path) -> list[str]:
    """Run the notebook in an empty folder; return the text of its outputs."""
    notebook = nbformat.read(path, as_version=4)
    # nothing of the checkout may leak in: neither its folder nor its import path
    os.environ.pop("PYTHONPATH", None)
    os.environ["WORKSHOP_RECORD"] = ""
    with tempfile.TemporaryDirectory() as empty:
        nbformat.write(notebook, Path(empty) / path.name)
        NotebookClient(
            notebook, timeout=1200, resources={"metadata": {"path": empty}}
        ).execute()
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in outputs
    ]


def main(paths: list[str]) -> int:
    """Run each notebook; report one line per notebook."""
    failed = 0
    for path in map(Path, paths):
        try:
            outputs = run_alone(path)
        except CellExecutionError as error:
            failed += 1
            print(f"FAIL {path.name}: {error.ename}: {error.evalue}")
        else:
            print(f"OK   {path.name}: {len(outputs)} outputs")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
