"""The source of a lesson: what stands on which line, and every rule it can break."""

import re
from pathlib import Path

import pytest
from authoring_course import LESSON, NAME, lesson_of, line_of
from hypothesis import given
from hypothesis import strategies as st

from helpers.authoring import markdown
from helpers.authoring.problems import LessonError, Problem
from helpers.authoring.rules import problems
from helpers.authoring.source import MARKER


def broken(old, new, *, count=1):
    assert old in LESSON
    return LESSON.replace(old, new, count)


def reported(text, name=NAME):
    return [(p.line, p.message) for p in problems(lesson_of(text, name))]


def test_the_lesson_of_these_tests_keeps_every_rule():
    assert reported(LESSON) == []


CLOSING = "\n\n# %% [markdown]\n# ## Take away"

# each: what to replace, by what, where the problem stands, and words of its message
BREAKS = {
    "an unclosed marker": (
        "    ### END SOLUTION\n",
        "",
        "    ### BEGIN SOLUTION",
        "without an ### END",
    ),
    "a stray end": (
        "    ### BEGIN SOLUTION\n",
        "",
        "    ### END SOLUTION",
        "without a ### BEGIN",
    ),
    "a nested marker": (
        "    return secret_sum",
        "    ### BEGIN SOLUTION\n    return secret_sum",
        "    ### BEGIN SOLUTION\n    return",
        "still open",
    ),
    "a misspelt marker": (
        "    ### BEGIN SOLUTION\n    secret",
        "    # BEGIN SOLUTION\n    secret",
        "    # BEGIN",
        "almost a marker",
    ),
    "a marker in lower case": (
        '### END SOLUTION\n\n# %% tags=["check", "nbval-check-output"]\ncheck("3.2"',
        '### end solution\n\n# %% tags=["check", "nbval-check-output"]\ncheck("3.2"',
        "### end",
        "almost a marker",
    ),
    "markers that cut a statement": (
        "    secret_sum = number + number\n    return secret_sum\n    ### END SOLUTION",
        "    return sum([\n    ### END SOLUTION\n    number, number])",
        "    ### BEGIN SOLUTION",
        "cut a statement",
    ),
    "an empty solution": (
        "secret_step = given\nanswer = secret_step * 2",
        "# answer = 42",
        "### BEGIN SOLUTION\n# answer",
        "without code",
    ),
    "a solution elsewhere": (
        "from types import",
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION\nfrom types import",
        "### BEGIN SOLUTION\nx = 1",
        "outside an exercise",
    ),
    "no solution": (
        "### BEGIN SOLUTION\nsecret_step = given\nanswer = secret_step * 2\n"
        "### END SOLUTION",
        "answer = 42",
        '# %% tags=["exercise"]\n# Exercise 3.2',
        "without a solution",
    ),
    "no check": (
        '# %% tags=["check", "nbval-check-output"]\ncheck("3.1", double)\n',
        "",
        "# Exercise 3.1\ndef",
        "3.1 without a check",
    ),
    "a check too late": (
        '# %% tags=["check", "nbval-check-output"]\ncheck("3.1", double)\n',
        '# %%\nprint(1)\n\n# %% tags=["check"]\ncheck("3.1", double)\n',
        "# Exercise 3.1\ndef",
        "in the next cell",
    ),
    "a check of nothing": (
        "## Take away",
        'Bye.\n\n# %% tags=["check"]\ncheck("3.9", 1)' + CLOSING,
        'check("3.9", 1)',
        "3.9, which this lesson does not have",
    ),
    "a second check": (
        "## Take away",
        'Bye.\n\n# %% tags=["check"]\ncheck("3.2", 42)' + CLOSING,
        'check("3.2", 42)',
        "not in the cell after it",
    ),
    "a check cell without a check": (
        'check("3.2", answer)',
        "print(answer)",
        "print(answer)",
        'ends in check("3.N"',
    ),
    "a check without its tag": (
        "_ = ax.plot",
        'check("3.2", 42)\n_ = ax.plot',
        'check("3.2", 42)',
        'without tags=["check"]',
    ),
    "a duplicate number": (
        "# Exercise 3.2\ngiven",
        "# Exercise 3.1\ngiven",
        "# Exercise 3.1\ngiven",
        "3.1 a second time",
    ),
    "a number of another lesson": (
        "# Exercise 3.2\ngiven",
        "# Exercise 4.2\ngiven",
        "# Exercise 4.2\ngiven",
        "4.2 in a lesson of 3.N",
    ),
    "no number": (
        "# Exercise 3.2\ngiven",
        "given",
        "given = 21",
        "`# Exercise 3.N`",
    ),
    "an exercise without its tag": (
        '# %% tags=["exercise"]\n# Exercise 3.2',
        "# %%\n# Exercise 3.2",
        "# %%\n# Exercise 3.2",
        '3.2 without tags=["exercise"]',
    ),
    "one wrong answer": (
        '# %% tags=["wrong-answer"] exercise="3.2" diagnosis="other"\nanswer = given\n',
        "",
        "# Exercise 3.2\ngiven",
        "has 1 wrong answer; it needs 2",
    ),
    "a wrong answer to nothing": (
        'exercise="3.2" diagnosis="other"',
        'exercise="3.9" diagnosis="other"',
        '# %% tags=["wrong-answer"] exercise="3.9"',
        "3.9, which this lesson does not have",
    ),
    "a wrong answer to a number": (
        'exercise="3.2" diagnosis="other"',
        'exercise=3.2 diagnosis="other"',
        '# %% tags=["wrong-answer"] exercise=3.2',
        'exercise="3.2"',
    ),
    "a wrong answer without diagnosis": (
        'exercise="3.2" diagnosis="other"',
        'exercise="3.2"',
        '# %% tags=["wrong-answer"] exercise="3.2"\nanswer = given\n',
        'diagnosis="leak"',
    ),
    "a diagnosis on no wrong answer": (
        "# %%\nimport matplotlib",
        '# %% diagnosis="other"\nimport matplotlib',
        '# %% diagnosis="other"\nimport',
        "belongs on a cell with",
    ),
    "an unknown tag": (
        'tags=["teacher-note"]',
        'tags=["teachernote"]',
        '# %% [markdown] tags=["teachernote"]',
        "unknown tag 'teachernote'",
    ),
    "a time that another machine must repeat": (
        "# %%\nimport matplotlib",
        '# %% tags=["machine-time", "nbval-check-output"]\nimport matplotlib',
        '# %% tags=["machine-time", "nbval-check-output"]\nimport',
        "'nbval-check-output' can't be there",
    ),
    "a teacher's note that is a list": (
        "# Ask for the zero first.",
        "# - Ask for the zero first.",
        "# - Ask for the zero",
        "begins with a sentence",
    ),
    "a teacher's note with a heading": (
        "# Ask for the zero first.",
        "# Ask for the zero first.\n#\n# ### Later",
        "# ### Later",
        "a heading in a teacher's note",
    ),
    "an image without alt text in a teacher's note": (
        "# Ask for the zero first.",
        "# Ask for the zero first. ![](zero.png)",
        "# Ask for the zero first.",
        "an image without alt text",
    ),
    "misspelt metadata": (
        'tags=["teacher-note"]',
        'tag=["teacher-note"]',
        '# %% [markdown] tag=["teacher-note"]',
        "does not know 'tag'",
    ),
    "tags without quotes": (
        '# %% tags=["wrong-answer"] exercise="3.2" diagnosis="other"',
        '# %% tags=[wrong-answer] exercise="3.2" diagnosis="other"',
        "# %% tags=[wrong-answer]",
        "",
    ),
    "a tag on the wrong kind": (
        '# %% [markdown] tags=["teacher-note"]',
        '# %% tags=["teacher-note"]',
        '# %% tags=["teacher-note"]',
        "is for a markdown cell",
    ),
    "two roles": (
        '# %% tags=["check", "nbval-check-output"]\ncheck("3.2"',
        '# %% tags=["check", "exercise"]\ncheck("3.2"',
        '# %% tags=["check", "exercise"]',
        "more than one role",
    ),
    "a raw cell": (
        '# %% [markdown] tags=["teacher-note"]',
        "# %% [raw]",
        "# %% [raw]",
        "a raw cell",
    ),
    "no Python": (
        "_ = ax.plot([21, 42])",
        "ax.plot([21,",
        "ax.plot([21,",
        "not Python",
    ),
    "a magic": ("_ = ax.plot([21, 42])", "%time 1", "%time 1", "not Python"),
    "no setup cell": (
        '# %% tags=["setup"]\nimport helpers\n\nhelpers.start("03")\n',
        "",
        "# %%\nfrom types",
        'needs tags=["setup"]',
    ),
    "a second setup cell": (
        "## Take away",
        'Bye.\n\n# %% tags=["setup"]\nimport helpers' + CLOSING,
        '# %% tags=["setup"]\nimport helpers\n\n# %% [markdown]',
        "second setup",
    ),
    "a setup cell of another lesson": (
        'helpers.start("03")',
        'helpers.start("04")',
        'import helpers\n\nhelpers.start("04")',
        'helpers.start("03")',
    ),
    "no title": ("# # 03 · Small steps\n", "# Small steps\n", "# %% [mark", "`# 03 · "),
    "a title without its number": (
        "# # 03 · Small",
        "# # Small",
        "# # Small",
        "the title reads",
    ),
    "two titles": ("# ## Doubling", "# # Doubling", "# # Doubling", "second H1"),
    "no row of needs": (
        "# | You need | nothing |\n",
        "",
        "# %% [markdown]",
        "lacks | You need |",
    ),
    "a Time row without minutes": (
        "5 minutes of reading",
        "a while of reading",
        "# %% [markdown]",
        "the Time row",
    ),
    "a Time row with a number": (
        "{run_seconds}",
        "14",
        "# %% [markdown]",
        "the Time row",
    ),
    "a skipped heading level": (
        "# ### Exercise 3.2: a",
        "# ##### Exercise 3.2: a",
        "# ##### Exercise 3.2: a",
        "an H5 under an H3",
    ),
    "no take away": (
        "# ## Take away",
        "# ## The end",
        "# %% [markdown]\n# ## The end",
        "## Take away",
    ),
    "an image without alt text": (
        "![Two dots beside one dot]",
        "![ ]",
        "# ![ ]",
        "alt text",
    ),
    "an HTML image without alt text": (
        "![Two dots beside one dot](dots.png)",
        'Look:\n# <img src="dots.png"\n#   alt="">',
        "# <img src",
        "alt text",
    ),
    "code above the cells": (
        "# A lesson for tests.",
        "import numpy",
        "import numpy",
        "is in no cell",
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_rule_is_reported_with_its_line(case):
    old, new, where, words = BREAKS[case]
    text = broken(old, new)
    found = reported(text)
    lines = {line for line, message in found if words in message}
    assert line_of(text, where) in lines, found


def test_a_file_needs_a_lesson_name():
    wanted = (1, "name the file NN_slug.py, like 03_imbalanced_data.py")
    assert wanted in reported(LESSON, "3-small-steps")


def test_all_problems_come_at_once_in_order_of_lines():
    text = broken("# # 03 · Small", "# # Small")
    text = text.replace("# ## Take away", "# ## The end").replace(
        '"3.2", a', '"3.7", a'
    )
    found = problems(lesson_of(text))
    error = LessonError([*reversed(found), found[0]])
    assert list(error.problems) == found
    assert [p.line for p in found] == sorted(p.line for p in found)
    headline, *lines = str(error).split("\n")
    assert headline == f"{len(found)} problems:"
    assert lines[0] == "solutions/03_small_steps.py:4: the title reads `# 03 · ...`"
    assert len(found) >= 4


def test_one_problem_is_not_called_problems():
    assert str(LessonError([Problem("a.py", 3, "odd")])) == "1 problem:\na.py:3: odd"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("x = 1\n", 1),
        ("", 1),
        ('# %% [markdown]\n# Hi\n\n# %%\nx = """\n# %%\n"""\n', 1),
        ('# %%\nx = 1\n\n# %% tags="setup"\nx = 2\n', 4),
        ('# %%\nx = 1\n\n# %% tags=["check", "check"]\nx = 2\n', 4),
    ],
)
def test_a_text_that_gives_no_cells_is_refused(text, line):
    with pytest.raises(LessonError) as caught:
        lesson_of(text)
    assert [p.line for p in caught.value.problems] == [line]


