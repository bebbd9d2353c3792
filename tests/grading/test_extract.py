"""Of every notebook: its exercises, the learner's own code, and what was odd."""

import copy

import nbformat
import pytest
from notebook_files import as_bytes, cell_of, code, exercise, notebook

from helpers.grading.cells import MOST_CELLS, Cell, cells_of
from helpers.grading.extract import (
    extract,
    lessons,
    lessons_in,
    released,
    released_of,
)
from helpers.grading.magics import plain_python
from helpers.paths import kit_root


def extracted(made, lesson="03"):
    return extract(cells_of(as_bytes(made))[0], released(lesson))


def right(number="3.3", value=7):
    return f"# Exercise {number}\nthreshold = {value}"


# -- the released notebook -------------------------------------------------------------


@pytest.mark.parametrize("lesson", list(lessons()))
def test_a_released_notebook_has_its_blanks_and_nothing_of_its_own(lesson):
    made = notebook(lesson)
    found = extracted(made, lesson)
    blanks = {
        cell["id"]: "".join(cell["source"])
        for cell in made["cells"]
        if cell["id"].startswith("exercise-")
    }
    assert {exercise(n): s for n, s in found.exercises.items()} == blanks
    assert (found.own, found.remarks) == ([], [])
    assert lessons_in(cells_of(as_bytes(made))[0]) == [lesson]


def test_every_exercise_knows_the_names_that_it_answers():
    for lesson in lessons():
        for number, names in released(lesson).answers.items():
            assert names, number


# -- finding exercises -----------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        "# Exercise 3.3",
        "#Exercise 3.3:",
        "#  exercise 3.3 ",
        "\n\n  # EXERCISE 3.3 - my answer",
        "## Exercise: 3.3",
        "# Exercise 3,3",
        "# Exercise 3 . 3",
        "# Exercise 03.3",
    ],
)
def test_a_marker_is_found_in_any_spelling(first):
    made = notebook(answers={"3.3": f"{first}\nthreshold = 7"})
    cell_of(made, exercise("3.3")).pop("id")
    assert "threshold = 7" in extracted(made).exercises["3.3"]


def test_a_cell_without_its_marker_is_found_by_its_id():
    made = notebook(answers={"3.3": "threshold = 7"})
    assert extracted(made).exercises["3.3"] == "threshold = 7"


def test_a_marker_says_more_than_an_id():
    made = notebook(answers={"3.2": right(), "3.3": "# Exercise 3.2\nmodel = 1"})
    found = extracted(made).exercises
    assert found["3.3"] == right()
    assert found["3.2"] == "# Exercise 3.2\nmodel = 1"


def test_of_two_filled_cells_the_last_counts_and_a_remark_says_so():
    made = notebook(
        answers={"3.3": right(value=1)}, extra=[("check-3-3", right(value=2))]
    )
    found = extracted(made)
    assert found.exercises["3.3"] == right(value=2)
    assert found.own == [right(value=1)]
    assert any("3.3" in remark and "2 cells" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    "blank",
    [
        "# Exercise 3.3\nthreshold = ...  # YOUR CODE HERE",
        "# Exercise 3.3\n\nthreshold=...\n",
        "# Exercise 3.3",
        "# Exercise 3.3\n# I don't know",
    ],
)
def test_a_copy_left_blank_is_not_the_last(blank):
    made = notebook(answers={"3.3": right()}, extra=[("check-3-3", blank)])
    found = extracted(made)
    assert found.exercises["3.3"] == right()
    assert (found.own, found.remarks) == ([], [])


def test_an_exercise_that_is_not_there_has_no_entry():
    made = notebook()
    made["cells"].remove(cell_of(made, exercise("3.3")))
    assert set(extracted(made).exercises) == {"3.1", "3.2", "3.4"}


