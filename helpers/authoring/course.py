"""Where a course keeps its parts, and the two facts about it that notebooks carry."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from helpers.authoring.problems import LessonError, Problem
from helpers.authoring.source import Lesson, read_lesson
from helpers.errors import KitError
from helpers.paths import kit_root


@dataclass(frozen=True)
class Course:
    """A checkout of the kit; `root` is the folder with `pyproject.toml`."""

    root: Path

    @classmethod
    def here(cls) -> "Course":
        """Return the checkout that this code runs from.

        Raises `KitError` in an installed wheel, which has nothing to build.
        """
        root = kit_root()
        if not (root / "pyproject.toml").is_file():
            raise KitError(
                "Lessons are built in a clone of the kit; this is a wheel of it."
            )
        return cls(root)

    @property
    def solutions(self) -> Path:
        """The folder of the sources and their executed references."""
        return self.root / "solutions"

    @property
    def notebooks(self) -> Path:
        """The folder of the learner's notebooks."""
        return self.root / "notebooks"

    @property
    def run_times(self) -> Path:
        """The file of measured run times."""
        return self.solutions / "run_times.toml"

    @property
    def readme(self) -> Path:
        """The README, which shows the course map."""
        return self.root / "README.md"

    @property
    def index(self) -> Path:
        """The notebook with the course map: the door that `make lab` opens."""
        return self.notebooks / "index.ipynb"

    @cached_property
    def _pyproject(self) -> dict:
        text = (self.root / "pyproject.toml").read_text(encoding="utf-8")
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise KitError(f"pyproject.toml is no valid TOML: {error}.") from None

    @property
    def version(self) -> str:
        """The kit's version; its tag is `v` and this."""
        return self._pyproject["project"]["version"]

    @property
    def repository(self) -> str:
        """The kit's public address; empty while nobody has published it."""
        return self._pyproject.get("tool", {}).get("workshop", {}).get("repository", "")

    @property
    def files_address(self) -> str:
        """Where the files of this version are read; empty while nobody published it."""
        return files_address(self.repository, self.version)

    def reference(self, lesson: Lesson) -> Path:
        """Return where a lesson's executed reference lies."""
        return self.solutions / f"{lesson.name}.ipynb"

    def learner(self, lesson: Lesson) -> Path:
        """Return where a lesson's notebook for learners lies."""
        return self.notebooks / f"{lesson.name}.ipynb"

    def label(self, path: Path) -> str:
        """Return a path as messages show it: relative to the root, with `/`."""
        return path.relative_to(self.root).as_posix()

    def sources(self) -> list[Path]:
        """Return the lesson sources in order; workshops (w1, w2) follow the lessons."""
        return sorted(self.solutions.glob("*.py"))

    def lessons(self, paths: Iterable[Path] | None = None) -> list[Lesson]:
        """Return the lessons in `paths`; all of them, in order, without it.

        Raises `LessonError` with every source that cannot be split into cells.
        """
        read: list[Lesson] = []
        problems: list[Problem] = []
        for path in self.sources() if paths is None else paths:
            try:
                read.append(read_lesson(path, label=self.label(path)))
            except LessonError as error:
                problems += error.problems
        if problems:
            raise LessonError(problems)
        return read

    def find(self, wanted: str) -> Path:
        """Return the source of a lesson given as "03", "3", "w1" or its file's name.

        Raises `KitError`, which lists the lessons there are.
        """
        stem = Path(wanted).name.removesuffix(".py").removesuffix(".ipynb").lower()
        number = stem.zfill(2) if stem.isdigit() else stem
        for path in self.sources():
            if path.stem.lower() == stem or path.stem.split("_")[0] == number:
                return path
        there = ", ".join(path.stem for path in self.sources()) or "none yet"
        raise KitError(f"There is no lesson {wanted!r}; there are: {there}.")

    def one_number_each(self) -> None:
        """Raise `LessonError` when two sources have one lesson number."""
        seen: dict[str, Path] = {}
        problems = []
        for path in self.sources():
            number = path.stem.split("_")[0]
            first = seen.setdefault(number, path)
            if first != path:
                message = f"lesson number {number} is taken by {self.label(first)}"
                problems.append(Problem(self.label(path), 1, message))
        if problems:
            raise LessonError(problems)


def files_address(repository: str, version: str) -> str:
    """Return where the files of a version are read; "" without a public address."""
    base = repository.rstrip("/")
    return f"{base}/blob/v{version}" if base else ""
