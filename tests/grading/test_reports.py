"""Reports of a class: right, complete, the same each time, and harmless to open."""

import csv
import dataclasses
import io
import json
import random
import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import Page

import helpers
from helpers.errors import KitError
from helpers.exercises.declared import find
from helpers.grading import summary
from helpers.grading.course import notebook_of
from helpers.grading.gradebook import canvas_number, cell, moodle_identifier
from helpers.grading.pages import class_page, learner_page
from helpers.grading.record import as_lines
from helpers.grading.reports import write_reports
from helpers.grading.rows import Mark, Row
from helpers.grading.showing import file_name, in_order, shown

SIGNS = set("=+-@\t\r\n＝＋－＠")
MOODLE_FILE = "a.zip/Ada_77_assignsubmission_file_/03.ipynb"


def right(exercise, of=1, **more):
    return Mark(exercise, of, of, "correct", **more)


def wrong(exercise, of=1, diagnosis="swapped", idea="It is the other way round."):
    return Mark(exercise, 0, of, "wrong", diagnosis, idea)


def graded(learner, *marks, lesson="03", file="a.ipynb", **more):
    return Row(learner, file, lesson, "graded", marks, **more)


CLASS = [
    graded("Ben", right("3.1"), wrong("3.2", 2), file="ben.ipynb"),
    graded("Ada", right("3.1"), right("3.2", 2), file=MOODLE_FILE),
    Row("Cleo", "", "03", "missing"),
    Row("Dan", "dan.zip/x.pdf", "03", "unreadable", reason="It is no notebook"),
    graded("Ada", right("5.1", 2), wrong("5.10"), lesson="05", remarks=("late",)),
    graded(
        "Eve",
        Mark("3.1", 0, 1, "could not check", incident="it was stopped after 20 s"),
        Mark("3.2", 0, 2, "could not check", suspicion="it read /proc/1/environ"),
        file="eve.ipynb",
    ),
]


def read_csv(path):
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def written(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


# -- the gradebook ---------------------------------------------------------------------


def test_the_gradebook_has_a_line_for_every_row_and_a_column_for_every_exercise(
    tmp_path,
):
    write_reports(CLASS, tmp_path)
    table = ["|".join(line) for line in read_csv(tmp_path / "gradebook.csv")]
    assert table == [
        "learner|file|lesson|3.1|3.2|5.1|5.10|total|status|flags|reason",
        f"Ada|{MOODLE_FILE}|03|1|2|||3|graded||",
        "Ada|a.ipynb|05|||2|0|2|graded||late",
        "Ben|ben.ipynb|03|1|0|||1|graded||",
        "Cleo||03|||||0|missing||",
        "Dan|dan.zip/x.pdf|03|||||0|unreadable||It is no notebook",
        "Eve|eve.ipynb|03|0|0|||0|graded|incident, suspicious|"
        "3.1: it was stopped after 20 s; 3.2: it read /proc/1/environ",
    ]


def test_exercises_stand_in_the_order_of_the_course():
    numbers = ["W1.1", "12.1", "3.10", "3.2", "3.1", "0.1", "W2.1"]
    ordered = ["0.1", "3.1", "3.2", "3.10", "12.1", "W1.1", "W2.1"]
    assert sorted(numbers, key=in_order) == ordered


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=40))
@example("=1+1")
@example("  \t=1+1")
@example("'=1")
@example("\u200b\u202e@SUM(A1)")
@example("\x00-1")
@example("－1")
@example('a"\r\n,b')
@example("\ud800")
def test_every_text_comes_back_from_its_cell_and_none_begins_as_a_formula(text):
    buffer = io.StringIO()
    csv.writer(buffer).writerow([cell(text), cell(-3)])
    encoded = buffer.getvalue().encode("utf-8")
    ((found, number),) = csv.reader(io.StringIO(encoded.decode("utf-8"), newline=""))
    assert number == "-3"
    assert found in (shown(text), f"'{shown(text)}")
    visible = (s for s in found if unicodedata.category(s)[0] not in "CZ")
    assert next(visible, "") not in SIGNS
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", found)


@pytest.mark.parametrize("text", ["=1", " =1", "\t1", "\r1", "'=1", "+1", "-1", "@a"])
def test_what_could_be_a_formula_gets_an_apostrophe(text):
    assert cell(text) == f"'{shown(text)}"


@pytest.mark.parametrize("text", ["Ada", "'t Hart", "a=b", "3-1", "", "नि", "😀"])
def test_other_texts_stay_as_they_are(text):
    assert cell(text) == text


# -- what platforms import -------------------------------------------------------------


def test_moodle_gets_its_offline_grading_worksheet(tmp_path):
    write_reports([CLASS[1], *CLASS[2:4], CLASS[0]], tmp_path, format="moodle")
    head, *lines = read_csv(tmp_path / "gradebook_moodle.csv")
    assert head[:5] == ["Identifier", "Full name", "Status", "Grade", "Maximum Grade"]
    assert head[7:] == ["Last modified (grade)", "Feedback comments"]
    assert [line[:5] for line in lines] == [
        ["Participant 77", "Ada", "graded", "3", "3"],
        ["", "Ben", "graded", "1", "3"],
        ["", "Cleo", "missing", "", "3"],
        ["", "Dan", "unreadable", "", "3"],
    ]
    assert lines[1][-1] == "3.1: 1 of 1; 3.2: 0 of 2, swapped"


def test_two_lessons_of_one_moodle_assignment_are_one_grade(tmp_path):
    other = graded("Ada", right("5.1", 2), lesson="05", file=f"{MOODLE_FILE}2")
    write_reports([CLASS[1], other], tmp_path, format="moodle")
    _, line = read_csv(tmp_path / "gradebook_moodle.csv")
    assert line[:5] == ["Participant 77", "Ada", "graded", "5", "5"]


def test_canvas_gets_a_column_for_each_lesson_and_the_points_possible(tmp_path):
    row = graded("Fay Lee", right("3.1"), file="in.zip/leefay_LATE_41_900_x.ipynb")
    write_reports([*CLASS, row], tmp_path, format="canvas")
    lines = read_csv(tmp_path / "gradebook_canvas.csv")
    assert lines[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert lines[0][5:] == ["Lesson 03", "Lesson 05"]
    assert lines[1] == ["Points Possible", "", "", "", "", "3", "3"]
    found = {line[0]: (line[1], *line[5:]) for line in lines[2:]}
    assert found == {
        "Ada": ("", "3", "2"),
        "Ben": ("", "1", ""),
        "Cleo": ("", "", ""),
        "Dan": ("", "", ""),
        "Eve": ("", "0", ""),
        "Fay Lee": ("41", "1", ""),
    }


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("x.zip/leefay_41_900_a.ipynb", "41"),
        ("leefay_late_41_900_a.ipynb", "41"),
        ("lesson_03_04_a.ipynb", ""),  # letters of another word
        ("a.ipynb", ""),
        ("", ""),
    ],
)
def test_a_number_is_canvas_own_only_beside_the_learners_letters(file, number):
    assert canvas_number(file, "Fay Lee") == number
    assert canvas_number(file, "leefay (41)") == number


def test_moodles_number_is_read_from_its_own_names_alone():
    assert moodle_identifier(MOODLE_FILE) == "Participant 77"
    assert moodle_identifier("Ada_77/03.ipynb") == ""


@pytest.mark.parametrize("form", ["Moodle", "", "excel", "\x1b[31m"])
def test_an_unknown_format_is_one_clear_line_and_writes_nothing(tmp_path, form):
    with pytest.raises(KitError, match="moodle or canvas") as problem:
        write_reports(CLASS, tmp_path / "out", format=form)
    assert "\x1b" not in str(problem.value)
    assert not (tmp_path / "out").exists()


# -- pages of learners -----------------------------------------------------------------


def test_a_learners_page_says_points_title_diagnosis_idea_and_what_to_read(tmp_path):
    page = Page(learner_page("Ben", [CLASS[0]]))
    assert page.title == "Feedback for Ben"
    assert page.lang == "en"
    assert "1 of 3 points" in page.text
    for number in ("3.1", "3.2"):
        assert f"{number} {find(number).title}" in page.text
    assert "swapped . It is the other way round." in page.text
    assert "notebooks/03_imbalanced_data.ipynb" in page.text
    assert "exercise 3.2 and the text before it" in page.text


def test_an_incident_that_the_idea_tells_is_not_told_twice():
    told = "it took more memory than there is"
    idea = f"Your code was stopped: {told}."
    mark = Mark("3.1", 0, 1, "could not check", idea=idea, incident=told)
    assert Page(learner_page("Ben", [graded("Ben", mark)])).text.count(told) == 1


def test_signs_and_words_tell_the_result_without_colours():
    page = Page(learner_page("Ben", [CLASS[0]]))
    assert "✔ right" in page.text
    assert "✘ not right yet" in page.text


def test_a_learners_page_names_nobody_else_and_no_suspicion(tmp_path):
    alike = "another learner's name is almost the same: Ada, Ben"
    rows = [dataclasses.replace(row, remarks=(alike,)) for row in CLASS]
    write_reports(rows, tmp_path)
    page = Page((tmp_path / "learners" / file_name("Eve")).read_bytes())
    assert "it was stopped after 20 s" in page.text
    assert "/proc" not in page.text
    assert "suspic" not in page.text.lower()
    assert not any(name in page.text for name in ("Ada", "Ben", "Cleo", "Dan"))