def test_two_exercises_in_one_cell_are_told_apart():
    last = "# Exercise 3.4\ndef corrected(p, share):\n    return p"
    both = f"import os\n{right()}\n\n{last}"
    made = notebook(answers={"3.3": both})
    made["cells"].remove(cell_of(made, exercise("3.4")))
    found = extracted(made)
    assert found.exercises["3.3"].startswith("import os\n# Exercise 3.3")
    assert "corrected" not in found.exercises["3.3"]
    assert found.exercises["3.4"].startswith("# Exercise 3.4\ndef corrected")
    assert any("one cell" in remark for remark in found.remarks)


def test_a_marker_within_a_block_does_not_cut_it():
    both = "# Exercise 3.3\nif True:\n    # Exercise 3.4\n    threshold = 7"
    found = extracted(notebook(answers={"3.3": both}))
    assert found.exercises["3.3"] == both


def test_marker_and_id_gone_the_cell_above_the_check_is_taken():
    made = notebook(
        answers={"3.3": "threshold = 7"}, extra=[("setup", "threshold = 1")]
    )
    cell_of(made, exercise("3.3")).pop("id")
    found = extracted(made)
    assert found.exercises["3.3"] == "threshold = 7"
    assert found.own == ["threshold = 1"]
    assert any("3.3" in remark for remark in found.remarks)


def test_an_answer_in_a_new_cell_below_the_blank_is_taken():
    made = notebook(extra=[(exercise("3.3"), "threshold = 7")])
    found = extracted(made)
    assert found.exercises["3.3"] == "threshold = 7"
    assert found.own == []
    assert any("3.3" in remark for remark in found.remarks)


def test_an_answer_in_several_cells_is_taken_whole():
    made = notebook(
        answers={"3.1": "# Exercise 3.1\nlazy_accuracy = 1"},
        extra=[(exercise("3.1"), "constant_ap = 2"), (exercise("3.1"), "note = 3")],
    )
    found = extracted(made)
    assert found.exercises["3.1"] == (
        "# Exercise 3.1\nlazy_accuracy = 1\n\nconstant_ap = 2"
    )
    assert found.own == ["note = 3"]
    assert any("3.1" in remark for remark in found.remarks)


def test_of_drafts_below_the_blank_the_last_above_the_check_is_taken():
    below = ["print('done')", "threshold = 2", "threshold = 1"]
    made = notebook(extra=[(exercise("3.3"), source) for source in below])
    found = extracted(made)
    assert found.exercises["3.3"] == "threshold = 2"
    assert found.own == ["threshold = 1", "print('done')"]


def test_an_answer_in_several_cells_below_the_blank_is_taken_whole():
    below = ["constant_ap = 2", "note = 3", "lazy_accuracy = 1"]
    made = notebook(extra=[(exercise("3.1"), source) for source in below])
    found = extracted(made)
    assert found.exercises["3.1"] == "lazy_accuracy = 1\n\nconstant_ap = 2"
    assert found.own == ["note = 3"]
    assert any("those that set" in remark for remark in found.remarks)


def test_an_answer_that_may_stand_in_either_of_two_cells_is_not_guessed():
    made = notebook(extra=[("setup", "threshold = 1"), ("check-3-4", "threshold = 2")])
    made["cells"].remove(cell_of(made, exercise("3.3")))
    made["cells"].remove(cell_of(made, "check-3-3"))
    found = extracted(made)
    assert "3.3" not in found.exercises
    assert found.own == ["threshold = 1", "threshold = 2"]


def test_an_exercise_made_a_text_cell_is_taken_with_a_remark():
    made = notebook(answers={"3.3": right()})
    cell_of(made, exercise("3.3"))["cell_type"] = "markdown"
    found = extracted(made)
    assert found.exercises["3.3"] == right()
    assert any("text cell" in remark for remark in found.remarks)


def test_a_check_in_the_same_cell_stays_in_the_answer():
    merged = f'{right()}\ncheck("3.3", threshold)'
    made = notebook(answers={"3.3": merged})
    made["cells"].remove(cell_of(made, "check-3-3"))
    assert extracted(made).exercises["3.3"] == merged


def test_an_answer_that_is_no_python_is_still_the_answer():
    torn = "# Exercise 3.3\nthreshold = (1"
    assert extracted(notebook(answers={"3.3": torn})).exercises["3.3"] == torn


