"""The rules a lesson's source keeps; breaking one is a `Problem` with file and line.

Each rule is a small generator over one lesson. `problems` runs them all, so that an
author reads every problem at once.
"""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from helpers.authoring import markdown
from helpers.authoring.blanks import BEGIN, END, blank, solution_blocks
from helpers.authoring.problems import Problem
from helpers.authoring.source import (
    COMPARED,
    LESSON_NAME,
    MACHINE_TIME,
    ROLES,
    RUN_SECONDS,
    TAGS,
    Cell,
    Lesson,
    exercise_number,
    is_check_call,
    parsed,
    table_row,
)
from helpers.text import count

WRONG_ANSWERS_PER_EXERCISE = 2
TAKE_AWAY = "Take away"
_NO_SENTENCE = re.compile(r"[#>|]|[-*+] |\d+[.)] |```|\$\$|!\[")
_METADATA = {"tags", "exercise", "diagnosis"}

Rule = Callable[[Lesson], Iterator[Problem]]


def problems(lesson: Lesson) -> list[Problem]:
    """Return everything that is wrong with a lesson's source, in order of lines."""
    return sorted({problem for rule in RULES for problem in rule(lesson)})


def setup_source(lesson: Lesson) -> str:
    """Return what the source of a lesson's setup cell must be."""
    return f'import helpers\n\nhelpers.start("{lesson.number}")'


# -- the file and its cells ------------------------------------------------------------


def file_name(lesson: Lesson) -> Iterator[Problem]:
    """The file is called `NN_slug.py`; nothing but comments stands above the cells."""
    if not LESSON_NAME.fullmatch(lesson.name):
        yield lesson.problem(1, "name the file NN_slug.py, like 03_imbalanced_data.py")
    for line, text in enumerate(lesson.preamble.splitlines(), start=1):
        if text.strip() and not text.startswith("#"):
            yield lesson.problem(line, "code above the first `# %%` is in no cell")


def cell_metadata(lesson: Lesson) -> Iterator[Problem]:
    """Cells are code or markdown and carry only metadata that the build knows."""
    for cell in lesson.cells:
        if cell.kind not in ("code", "markdown"):
            yield lesson.problem(cell.line, f"a {cell.kind} cell: use code or markdown")
        for key in sorted(set(cell.metadata) - _METADATA):
            shown = cell.metadata[key] if key == "title" else key
            yield lesson.problem(cell.line, f"the build does not know {shown!r} here")
        for key in sorted({"exercise", "diagnosis"} & set(cell.metadata)):
            if cell.role != "wrong-answer":
                message = f'{key}= belongs on a cell with tags=["wrong-answer"]'
                yield lesson.problem(cell.line, message)


def cell_tags(lesson: Lesson) -> Iterator[Problem]:
    """Tags are known, stand on the right kind of cell, and give it one role."""
    for cell in lesson.cells:
        for tag in cell.tags:
            if tag not in TAGS:
                known = ", ".join(TAGS)
                yield lesson.problem(
                    cell.line, f"unknown tag {tag!r}; there are: {known}"
                )
            elif TAGS[tag] != cell.kind:
                message = f"the tag {tag!r} is for a {TAGS[tag]} cell"
                yield lesson.problem(cell.line, message)
        if len(set(cell.tags) & set(ROLES)) > 1:
            yield lesson.problem(
                cell.line, "more than one role: " + ", ".join(cell.tags)
            )


def times_are_not_compared(lesson: Lesson) -> Iterator[Problem]:
    """A cell that shows this machine's time is no cell that another must repeat."""
    for cell in lesson.cells:
        if {COMPARED, MACHINE_TIME} <= set(cell.tags):
            message = f"{MACHINE_TIME!r} differs elsewhere: {COMPARED!r} can't be there"
            yield lesson.problem(cell.line, message)


def code_parses(lesson: Lesson) -> Iterator[Problem]:
    """Code cells are plain Python: no magics, no shell, no unfinished statements."""
    for cell in _code(lesson):
        try:
            ast.parse(cell.source)
        except SyntaxError as error:
            line = cell.first_line + (error.lineno or 1) - 1
            yield lesson.problem(line, f"not Python: {error.msg}")


def one_setup_cell(lesson: Lesson) -> Iterator[Problem]:
    """The first code cell, and no other, is the setup cell; the build writes it out."""
    setups = lesson.having("setup")
    first = next(iter(_code(lesson)), lesson.cells[0])
    if first not in setups[:1]:
        yield lesson.problem(first.line, 'the first code cell needs tags=["setup"]')
    for cell in setups[1:]:
        yield lesson.problem(cell.line, "a second setup cell")
    for cell in setups[:1]:
        written = [line for line in cell.source.splitlines() if line.strip()]
        if written != setup_source(lesson).split("\n\n"):
            lines = ", then ".join(setup_source(lesson).split("\n\n"))
            yield lesson.problem(cell.first_line, f"the setup cell reads: {lines}")


