"""Lessons in other languages: what is found, what is said, and what never changes."""

import json
import re
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from babel.messages.catalog import Catalog
from typer.testing import CliRunner

from helpers import plots
from helpers.authoring import catalogues
from helpers.authoring.course import Course
from helpers.authoring.derive import Recipe, learner_notebook, to_bytes
from helpers.authoring.messages import messages
from helpers.authoring.problems import LessonError
from helpers.authoring.source import parse_lesson
from helpers.authoring.translate import (
    build_translated,
    renew_catalogues,
    translated_notebook,
    translated_path,
)
from helpers.cli import app
from helpers.environment import start
from helpers.errors import KitError
from helpers.exercises import catalogue, check
from helpers.exercises.outcomes import CORRECT, OUTCOME_TYPE, WRONG, Outcome
from helpers.grading.cells import cells_of
from helpers.grading.extract import extract, released
from helpers.plots import fonts
from helpers.translations import language, spoken, translated

COURSE = Course.here()
DONE = ("00", "01")  # lessons that are wholly in Thai
THAI = re.compile("[฀-๿]")


@pytest.fixture(scope="module")
def lessons():
    return {
        each.number: each for each in COURSE.lessons([COURSE.find(n) for n in DONE])
    }


@pytest.fixture(scope="module")
def thai(lessons):
    """Every Thai catalogue by its name, as the file is."""
    names = [*catalogues.ROOMS, *lessons]
    return {
        name: catalogues.read(catalogues.path_of(COURSE, "th", name)) for name in names
    }


@pytest.fixture
def in_thai(monkeypatch):
    monkeypatch.setenv("WORKSHOP_LANG", "th")


# --------------------------------------------------------------------- which language


@pytest.mark.parametrize(
    ("wish", "found"),
    [("th", "th"), ("th_TH.UTF-8", "th"), ("TH", "th"), ("xx", "en"), ("en", "en")],
)
def test_the_wish_decides(monkeypatch, wish, found):
    monkeypatch.setenv("WORKSHOP_LANG", wish)
    assert language() == found


def test_without_a_wish_the_folder_of_the_notebook_decides(monkeypatch, tmp_path):
    monkeypatch.delenv("WORKSHOP_LANG")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert language() == "en"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/notebooks/th/00_start_here.ipynb")
    assert language() == "th"
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/th/00_start_here/notes.ipynb")
    assert language() == "en"
    (tmp_path / "th").mkdir()
    monkeypatch.chdir(tmp_path / "th")
    assert language() == "th"


def test_a_language_that_the_kit_lacks_is_a_line(monkeypatch):
    monkeypatch.setenv("WORKSHOP_LANG", "xx")
    with pytest.warns(
        RuntimeWarning, match="WORKSHOP_LANG is xx: .* the kit has en, th"
    ):
        start("00")


# ------------------------------------------------------------------- what is said in it