def test_two_equal_ids_are_two_cells():
    made = notebook(answers={"3.3": "threshold = 1"})
    again = code("threshold = 2", id=exercise("3.3"))
    made["cells"].append(again)
    assert extracted(made).exercises["3.3"] == "threshold = 2"


def test_the_marker_of_another_lesson_is_own_code():
    made = notebook(extra=[("setup", "# Exercise 4.1\nx = 1")])
    found = extracted(made)
    assert found.own == ["# Exercise 4.1\nx = 1"]
    assert "4.1" not in found.exercises


# -- own code --------------------------------------------------------------------------


def test_own_code_is_what_was_added_or_changed_in_order():
    function = "def f():\n    return 1"
    made = notebook(extra=[("setup", "import os"), ("check-3-1", function)])
    changed = next(c for c in made["cells"] if str(c.get("id")).startswith("code-"))
    changed["source"] = "".join(changed["source"]) + "\nmine = 1"
    own = extracted(made).own
    assert own[0] == "import os"
    assert own[1].endswith("\nmine = 1")
    assert own[2:] == [function]


@pytest.mark.parametrize(
    "source",
    [
        'hint("3.1")',
        'check("3.1", 1, 2)\nhint("3.1")',
        "progress()",
        "solution(\n    '3.1'\n)",
        "# only a remark",
        "   \n",
        "!pip install pandas",
        "%%bash\nls",
        "%matplotlib inline\n%load_ext autoreload",
    ],
)
def test_services_remarks_and_jupyters_own_lines_are_not_own_code(source):
    assert extracted(notebook(extra=[("setup", source)])).own == []


def test_lesson_cells_stay_the_lessons_with_other_blanks_and_quotes():
    made = notebook()
    for cell in made["cells"]:
        if cell["id"].startswith("code-"):
            source = "".join(cell["source"]).replace('"yeast4"', "'yeast4'")
            cell["source"] = "\n\n".join(line + "  " for line in source.split("\n"))
            cell["source"] += "\n# looked at"
            cell["id"] = ""
    assert extracted(made).own == []


def test_of_a_changed_setup_cell_the_added_lines_are_own():
    made = notebook()
    setup = cell_of(made, "setup")
    setup["source"] = "".join(setup["source"]) + "\nimport statistics as st"
    assert extracted(made).own == ["import statistics as st"]


def test_a_setup_cell_of_another_release_is_not_own():
    made = notebook()
    cell_of(made, "setup")["source"] = 'import helpers\n\nhelpers.start("03")'
    assert [s for s in extracted(made).own if "start" in s] == []


# -- Jupyter's own lines ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("%matplotlib inline\nx = 1", "pass\nx = 1"),
        ("!pip install x\nx = 1", "pass\nx = 1"),
        ("if a:\n    !ls\nx = 1", "if a:\n    pass\nx = 1"),
        ("%%time\nx = 1", "\nx = 1"),
        ("\n%%timeit -n 1\nx = 1", "\n\nx = 1"),
        ("%%bash\nx = 1", ""),
        ("%%javascript\nalert(1)", ""),
        ("# Exercise 3.3\n%%time\nx = 1", "# Exercise 3.3\n\nx = 1"),
        ("%time x = f(1)", "x = f(1)"),
        ("%timeit -n 3 f(1)", "f(1)"),
        ("files = !ls", "files = None"),
        ("a, b = %sx ls", "a, b = None"),
        ("model.fit?", "pass"),
        ("?model", "pass"),
        ("model??", "pass"),
        ("x = (a\n% b)", "x = (a\n% b)"),
        ('x = """\n%matplotlib\n!ls\n"""', 'x = """\n%matplotlib\n!ls\n"""'),
        ("x = a \\\n% b", "x = a \\\n% b"),
        ("x = 5 % 3 != 1", "x = 5 % 3 != 1"),
        ("x = '%d' % 3  # why?", "x = '%d' % 3  # why?"),
        ("x = ')'\n%pwd", "x = ')'\npass"),
        ("x = '\\''\n%pwd", "x = '\\''\npass"),
        ("x = 'it\n%pwd", "x = 'it\npass"),
        ("# (\n%pwd", "# (\npass"),
    ],
)
def test_jupyters_own_lines_leave_plain_python(source, plain):
    assert plain_python(source)[0] == plain