# -- exercises -------------------------------------------------------------------------


def solution_markers(lesson: Lesson) -> Iterator[Problem]:
    """Solutions are marked in exercise cells, every one, whole, and nowhere else."""
    for cell in _code(lesson):
        blocks, faults = solution_blocks(cell.source)
        for index, message in faults:
            yield lesson.problem(cell.first_line + index, message)
        if cell.role == "exercise" and not blocks and not faults:
            message = f"an exercise without a solution between {BEGIN} and {END}"
            yield lesson.problem(cell.line, message)
        if cell.role != "exercise":
            for block in blocks:
                line = cell.first_line + block.begin
                yield lesson.problem(line, "a solution outside an exercise cell")


def solution_content(lesson: Lesson) -> Iterator[Problem]:
    """A solution holds code, and taking it out leaves Python."""
    for cell in lesson.having("exercise"):
        blocks, faults = solution_blocks(cell.source)
        if faults or parsed(cell.source) is None:
            continue
        lines = cell.source.split("\n")
        for block in blocks:
            solution = lines[block.begin + 1 : block.end]
            if not any(line.strip() and line.strip()[0] != "#" for line in solution):
                line = cell.first_line + block.begin
                yield lesson.problem(line, "a solution without code")
        if not _leaves_python(cell.source):
            message = "the markers cut a statement in two"
            yield lesson.problem(cell.first_line + blocks[0].begin, message)


def exercise_numbers(lesson: Lesson) -> Iterator[Problem]:
    """Exercise cells begin with `# Exercise 3.2`: this lesson's numbers, each once."""
    seen: set[str] = set()
    for cell in _code(lesson):
        number = exercise_number(cell.source)
        if cell.role == "exercise" and number is None:
            message = f"the first line must be `# Exercise {lesson.exercise_prefix}.N`"
            yield lesson.problem(cell.first_line, message)
        if cell.role is None and number is not None:
            message = f'exercise {number} without tags=["exercise"]'
            yield lesson.problem(cell.line, message)
        if cell.role != "exercise" or number is None:
            continue
        prefix, _, count = number.partition(".")
        if prefix != lesson.exercise_prefix or not count.isdigit():
            message = f"exercise {number} in a lesson of {lesson.exercise_prefix}.N"
            yield lesson.problem(cell.first_line, message)
        if number in seen:
            yield lesson.problem(cell.first_line, f"exercise {number} a second time")
        seen.add(number)


def checks(lesson: Lesson) -> Iterator[Problem]:
    """Each exercise has one check, in the code cell after it."""
    used = []
    for cell in lesson.having("exercise"):
        check = lesson.check_of(cell)
        used.append(check)
        if check is None and cell.exercise:
            call = f'check("{cell.exercise}", ...)'
            message = (
                f"exercise {cell.exercise} without a check: {call} in the next cell"
            )
            yield lesson.problem(cell.first_line, message)
    for cell in lesson.having("check"):
        if parsed(cell.source) is not None and cell not in used:
            yield lesson.problem(cell.first_line, _check_fault(lesson, cell))


def _check_fault(lesson: Lesson, cell: Cell) -> str:
    known = {exercise.exercise for exercise in lesson.having("exercise")}
    if cell.exercise is None:
        return f'a check cell ends in check("{lesson.exercise_prefix}.N", ...)'
    if cell.exercise not in known:
        return f"a check of exercise {cell.exercise}, which this lesson does not have"
    return f"this check of exercise {cell.exercise} is not in the cell after it"


def checks_are_tagged(lesson: Lesson) -> Iterator[Problem]:
    """Only cells tagged as checks call `check`."""
    for cell in _code(lesson):
        if cell.role in ("check", "wrong-answer"):
            continue
        tree = parsed(cell.source)
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Call) and is_check_call(node):
                line = cell.first_line + node.lineno - 1
                yield lesson.problem(line, 'calls check() without tags=["check"]')


def wrong_answers(lesson: Lesson) -> Iterator[Problem]:
    """Each exercise has wrong answers, and each says which mistake it makes."""
    exercises = lesson.having("exercise")
    for cell in exercises:
        there = len(lesson.wrong_answers(cell))
        if cell.exercise and there < WRONG_ANSWERS_PER_EXERCISE:
            message = f"exercise {cell.exercise} has {count(there, 'wrong answer')}"
            need = f"{message}; it needs {WRONG_ANSWERS_PER_EXERCISE}"
            yield lesson.problem(cell.first_line, need)
    known = {cell.exercise for cell in exercises}
    for cell in lesson.having("wrong-answer"):
        if cell.exercise is None:
            message = 'a wrong answer names its exercise: exercise="3.2"'
            yield lesson.problem(cell.line, message)
        elif cell.exercise not in known:
            message = (
                f"a wrong answer to {cell.exercise}, which this lesson does not have"
            )
            yield lesson.problem(cell.line, message)
        diagnosis = cell.metadata.get("diagnosis")
        if not (isinstance(diagnosis, str) and diagnosis.strip()):
            message = 'a wrong answer names its mistake: diagnosis="leak"'
            yield lesson.problem(cell.line, message)


# -- prose -----------------------------------------------------------------------------


def title(lesson: Lesson) -> Iterator[Problem]:
    """The first cell opens with the one H1, `# NN · Title`."""
    tops = [(cell, h) for cell, h in _headings(lesson) if h.level == 1]
    opening = lesson.cells[0]
    if not tops or tops[0][0] is not opening:
        message = f"the first cell opens with the title, `# {lesson.number} · ...`"
        yield lesson.problem(opening.line, message)
    for cell, heading in tops[1:]:
        line = cell.line_of(heading.offset)
        yield lesson.problem(line, "a second H1: a lesson has one title")
    for cell, heading in tops[:1]:
        if not heading.text.startswith(f"{lesson.number} · "):
            line = cell.line_of(heading.offset)
            yield lesson.problem(line, f"the title reads `# {lesson.number} · ...`")


def title_table(lesson: Lesson) -> Iterator[Problem]:
    """Under the title a table says what one will be able to do, needs, and how long."""
    opening = lesson.cells[0]
    for row in ("You will be able to", "You need", "Time"):
        if not table_row(opening.source, row):
            yield lesson.problem(opening.line, f"the title table lacks | {row} | ... |")
    time = table_row(opening.source, "Time")
    if time and not (re.search(r"\d+ minutes", time) and RUN_SECONDS in time):
        wanted = (
            f"60 minutes of reading and doing; the cells run in {RUN_SECONDS} seconds"
        )
        yield lesson.problem(opening.line, f"the Time row reads like: {wanted}")


def heading_levels(lesson: Lesson) -> Iterator[Problem]:
    """No heading level is skipped on the way down."""
    for (_, above), (cell, heading) in pairwise(_headings(lesson)):
        if heading.level > above.level + 1:
            line = cell.line_of(heading.offset)
            message = f"an H{heading.level} under an H{above.level}: a level is skipped"
            yield lesson.problem(line, message)


def take_away(lesson: Lesson) -> Iterator[Problem]:
    """The lesson ends in what to take away."""
    found = [h for _, h in _headings(lesson) if h.text == TAKE_AWAY and h.level == 2]
    if not found:
        last = lesson.cells[-1]
        yield lesson.problem(last.line, f"the lesson closes with `## {TAKE_AWAY}`")


def alt_texts(lesson: Lesson) -> Iterator[Problem]:
    """Every image in prose has alt text."""
    for cell in _prose(lesson):
        for offset in markdown.images_without_alt(cell.source):
            message = "an image without alt text: say in a sentence what it shows"
            yield lesson.problem(cell.line_of(offset), message)


def teacher_notes(lesson: Lesson) -> Iterator[Problem]:
    """A teacher's note begins with a sentence, has no heading, and is not empty.

    The build sets "For the teacher." in front of its first line.
    """
    for cell in lesson.having("teacher-note"):
        if not cell.source or _NO_SENTENCE.match(cell.source):
            message = "a teacher's note begins with a sentence, behind a label"
            yield lesson.problem(cell.first_line, message)
        for heading in markdown.headings(cell.source):
            line = cell.line_of(heading.offset)
            yield lesson.problem(line, "a heading in a teacher's note")


RULES: tuple[Rule, ...] = (
    file_name,
    cell_metadata,
    cell_tags,
    times_are_not_compared,
    code_parses,
    one_setup_cell,
    solution_markers,
    solution_content,
    exercise_numbers,
    checks,
    checks_are_tagged,
    wrong_answers,
    title,
    title_table,
    heading_levels,
    take_away,
    alt_texts,
    teacher_notes,
)


def _code(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.kind == "code"]


def _prose(lesson: Lesson) -> list[Cell]:
    return [cell for cell in lesson.cells if cell.kind == "markdown"]


def _headings(lesson: Lesson) -> list[tuple[Cell, markdown.Heading]]:
    """Return what a learner sees: a teacher's note may have no headings."""
    return [
        (cell, heading)
        for cell in _prose(lesson)
        if cell.role != "teacher-note"
        for heading in markdown.headings(cell.source)
    ]


def _leaves_python(source: str) -> bool:
    try:
        return parsed(blank(source, "")) is not None
    except SyntaxError:
        return False