@given(st.data())
def test_every_cell_knows_its_line_whatever_stands_between(data):
    lines = LESSON.split("\n")
    starts = [i for i, line in enumerate(lines) if MARKER.match(line)]
    for start in reversed(starts):
        above = data.draw(st.integers(0, 3), label="blank lines above")
        below = data.draw(st.integers(0, 2), label="blank lines below")
        lines[start : start + 1] = [""] * above + [lines[start]] + [""] * below
    text = "\n".join(lines)
    lesson = lesson_of(text)
    original = lesson_of()
    assert [c.source for c in lesson.cells] == [c.source for c in original.cells]
    for cell in lesson.cells:
        first = cell.source.split("\n")[0]
        commented = f"# {first}" if cell.kind == "markdown" else first
        assert lines[cell.first_line - 1] == commented
        assert MARKER.match(lines[cell.line - 1])
    assert problems(lesson) == []


def test_the_guides_own_example_keeps_the_rules():
    guide = Path(__file__).parent.parent / "docs" / "writing-lessons.md"
    opening, exercise, *_ = re.findall(
        r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL
    )
    part = "\n# %% [markdown]\n# ## A part\n\n"
    text = opening + part + exercise + part.replace("A part", "Take away")
    assert reported(text, "13_my_topic") == []


def test_code_in_markdown_is_no_heading_image_or_link():
    text = "# Top\n\n```\n# not a heading ![](x)\n```\n\n`![](y)` and `[a](b)` [c](d)\n"
    assert [h.text for h in markdown.headings(text)] == ["Top"]
    assert markdown.images_without_alt(text) == []
    assert [target for _, target in markdown.links(text)] == ["d"]


def test_headings_keep_their_code():
    assert markdown.headings("## Use `fit` #\n")[0].text == "Use `fit`"


def test_links_of_every_spelling_are_found():
    text = '[a](one.md "t") <a href="two.md"> ![x](<three.png>)\n\n[r]: four.md\n'
    targets = {target for _, target in markdown.links(text)}
    assert targets == {"one.md", "two.md", "three.png", "four.md"}