def test_answers_run_without_jupyters_lines_and_a_remark_names_them():
    made = notebook(answers={"3.3": "%%time\n# Exercise 3.3\n%pylab\nthreshold = 7"})
    found = extracted(made)
    names = {}
    exec(found.exercises["3.3"], names)
    assert names["threshold"] == 7
    assert any("%pylab" in remark for remark in found.remarks)


def test_a_cell_for_another_language_is_an_answer_left_out():
    made = notebook(answers={"3.3": "%%bash\n# Exercise 3.3\nrm -rf /"})
    assert extracted(made).exercises.get("3.3", "") == ""


# -- which lesson ----------------------------------------------------------------------


def lessons_of(made):
    return lessons_in(cells_of(as_bytes(made))[0])


def without(made, *kinds):
    made["cells"] = [
        cell for cell in made["cells"] if not str(cell.get("id")).startswith(kinds)
    ]
    return made


def test_the_lesson_is_known_by_ids_checks_and_cells_where_markers_are_gone():
    made = notebook()
    for cell in made["cells"]:
        if cell["id"].startswith("exercise-"):
            cell["source"] = "x = 1"
    assert lessons_of(made) == ["03"]
    assert lessons_of(without(made, "exercise-")) == ["03"]
    assert lessons_of(without(made, "exercise-", "check-")) == ["03"]
    assert lessons_of(without(made, "exercise-", "check-", "code-")) == []


def test_a_pasted_exercise_does_not_change_the_lesson_but_a_whole_lesson_counts():
    made = notebook(extra=[("setup", "# Exercise 4.1\nx = 1")])
    assert lessons_of(made) == ["03"]
    made["cells"] += notebook("04")["cells"]
    assert sorted(lessons_of(made)) == ["03", "04"]


# -- files -----------------------------------------------------------------------------


def test_nbformat_reads_the_same_sources():
    made = nbformat.reads(as_bytes(notebook(answers={"3.3": right()})), 4)
    without_ids = copy.deepcopy(made)
    for cell in without_ids.cells:
        del cell["id"]
    without_ids.nbformat_minor = 4
    oldest = nbformat.convert(copy.deepcopy(without_ids), 3)
    for each in (made, without_ids, oldest):
        data = nbformat.writes(each, each.nbformat).encode()
        cells = cells_of(data)[0]
        theirs = nbformat.reads(data.decode(), 4).cells
        assert [cell.source for cell in cells if cell.kind == "code"] == [
            cell.source for cell in theirs if cell.cell_type == "code"
        ]
        assert extract(cells, released("03")).exercises["3.3"] == right()


def test_extraction_of_hostile_sources_ends_soon():
    deep = "x = " + "-" * 40_000 + "1"
    many = "\n" * 100_000 + "%" * 1000
    brackets = "(" * 100_000
    others = [brackets, "a.b" * 40_000, "=" * 100_000, "a = 1\n" * 20_000]
    made = notebook(
        answers={"3.1": f"# Exercise 3.1\n{deep}", "3.3": f"# Exercise 3.3\n{many}"},
        extra=[("setup", source) for source in others],
    )
    found = extracted(made)
    assert deep in found.exercises["3.1"]
    assert brackets in found.own


# -- what honest people write beside their answers -------------------------------------


@pytest.mark.parametrize(
    "beside",
    [
        "# Exercise 3.3 test\nprint(threshold)",
        "# Exercise 3.3: how many?\n(test_scores > threshold).sum()",
        "def helper():\n    # Exercise 3.3\n    return 1",
        "note = 1\n# Exercise 3.3 needs this",
    ],
)
def test_a_cell_that_talks_of_an_exercise_does_not_take_its_place(beside):
    made = notebook(answers={"3.3": right()}, extra=[("check-3-3", beside)])
    found = extracted(made)
    assert found.exercises["3.3"] == right()
    assert found.own == [beside]


