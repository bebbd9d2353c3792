"""The commands `workshop build`, `workshop translate` and `workshop new-lesson`.

They import their tools when they run: an installed kit has the commands, and only a
clone needs jupytext and nbclient.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from helpers.errors import KitError

if TYPE_CHECKING:
    from helpers.authoring.course import Course


def build(
    lessons: Annotated[
        list[str] | None,
        typer.Argument(
            help="Numbers or names, like 03 or 03_imbalanced_data; all if none."
        ),
    ] = None,
    *,
    execute: Annotated[
        bool, typer.Option(help="Run the cells; without, outputs stay as they are.")
    ] = True,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=1, help="Lessons built at once.")
    ] = 1,
    record_times: Annotated[
        bool,
        typer.Option(
            "--record-times", help="Write this machine's run times into the lessons."
        ),
    ] = False,
    keys: Annotated[
        int,
        typer.Option(min=0, help="Keys under which every check is asked; 0 for none."),
    ] = 200,
    lang: Annotated[
        str,
        typer.Option(help="Build the learner's notebooks in this language, like th."),
    ] = "",
) -> None:
    """Build lessons: solutions/NN_slug.py -> executed reference and learner's notebook.

    With `--lang` nothing runs: notebooks/LANG/ gets the lessons named, or all that have
    a catalogue.

    Raises `KitError`: no such lesson, or every problem as `path:line: message`.
    """
    need_tools()
    from helpers.authoring.build import build_lessons
    from helpers.authoring.course import Course

    course = Course.here()
    if lang:
        _translated(course, lang, lessons or [])
        return
    paths = [course.find(name) for name in lessons or []] or course.sources()
    chosen = course.lessons(dict.fromkeys(paths))
    build_lessons(
        course,
        chosen,
        run=execute,
        jobs=jobs,
        record_times=record_times,
        keys=keys,
        report=typer.echo,
    )


def _translated(course: "Course", spoken: str, names: list[str]) -> None:
    from helpers.authoring.translate import build_translated, chosen

    lessons = course.lessons(chosen(course, spoken, names))
    build_translated(course, spoken, lessons, report=typer.echo)


def translate(
    lang: Annotated[str, typer.Argument(help="The language, like th.")],
    lessons: Annotated[
        list[str] | None,
        typer.Argument(help="Numbers or names, like 03; those begun if none."),
    ] = None,
) -> None:
    """Bring a language's catalogues up to date: what is new, fuzzy where it changed.

    Naming a lesson begins it. The catalogues are helpers/translations/LANG/*.po.

    Raises `KitError`: no such lesson or language, a file that is no catalogue.
    """
    need_tools()
    from helpers.authoring.course import Course
    from helpers.authoring.translate import chosen, renew_catalogues

    course = Course.here()
    wanted = course.lessons(chosen(course, lang, lessons or []))
    renew_catalogues(course, lang, wanted, report=typer.echo)


def new_lesson(
    number: Annotated[str, typer.Argument(help="Two digits, or w4 for a workshop.")],
    title: Annotated[str, typer.Argument(help='The title, like "My topic".')],
) -> None:
    """Begin a lesson: a source that passes every check, and its exercise module.

    Raises `KitError` when the number is taken or is none.
    """
    need_tools()
    from helpers.authoring.course import Course
    from helpers.authoring.new_lesson import write_lesson

    written = write_lesson(Course.here(), number, title)
    for path in written:
        typer.echo(f"wrote {path}")
    typer.echo(f"next: workshop build {number}")


def need_tools() -> None:
    """Raise `KitError` where what reads and runs lessons' sources is not installed."""
    try:
        import babel  # noqa: F401
        import jupytext  # noqa: F401
        import nbclient  # noqa: F401
    except ModuleNotFoundError as missing:
        raise KitError(
            f"Building lessons needs {missing.name}: install the kit with [lab,dev]."
        ) from None