def test_who_handed_in_nothing_or_no_notebook_has_a_page_that_says_so():
    assert "Nothing was handed in" in Page(learner_page("Cleo", [CLASS[2]])).text
    unreadable = Page(learner_page("Dan", [CLASS[3]])).text
    assert "could not be graded: It is no notebook" in unreadable


NAMES = [
    "",
    " ",
    "ada",
    "Ada",
    "ADA",
    "😀",
    "😀😀",
    "é",
    "e\u0301",
    "n" * 300,
    "n" * 301,
]
NAMES += ["../../etc/passwd", "a/b", "a\\b", "CON", ".", "\0", "\ud800", "ß", "SS", "ﬁ"]


def test_every_name_has_a_page_of_its_own_on_any_file_system(tmp_path):
    write_reports([graded(name, right("3.1")) for name in NAMES], tmp_path)
    files = [path.name for path in (tmp_path / "learners").iterdir()]
    assert len(files) == len(NAMES)
    assert {*files} == {file_name(name) for name in NAMES}
    assert all(re.fullmatch(r"[a-z0-9-]{1,53}\.html", name) for name in files)


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_a_page_shows_a_name_and_nothing_of_it_acts(name):
    page = Page(learner_page(name, [graded(name, right("3.1"))]))
    expected = shown(name, 600) if name.strip() else "(no name)"
    assert page.text.count(" ".join(expected.split())) >= 1
    assert not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page.text)


# -- what strangers write does nothing -------------------------------------------------

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style><script>alert(1)</script>",
    "</title></svg><svg onload=alert(1)>",
    "<!-- <![CDATA[ <?php",
    "{{ 7 * 7 }}{% include 'x' %}",
    "\u202egnp.exe\u2066",
    "\x1b[31mred\x1b]0;title\x07\x00\x9b",
    "r" * 10_000,
    "\ud800\udfff lone",
    "`code` and an `odd one",
    "&lt;script&gt;&#x3c;",
    "＝cmd|' /C calc'!A0",
    "\u2028line\u2029",
]


def everywhere(text):
    """Return rows with `text` in every field that can hold a stranger's text."""
    mark = Mark("3.1", 0, 1, "wrong", text, text, text, text)
    other = Mark(text, 0, 1, text, text)
    return [
        Row(text, text, "03", "graded", (mark, other), text, (text, text)),
        Row(text, text, text, "unreadable", reason=text),
        Row(text, "", text, "missing"),
        Row(f"{text}2", text, "03", text, reason=text, remarks=(text,)),
    ]


@pytest.mark.parametrize("text", PAYLOADS, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize("form", ["moodle", "canvas"])
def test_payloads_do_nothing_in_any_report(tmp_path, text, form):
    write_reports(everywhere(text), tmp_path, format=form)
    pages = [*tmp_path.rglob("*.html")]
    assert len(pages) == 3
    for path in pages:
        page = Page(path.read_bytes())  # raises for any tag or attribute not ours
        assert " ".join(shown(text, 80).split()).rstrip("…")[:60] in page.text
        assert "url(" not in "".join(page.styles)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not re.search(
                rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]", path.read_bytes()
            )
    for path in tmp_path.glob("*.csv"):
        for each in (found for line in read_csv(path) for found in line):
            first = next(
                (s for s in each if unicodedata.category(s)[0] not in "CZ"), ""
            )
            assert first not in SIGNS


def test_every_page_forbids_scripts_and_anything_from_outside(tmp_path):
    write_reports(CLASS, tmp_path)
    for path in tmp_path.rglob("*.html"):
        content = path.read_text(encoding="utf-8")
        assert "default-src 'none'; style-src 'unsafe-inline'" in content
        assert "://" not in content


# -- the class -------------------------------------------------------------------------


def test_the_class_page_says_who_handed_in_and_what_needs_a_look():
    page = Page(class_page(CLASS))
    text = page.text
    assert page.title == "Class report"
    assert "4 of 5 handed in , 1 of them could not be read" in text.replace(
        "in,", "in ,"
    )
    assert "Handed in nothing (1)" in text
    assert "It is no notebook" in text
    assert "it was stopped after 20 s" in text
    assert "it read /proc/1/environ" in text
    assert text.index("Suspicions") < text.index("Incidents")
    assert f"learners/{file_name('Ada')}" in page.links
    assert "0 points: 1; 1 points: 1; 3 points: 1" in text


def test_each_lesson_has_a_section_of_its_own():
    text = Page(class_page(CLASS)).text
    assert text.index("Lesson 03 4 of 5 handed in") < text.index("Lesson 05 1 of 1")
    lessons = summary.lessons_of(CLASS)
    assert [(each.lesson, len(each.rows)) for each in lessons] == [("03", 5), ("05", 1)]


