"""Notebooks and archives as learners, platforms and attackers make them."""

import copy
import functools
import io
import json
import zipfile

from helpers.paths import kit_root

NOON = (2026, 3, 1, 12, 0, 0)


@functools.cache
def _released(lesson):
    (path,) = (kit_root() / "notebooks").glob(f"{lesson.lower()}_*.ipynb")
    return json.loads(path.read_text(encoding="utf-8"))


def notebook(lesson="03", answers=None, extra=()):
    """Return a lesson's notebook as a dict; `answers` maps a number to its source.

    `extra` are (id of the cell above, source) of further code cells.
    """
    made = copy.deepcopy(_released(lesson))
    for number, source in (answers or {}).items():
        cell_of(made, exercise(number))["source"] = source
    for above, source in extra:
        place = made["cells"].index(cell_of(made, above))
        made["cells"].insert(place + 1, code(source))
    return made


def exercise(number):
    return f"exercise-{number.replace('.', '-').lower()}"


def cell_of(made, name):
    return next(cell for cell in made["cells"] if cell.get("id") == name)


def code(source, **more):
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": source}
    return cell | {"execution_count": None} | more


def as_bytes(made):
    return json.dumps(made, ensure_ascii=False, indent=1).encode()


def solved(mark="1", lesson="03"):
    """Return the bytes of a notebook in which every exercise sets `mark`."""
    made = notebook(lesson)
    for cell in made["cells"]:
        if str(cell.get("id")).startswith("exercise-"):
            first = "".join(cell["source"]).splitlines()[0]
            cell["source"] = f"{first}\nmark = {mark}"
    return as_bytes(made)


def archive(files, time=NOON):
    """Return the bytes of a zip; `files` are (name or ZipInfo, bytes)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files:
            info = name
            if isinstance(name, str):
                info = zipfile.ZipInfo(name, time)
                info.compress_type = zipfile.ZIP_DEFLATED
            out.writestr(info, data)
    return packed.getvalue()


def put(folder, files):
    """Write `files`, a dict from a name below `folder` to bytes; return `folder`."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder
