"""The kit as a class gets it: a tree without the teacher's part, and its wheel.

The teacher's rooms (authoring, grading) and the lesson sources stay home; in place of
the checks stand the released ones.
"""

import ast
import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from helpers.authoring.course import Course
from helpers.grading.release.program import RUNTIME
from helpers.grading.release.rewriting import Released
from helpers.translations.spoken import FILE, TOKEN

_ROOMS = ("helpers/authoring/", "helpers/grading/", "helpers/exercises/")
_GOES_OUT = {  # of the teacher's rooms
    "helpers/grading/__init__.py",
    "helpers/grading/plain.py",
    "helpers/grading/recorded.py",
    "helpers/exercises/__init__.py",
    *(f"helpers/exercises/{name}.py" for name in RUNTIME),
}
_STAYS_HOME = re.compile(r"helpers\.(authoring|grading)\b")


def write_tree(course: Course, modules: dict[str, Released], folder: Path) -> None:
    """Write the stripped kit into an empty folder."""
    for place, content in sorted(_files(course, modules)):
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _files(course: Course, modules: dict[str, Released]) -> Iterator[tuple[str, bytes]]:
    told = _texts(course, modules)
    for path in sorted(course.root.glob("helpers/**/*")):
        place = path.relative_to(course.root).as_posix()
        if path.is_file() and _may_go(place):
            content = path.read_bytes()
            yield place, _said_of(content, told) if _is_said(place) else content
    for path in sorted(course.root.glob("datasets/**/*")):
        if path.is_file():
            yield path.relative_to(course.root).as_posix(), path.read_bytes()
    yield "helpers/cli.py", _without_teachers_commands(course).encode()
    yield "pyproject.toml", _project(course).encode()
    for name in ("LICENSE", "LICENSE-TEXT.md"):
        yield name, (course.root / name).read_bytes()
    for name, module in modules.items():
        yield f"helpers/exercises/{name}.py", module.code.encode()
        yield f"helpers/exercises/{name}.json", module.data.encode()


def _may_go(place: str) -> bool:
    if "__pycache__" in place or place == "helpers/cli.py":
        return False
    if place.endswith((".pyc", ".po")):
        return False
    return not place.startswith(_ROOMS) or place in _GOES_OUT


def _is_said(place: str) -> bool:
    return place.startswith("helpers/translations/") and place.endswith(FILE)


def _said_of(messages: bytes, told: str) -> bytes:
    """Return the translated messages of which this kit has the English.

    The others are of checks that stay with the teacher.
    """
    said = {
        text: translation
        for text, translation in json.loads(messages).items()
        if all(part.strip() in told for part in TOKEN.split(text))
    }
    return (json.dumps(said, ensure_ascii=False, indent=0) + "\n").encode()


def _texts(course: Course, modules: dict[str, Released]) -> str:
    """Return every text that the kit of a class can show, as it is shown."""
    code = [module.code for module in modules.values()]
    code += [
        path.read_text(encoding="utf-8")
        for path in course.root.glob("helpers/**/*.py")
        if _may_go(path.relative_to(course.root).as_posix())
    ]
    nodes = chain.from_iterable(ast.walk(ast.parse(each)) for each in code)
    texts = [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for module in modules.values():
        texts += _strings(json.loads(module.data or "null"))
    return "\n".join(texts)


def _strings(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for each in chain(data, data.values()):
            yield from _strings(each)
    elif isinstance(data, list):
        for each in data:
            yield from _strings(each)


def _without_teachers_commands(course: Course) -> str:
    """Return the command line without what it imports from the teacher's rooms."""
    text = (course.root / "helpers/cli.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    gone = [
        each
        for each in tree.body
        if isinstance(each, ast.ImportFrom) and _STAYS_HOME.match(str(each.module))
    ]
    names = {a.asname or a.name for each in gone for a in each.names}
    kept = [each for each in tree.body if each not in gone and not _uses(each, names)]
    return ast.unparse(ast.Module(kept, [])) + "\n"


def _uses(statement: ast.stmt, names: set[str]) -> bool:
    walked = ast.walk(statement)
    return any(isinstance(each, ast.Name) and each.id in names for each in walked)


def _project(course: Course) -> str:
    """Return pyproject.toml as far as the wheel needs it: no sources, no dev extras."""
    text = (course.root / "pyproject.toml").read_text(encoding="utf-8")
    text = text.split("\n[tool.ruff]")[0] + "\n"
    text = re.sub(
        r"^(dev|bench) = \[.*?^\]\n|^bench = .*\n", "", text, flags=re.M | re.S
    )
    text = text.replace(', "solutions"]', "]")
    return "".join(
        line
        for line in text.splitlines(keepends=True)
        if not line.startswith(('"solutions"', "#"))
    )


def built_wheel(tree: Path, folder: Path) -> Path:
    """Return the wheel of a tree, written into `folder`: same tree, same bytes."""
    from hatchling.builders.wheel import WheelBuilder

    (wheel,) = WheelBuilder(str(tree)).build(
        directory=str(folder), versions=["standard"]
    )
    return Path(wheel)