def test_a_remark_on_another_exercise_does_not_cut_an_answer():
    answer = "# Exercise 3.3\n# Exercise 3.1 helped\n\nthreshold = 7"
    found = extracted(notebook(answers={"3.3": answer}))
    assert found.exercises["3.3"] == answer
    assert "..." in found.exercises["3.4"]


def test_imports_above_the_marker_stay_with_the_answer():
    made = notebook(answers={"3.3": f"import math\n{right()}"})
    made["cells"][5].pop("id")
    cell_of(made, exercise("3.3")).pop("id")
    assert extracted(made).exercises["3.3"] == f"import math\n{right()}"


def test_a_marked_cell_with_imports_alone_goes_with_the_answer_elsewhere():
    made = notebook(
        answers={"3.3": "# Exercise 3.3\nimport math"},
        extra=[("check-3-3", "threshold = math.pi")],
    )
    found = extracted(made).exercises["3.3"]
    assert found == "# Exercise 3.3\nimport math\n\nthreshold = math.pi"


def test_equal_cells_are_two_cells():
    made = notebook(
        answers={"3.3": right()},
        extra=[("check-3-3", "threshold = 9"), ("check-3-4", right())],
    )
    found = extracted(made)
    assert found.exercises["3.3"] == right()
    assert found.own == [right(), "threshold = 9"]


def test_workshops_have_exercises_too():
    cells = [
        Cell("code", "# Exercise W1.2\nalarms = ...", "exercise-w1-2"),
        Cell("code", 'check("W1.2", alarms)', "check-w1-2"),
    ]
    known = released_of(cells, "W1")
    assert known.answers == {"W1.2": {"alarms"}}
    answered = Cell("code", "# exercise w1.2\nalarms = 3")
    assert extract([answered, cells[1]], known).exercises == {"W1.2": answered.source}
    unmarked = Cell("code", "alarms = 4", "exercise-w1-2")
    assert extract([unmarked, cells[1]], known).exercises == {"W1.2": "alarms = 4"}


# -- whole lessons, solved -------------------------------------------------------------


@pytest.mark.parametrize("lesson", list(lessons()))
@pytest.mark.parametrize("gone", ["nothing", "ids", "markers", "both", "both, checks"])
def test_of_a_solved_lesson_every_answer_is_found(lesson, gone):
    """Even where ids and markers are gone, as long as it is clear."""
    name = lessons()[lesson].name
    cells = cells_of((kit_root() / "solutions" / name).read_bytes())[0]
    if "checks" in gone:
        cells = [cell for cell in cells if not cell.id.startswith("check-")]
    wanted = extract(cells, released(lesson)).exercises
    if gone != "nothing":
        cells = [maimed(cell, gone) for cell in cells]
    found = extract(cells, released(lesson))
    assert {n: without_first(s) for n, s in found.exercises.items()} == {
        n: without_first(s) for n, s in wanted.items()
    }
    assert len(wanted) == len(released(lesson).exercises)
    assert found.own == []
    if "both" not in gone:
        assert found.remarks == []
        assert lessons_in(cells) == [lesson]


def maimed(cell, gone):
    source, name = cell.source, cell.id
    if gone != "markers":
        name = ""
    if gone != "ids" and cell.id.startswith("exercise-"):
        source = without_first(source)
    return Cell(cell.kind, source, name)


def without_first(source):
    return source.split("\n", 1)[1] if source.startswith("# Exercise") else source


def test_thousands_of_cells_cost_none_of_the_exercises():
    made = notebook("03")
    own = [code(f"x{n} = {n}") for n in range(2 * MOST_CELLS)]
    found = extracted({**made, "cells": [*own, *made["cells"]]})
    assert found.exercises == extracted(made).exercises
    assert len(found.own) < MOST_CELLS