@pytest.fixture
def few():
    return spoken._Messages(
        {
            "{n} rows": "{n} แถว",
            "{what} should have {n} rows.": "{what} ควรมี {n} แถว",
            "Look again.": "ดูอีกครั้ง",
            "; limits {low} and {high}": " ขีดจำกัด {low} และ {high}",
            "; {n} flagged": " เตือน {n}",
            "a {{brace}} and {n}": "วงเล็บ {{brace}} กับ {n}",
            "May": "พฤษภาคม",
        }
    )


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("Look again.", "ดูอีกครั้ง"),
        ("x should have 3 rows.", "x ควรมี 3 แถว"),
        ("5 rows", "5 แถว"),
        ("Look again. Nobody knows this. Look again.",
         "ดูอีกครั้ง Nobody knows this. ดูอีกครั้ง"),
        ("5 rows; limits 1 and 2; 3 flagged", "5 แถว ขีดจำกัด 1 และ 2 เตือน 3"),
        ("a {brace} and 5", "วงเล็บ {brace} กับ 5"),
        ("16 May", "16 พฤษภาคม"),
        ("an unknown sentence about many rows", "an unknown sentence about many rows"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_known_of_a_text_is_translated(few, english, said):
    assert few.say(english) == said


def test_english_is_never_touched():
    assert translated("wrong") == "wrong"
    assert translated("wrong", "th") != "wrong"


def test_an_outcome_is_shown_in_thai_and_told_to_programs_in_english(in_thai):
    outcome = check("1.4", 0.75, 0.5)
    shown = outcome._repr_mimebundle_()
    assert outcome.status == WRONG
    assert shown["text/plain"].startswith("✘ แบบฝึกหัด 1.4: ยังไม่ถูก (กลับเศษเป็นส่วน).")
    assert not re.search("[A-Z][a-z]+ [a-z]+", shown["text/plain"])
    assert shown[OUTCOME_TYPE] == outcome.as_dict()
    assert not THAI.search(json.dumps(outcome.as_dict(), ensure_ascii=False))


def test_idea_and_detail_are_translated_each(in_thai):
    idea = "f does not do what is asked, in a way that this check can't name."
    detail = "f(1) gives 2; right is 3."
    told = repr(Outcome("1.2", WRONG, f"{idea} {detail}", "other", idea))
    assert told.count("f") == 2
    assert "f(1) ได้ 2 แต่ที่ถูกคือ 3" in told


@pytest.mark.parametrize("number", DONE)
def test_every_mistake_has_a_diagnosis_and_an_idea_in_thai(number):
    for _, mistake in catalogue(number):
        for english in (mistake.diagnosis, mistake.says):
            assert THAI.search(translated(english, "th")), english


@pytest.mark.parametrize(("k", "status"), [(1.5, "ถูกต้อง"), (3, "ยังไม่ถูก")])
def test_a_check_of_a_function_speaks_thai(in_thai, k, status):
    def outliers(values, whisker):
        import numpy as np

        q1, q3 = np.percentile(values, [25, 75])
        reach = (whisker if k == 1.5 else k) * (q3 - q1)
        return values[(values < q1 - reach) | (values > q3 + reach)]

    told = repr(check("1.2", outliers))
    assert status in told
    assert CORRECT not in told
    assert WRONG not in told


def test_pictures_say_it_in_thai_where_there_is_a_font(in_thai, monkeypatch):
    monkeypatch.setattr(fonts, "_font", lambda spoken: "DejaVu Sans")
    ax = plots.box_plot([1, 2, 3, 40], name="value")
    assert ax.get_title() == "แผนภาพกล่อง หนวดยาว 1.5 IQR"
    assert plots.summary(ax).startswith(
        "ภาพ: แผนภาพกล่องของ ค่า จำนวน 4 ค่า: ควอร์ไทล์ 1.75"
    )
    plt.close("all")


def test_without_a_font_pictures_stay_english_and_say_so_once(in_thai, monkeypatch):
    monkeypatch.setattr(fonts, "_font", lambda spoken: None)
    monkeypatch.setattr(fonts, "_TOLD", set())
    ax = plots.box_plot([1, 2, 3, 40], name="value")
    assert ax.get_title() == "Box plot with whiskers of 1.5 IQR"
    assert "fonts-thai-tlwg" in plots.summary(ax)
    assert "fonts-thai-tlwg" not in plots.summary(ax)
    plt.close("all")


# ------------------------------------------------------------- what is to be translated


def test_messages_are_what_the_code_says():
    code = '''
"""A docstring is none."""
NAME = "a_name"
@exercise("1.1", "Title", hints=["Look at it."])
def check(answer):
    """Neither is this one."""
    table = {"a key of a table": 1}["a key of a table"]
    if answer < 0:
        raise CannotCheck(f"{what} should be {len(answer):,} rows of {{x}}.")
    raise Wrong("sign", "It has the "
                "wrong sign.")
'''
    assert sorted(messages(code)) == [
        "It has the wrong sign.",
        "Look at it.",
        "Title",
        "sign",
        "{what} should be {len(answer):,} rows of {{x}}.",
    ]


def test_pictures_have_short_words_and_no_errors():
    code = 'raise ValueError("no such thing")\nfinish(ax, x="time", text=f"all of {n}")'
    assert messages(code, pictures=True) == ["time", "all of {n}"]
    assert messages('count(n, "row")', pictures=True) == ["{n} row", "{n} rows"]


TEXT = """\
# %% [markdown]
# # 90 · Small steps
#
# Some words about a threshold of 3.
#
# A second paragraph, which nobody changes, so that the text is recognised.

# %% tags=["setup"]
import helpers

# %% [markdown] tags=["teacher-note"]
# Ask for the zero first.
"""


def asked(text=TEXT):
    lesson = parse_lesson(text, path=Path("90_small_steps.py"), label="90.py")
    return catalogues.asked_of_lesson(COURSE, lesson)


def test_prose_is_asked_by_cell_and_teachers_notes_are_not():
    (only,) = [each for each in asked() if each.id]
    assert re.fullmatch(r"90/markdown-[0-9a-f]{8}", only.context)
    assert only.id.startswith("# 90 · Small steps\n\nSome words")


def test_a_changed_text_keeps_its_translation_as_fuzzy(tmp_path):
    path = tmp_path / "90.po"
    first, counts, new = catalogues.renewed(path, asked(), "th")
    assert (counts.messages, counts.untranslated, new) == (1, 1, 1)
    (only,) = [each for each in first if each.id]
    only.string = "# 90 · ก้าวเล็ก ๆ"
    path.write_bytes(catalogues.as_bytes(first))

    changed = asked(TEXT.replace("of 3.", "of 4."))
    second, counts, new = catalogues.renewed(path, changed, "th")
    assert (counts.fuzzy, counts.untranslated, new) == (1, 0, 1)
    (now,) = [each for each in second if each.id]
    assert not catalogues.translation(second, now.id, now.context)
    path.write_bytes(catalogues.as_bytes(second))

    third, counts, new = catalogues.renewed(path, changed, "th")
    assert counts.fuzzy == 1
    assert new == 0
    (now,) = [each for each in third if each.id]
    assert now.previous_id[0] == only.id
    assert catalogues.as_bytes(third) == path.read_bytes()
    assert str(counts).startswith("0 of 1 messages translated; 1 fuzzy")


def test_a_file_that_is_no_catalogue_is_a_line(tmp_path):
    path = tmp_path / "90.po"
    path.write_text('msgid "open\n', encoding="utf-8")
    with pytest.raises(KitError, match=r"90\.po is no catalogue"):
        catalogues.read(path)


# ------------------------------------------------------------- what a translation keeps


@pytest.mark.parametrize(
    ("english", "said", "fault"),
    [
        ("{a} of {b} rows", "{a} แถว", "lacks value: {b}"),
        ("{a} of {b} rows", "{a} {b} {c}", "has another value: {c}"),
        ("See `x` in 3 rows", "ดู 3", "lacks code: x"),
        ("Only 3 rows", "แถว", "lacks number: 3"),
        (" at the end", "ตอนจบ", "lacks space at an end: at the start"),
    ],
)
def test_a_message_keeps_values_code_and_numbers(english, said, fault):
    made = Catalog()
    made.add(english, said)
    assert [p.message for p in catalogues.problems(made, "x.po", {})] == [fault]


@pytest.mark.parametrize(
    ("english", "said", "fault"),
    [
        ("## A heading", "# หัวข้อ", "heading of level: 2"),
        ("[a](../b.md)", "[ก](../c.md)", "link: ../b.md"),
        ("the $k$-th", "ที่ $n$", "formula: k"),
        ("| a | b |", "| ก |", "row of a table with bars: 3"),
        ("- a\n- b", "- ก", "list item: - "),
        ("**Explain.** No", "ไม่", "words in bold"),
        ("runs {run_seconds} seconds", "วินาที", "place for: {run_seconds}"),
        ("a new threshold", "ค่าใหม่", "has no เกณฑ์"),
    ],
)
def test_prose_keeps_its_structure_and_the_terms(english, said, fault):
    made = Catalog()
    made.add(english, said, context="90/markdown-1")
    found = catalogues.problems(made, "x.po", {"threshold": ["เกณฑ์"]})
    assert fault in " ".join(each.message for each in found)


# ------------------------------------------------------------------- the Thai lessons


@pytest.mark.parametrize("name", [*catalogues.ROOMS, *DONE])
def test_thai_catalogues_are_sound(thai, name):
    terms = catalogues.glossary(COURSE, "th")
    assert terms
    assert not list(catalogues.problems(thai[name], f"{name}.po", terms))


@pytest.mark.parametrize("name", DONE)
def test_thai_is_whole(thai, name):
    assert catalogues.counts(thai[name]).whole


def test_catalogues_notebooks_and_messages_are_current(lessons, tmp_path, monkeypatch):
    """`workshop translate th` and `workshop build --lang th` would change nothing."""
    written = {}
    monkeypatch.setattr("helpers.authoring.translate.write_all", written.update)
    renew_catalogues(COURSE, "th", lessons.values(), report=lambda line: None)
    assert not written, f"workshop translate th changes {sorted(written)}"
    lines = []
    build_translated(COURSE, "th", lessons.values(), report=lines.append)
    stale = [p for p, content in written.items() if p.read_bytes() != content]
    assert len(written) == 1 + len(DONE)
    assert not stale, f"workshop build --lang th changes {stale}"
    of_lessons = lines[-len(DONE) :]
    whole = re.compile(r": (\d+) of \1 messages translated$")
    assert all(whole.search(line) for line in of_lessons)


@pytest.mark.parametrize("number", DONE)
def test_code_ids_and_tags_are_the_english_ones_and_prose_is_not(lessons, number):
    thai = nbformat.read(translated_path(COURSE, "th", lessons[number]), 4)
    english = nbformat.read(COURSE.learner(lessons[number]), 4)
    assert [each.id for each in thai.cells] == [each.id for each in english.cells]
    for ours, theirs in zip(thai.cells, english.cells, strict=True):
        assert ours.metadata == theirs.metadata
        if ours.cell_type == "code":
            assert ours == theirs
        else:
            assert THAI.search(ours.source)


@pytest.mark.parametrize("number", DONE)
def test_grading_reads_a_thai_notebook_as_the_english_one(lessons, number):
    lesson, read = lessons[number], []
    for path in (translated_path(COURSE, "th", lesson), COURSE.learner(lesson)):
        cells, _ = cells_of(path.read_bytes())
        read.append(extract(cells, released(number)))
    assert read[0].exercises
    assert read[0] == read[1]


def test_links_lead_to_the_same_files_from_the_folder_below(lessons):
    path = translated_path(COURSE, "th", lessons["00"])
    text = "".join(cell.source for cell in nbformat.read(path, 4).cells)
    targets = re.findall(r"\]\(([^)#]+)", text)
    assert targets
    assert all((path.parent / target).is_file() for target in targets)


def test_what_is_not_translated_is_english(lessons):
    lesson = lessons["00"]
    notebook = translated_notebook(COURSE, lesson, Catalog())
    run = int(re.search(r"run in (\d+) seconds", notebook.cells[0].source)[1])
    english = learner_notebook(lesson, Recipe.of(COURSE, run))
    changed = to_bytes(notebook).decode().replace("(../../docs", "(../docs")
    changed = changed.replace("(../01_", "(01_")  # the next lesson, in English
    assert changed == to_bytes(english).decode()


def test_a_language_without_catalogues_is_a_line(lessons):
    with pytest.raises(KitError, match="workshop translate xx"):
        build_translated(COURSE, "xx", lessons.values())
    for wrong in ("../th", "en", "Thai"):
        with pytest.raises(KitError, match="is no language to translate into"):
            build_translated(COURSE, wrong, lessons.values())


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["build", "--lang", "xx"], "workshop translate xx"),
        (["build", "--lang", "th", "99"], "There is no lesson '99'"),
        (["translate", "thai"], "'thai' is no language to translate into"),
        (["translate", "th", "99"], "There is no lesson '99'"),
    ],
)
def test_commands_refuse_in_a_line(command, told):
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, KitError)
    assert told in str(done.exception)


def test_a_translation_that_lost_something_is_not_built(lessons, monkeypatch):
    broken = Catalog()
    broken.add("{n} rows", "แถว")
    monkeypatch.setattr(catalogues, "read", lambda path: broken)
    with pytest.raises(LessonError, match="lacks value"):
        build_translated(COURSE, "th", lessons.values())
