"""Make an editable install find the kit by a relative line: ASCII, whatever the path.

    python -I .ci/relative_pth.py .venv

pip writes the kit's absolute path, in UTF-8, into a `.pth` file, which Python 3.11
reads in the encoding of the locale: with another script in the path, in another locale,
it doesn't start, or doesn't find the kit. Needs nothing that is installed.
"""

import os
import sys
from pathlib import Path

KIT = Path(__file__).resolve().parent.parent
NAME = "_anomaly_workshop.pth"


def make_relative(environment: Path) -> list[Path]:
    """Rewrite the kit's `.pth` files of a virtual environment; return them.

    On Windows, with the environment on another drive, the line stays as it is.
    """
    found = sorted(environment.resolve().rglob(f"site-packages/{NAME}"))
    for path in found:
        try:
            line = os.path.relpath(KIT, path.parent)
        except ValueError:  # another drive
            continue
        if line.isascii():  # the environment lies elsewhere, and the kit below a name
            path.write_text(line + "\n", encoding="ascii")
    return found


if __name__ == "__main__":
    if not make_relative(Path(sys.argv[1])):
        sys.exit(f"{sys.argv[1]} has no editable install of the kit")