def test_the_hardest_exercise_comes_first():
    (lesson,) = summary.lessons_of([row for row in CLASS if row.lesson == "03"])
    first, second = summary.hardest(lesson)
    assert (first.number, first.correct, first.wrong, first.asked) == ("3.2", 1, 1, 3)
    assert first.share == pytest.approx(2 / 6)
    assert (second.number, second.could_not_check) == ("3.1", 1)


def test_the_commonest_mistake_comes_first_and_counts_learners():
    rows = [
        graded("A", wrong("3.1", diagnosis="rare"), wrong("3.2")),
        graded("B", right("3.1"), wrong("3.2")),
        graded("B", right("3.1"), wrong("3.2"), file="again.ipynb"),
    ]
    (lesson,) = summary.lessons_of(rows)
    assert [(m.exercise, m.diagnosis, m.count) for m in summary.commonest(lesson)] == [
        ("3.2", "swapped", 2),
        ("3.1", "rare", 1),
    ]


@pytest.mark.parametrize("of", [0, 1, 5, 10, 11, 13, 40, 100])
def test_a_histogram_counts_everybody_once_and_shows_empty_totals(of):
    totals = [random.Random(of).randint(0, of) for _ in range(200)]
    bars = summary.histogram(totals, of)
    assert sum(bar.count for bar in bars) == 200
    assert len(bars) <= summary.MOST_BARS
    assert [bar.low for bar in bars[1:]] == [bar.high + 1 for bar in bars[:-1]]
    assert (bars[0].low, bars[-1].high) == (0, of)


def test_a_class_of_nobody_has_reports_too(tmp_path):
    write_reports([], tmp_path)
    assert "0 learners" in Page((tmp_path / "class.html").read_bytes()).text
    assert len(read_csv(tmp_path / "gradebook.csv")) == 1


# -- the record ------------------------------------------------------------------------


def test_the_record_explains_every_exercise_and_every_row_without_one():
    facts = {"3.1": {"draws": 8}, ("ben.ipynb", "3.1"): {"graded": "ab12", "points": 9}}
    lines = [json.loads(line) for line in as_lines(CLASS, facts).splitlines()]
    assert len(lines) == 2 + 2 + 1 + 1 + 2 + 2
    ben = next(
        line for line in lines if (line["learner"], line["exercise"]) == ("Ben", "3.1")
    )
    assert ben["draws"] == 8
    assert ben["graded"] == "ab12"
    assert ben["points"] == 1
    assert ben["kit_version"] == helpers.__version__
    dan = next(line for line in lines if line["learner"] == "Dan")
    assert (dan["exercise"], dan["reason"]) == (None, "It is no notebook")


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_the_record_keeps_any_text_exactly_in_one_line_of_ascii(text):
    (line,) = as_lines([Row(text, text, "03", "missing")]).splitlines()
    assert json.loads(line)["learner"] == text
    assert re.fullmatch(rb"[ -~]*", line)


# -- writing ---------------------------------------------------------------------------


def test_the_same_rows_give_the_same_bytes_in_whichever_order_they_come(tmp_path):
    mixed = random.Random(3).sample(CLASS, len(CLASS))
    for name, rows in (("a", CLASS), ("b", mixed)):
        write_reports(rows, tmp_path / name, format="canvas")
    assert written(tmp_path / "a") == written(tmp_path / "b")


def test_pages_of_an_earlier_class_go_and_the_teachers_own_files_stay(tmp_path):
    write_reports(CLASS, tmp_path, format="canvas")
    own = ["notes.txt", "gradebook_final.csv", "learners/my notes.html"]
    for name in own:
        (tmp_path / name).write_text("mine")
    write_reports(CLASS[:1], tmp_path)
    kept = ["class.html", "gradebook.csv", "grading.jsonl"]
    assert {*written(tmp_path)} == {*own, *kept, f"learners/{file_name('Ben')}"}


def test_where_one_file_cannot_be_written_none_is_changed(tmp_path):
    write_reports(CLASS[:1], tmp_path)
    (tmp_path / "grading.jsonl").unlink()
    (tmp_path / "grading.jsonl").mkdir()
    before = written(tmp_path)
    with pytest.raises(KitError, match=r"grading\.jsonl"):
        write_reports(CLASS, tmp_path)
    assert written(tmp_path) == before


def test_an_out_that_is_a_file_is_refused_in_a_line(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(KitError, match="can't be written"):
        write_reports(CLASS, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_every_lessons_notebook_is_found_however_it_is_written():
    assert notebook_of("03") == "notebooks/03_imbalanced_data.ipynb"
    assert notebook_of("W1") == "notebooks/w1_find_the_anomalies.ipynb"
    assert notebook_of("../03") == ""
