"""The commands `workshop lab`, `fresh` and `test`: the course, in a clone of the kit.

Learners work on copies in `work/`, which git ignores: an update of the kit meets no
file that somebody has changed, and touches nothing that somebody has written.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from helpers.errors import KitError
from helpers.files import write_whole
from helpers.paths import kit_root

WORK, MADE = "work", ".made.json"
_TESTS = (
    "-q -n 2 --dist loadfile --nbval-lax --nbval-current-env --nbval-cell-timeout=300"
)
# two kernels with one thread each finish sooner than one after the other with two
_ONE_THREAD = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


# ------------------------------------------------------------------- copies to work on


def clone_root() -> Path:
    """Return the root of the clone; `KitError` in an installed wheel."""
    root = kit_root()
    if not (root / "notebooks").is_dir():
        raise KitError("This is done in a clone of the kit; here is a wheel of it.")
    return root


def copy_missing(root: Path) -> list[str]:
    """Copy each notebook into `work/` that has no copy yet; return their names.

    Those in another language go to a folder of their own there: "th/00_….ipynb". A
    copy is never overwritten. Raises `KitError` where none can be written.
    """
    missing = {
        name: path for name, path in _originals(root).items() if not _exists(root, name)
    }
    for name in missing:
        _copy(root, name)
    return list(missing)


def renewed(root: Path, wanted: str) -> tuple[Path, Path | None]:
    """Bring a new copy of a notebook ("03", "th/00"); return it, and the old one.

    The old one gets another name. It stays, and None is returned for it, where it is
    what a new one would be. Raises `KitError`: no such notebook, no place to write.
    """
    name = _find(root, wanted)
    copy = root / WORK / name
    if not _exists(root, name):
        _copy(root, name)
        return copy, None
    if copy.is_file() and copy.read_bytes() == _original(root, name).read_bytes():
        return copy, None
    old = _free_name(copy)
    try:
        copy.rename(old)
    except OSError as error:
        raise _unwritable(copy, error) from None
    _copy(root, name)
    return copy, old


def outdated(root: Path) -> list[str]:
    """Return the names of the copies that are older than their notebook."""
    made = _made(root)
    return [
        name
        for name, path in _originals(root).items()
        if made.get(name, "") not in ("", _sha256(path))
    ]


def _originals(root: Path) -> dict[str, Path]:
    """Return the notebooks by name; those in another language by "th/00_….ipynb"."""
    folder = root / "notebooks"
    found = [*sorted(folder.glob("*.ipynb")), *sorted(folder.glob("[a-z]*/*.ipynb"))]
    return {path.relative_to(folder).as_posix(): path for path in found}


def _original(root: Path, name: str) -> Path:
    return root / "notebooks" / name


def _exists(root: Path, name: str) -> bool:
    return os.path.lexists(root / WORK / name)


def _find(root: Path, wanted: str) -> str:
    """Return the name of a notebook that is wanted by its number or its name."""
    stem = Path(wanted).name.removesuffix(".ipynb").lower()
    number = stem.zfill(2) if stem.isdigit() else stem
    originals = _originals(root)
    language = f"{Path(wanted).parent.name}/"
    spoken = [name for name in originals if name.startswith(language)]
    for name in spoken or originals:
        called = originals[name].stem.lower()
        if stem == called or number == called.split("_")[0]:
            return name
    there = ", ".join(name.removesuffix(".ipynb") for name in originals)
    raise KitError(f"There is no notebook {wanted!r}; there are: {there}.")


def _free_name(copy: Path) -> Path:
    number = 1
    while os.path.lexists(found := copy.with_name(f"{copy.stem}.old-{number}.ipynb")):
        number += 1
    return found


def _copy(root: Path, name: str) -> None:
    """Copy a notebook and note which version of it this was."""
    copy = root / WORK / name
    content = _original(root, name).read_bytes()
    made = _made(root) | {name: hashlib.sha256(content).hexdigest()}
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_whole(copy, content)
        write_whole(root / WORK / MADE, json.dumps(made, indent=1).encode())
    except OSError as error:
        raise _unwritable(copy, error) from None


def _unwritable(copy: Path, error: OSError) -> KitError:
    reason = error.strerror or error
    return KitError(
        f"{copy} can't be written ({reason}): clone the kit into a folder of yours."
    )


def _made(root: Path) -> dict[str, str]:
    try:
        made = json.loads((root / WORK / MADE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # nobody's work: only whether it has become old
        return {}
    return made if isinstance(made, dict) else {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ------------------------------------------------------------------------- commands


def lab() -> None:
    """Open the course in JupyterLab, on your own copies in work/."""
    root = clone_root()
    environment = _environment()
    _run(["-m", "helpers.cli", "data", "verify"], root, environment)  # says what is bad
    if made := copy_missing(root):
        typer.echo(f"work/: {len(made)} notebooks copied; what you do there is yours.")
    for name in outdated(root):
        number = name.removesuffix(".ipynb").split("_")[0]
        typer.echo(
            f"work/{name} stays as it is; there is a newer one: workshop fresh {number}"
        )
    # as root (a container), Jupyter wants to be told so
    as_root = ["--allow-root"] if getattr(os, "getuid", lambda: 1)() == 0 else []
    place = [f"--ServerApp.root_dir={root}", f"--LabApp.default_url=/lab/tree/{WORK}/"]
    place[1] += "index.ipynb"
    command = ["-m", "jupyterlab", *as_root, *place]
    raise typer.Exit(_run(command, root, environment))


def fresh(
    notebooks: Annotated[list[str], typer.Argument(help="Numbers or names, like 03.")],
) -> None:
    """Bring a new copy of a notebook into work/; the old one stays, by another name."""
    root = clone_root()
    for wanted in notebooks:
        new, old = renewed(root, wanted)
        kept = f"; your old one is {_from_root(root, old)}" if old else ""
        typer.echo(f"{_from_root(root, new)} is new{kept}")


def _from_root(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def run_tests(
    only: Annotated[
        list[str] | None,
        typer.Argument(help="For pytest; all tests if none."),
    ] = None,
) -> None:
    """Run all tests, and nbval on every solution notebook."""
    one_thread = dict.fromkeys(_ONE_THREAD, "1")
    command = ["-m", "pytest", *_TESTS.split(), *(only or ["tests", "solutions"])]
    raise typer.Exit(_run(command, clone_root(), _environment() | one_thread))


def _run(arguments: list[str], root: Path, environment: dict[str, str]) -> int:
    """Run this Python until it ends; Ctrl-C is for the program that runs."""
    running = subprocess.Popen([sys.executable, *arguments], cwd=root, env=environment)
    while True:
        try:
            return running.wait()
        except KeyboardInterrupt:
            continue


def _environment() -> dict[str, str]:
    """Return the environment, with a home where there is none that can be written.

    Jupyter, IPython and Matplotlib keep files there: a user of a container without a
    home gets one inside the virtual environment, or a temporary one.
    """
    home = os.path.expanduser("~")
    if os.path.isdir(home) and os.access(home, os.W_OK):
        return dict(os.environ)
    place = Path(sys.prefix, "home")
    with contextlib.suppress(OSError):
        place.mkdir(exist_ok=True)
    if not os.access(place, os.W_OK):  # none could be made, or it is another user's
        place = Path(tempfile.mkdtemp(prefix="workshop-home-"))
    typer.echo(f"There is no home folder to write in; {place} is used.", err=True)
    return os.environ | {"HOME": str(place)}
