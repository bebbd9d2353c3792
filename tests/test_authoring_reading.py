"""Reading ease: what counts as a sentence, and what the figure says."""

import pytest
from authoring_course import LESSON, lesson_of

from helpers.authoring.course import Course
from helpers.authoring.reading import (
    blocks,
    lesson_reading_ease,
    reading_ease,
    syllables,
)

PLAIN = "The cat sat on the mat. It saw a dog and ran."
HARD = (
    "Regularization hyperparameters characteristically necessitate considerable "
    "computational experimentation, notwithstanding theoretical justification."
)


@pytest.mark.parametrize(
    ("word", "count"),
    [("cat", 1), ("made", 1), ("makes", 1), ("little", 2), ("while", 1), ("table", 2),
     ("learned", 1), ("rated", 2), ("classes", 2), ("anomaly", 4), ("threshold", 2),
     ("precision", 3), ("the", 1), ("average", 3), ("it's", 1), ("people", 2)],
)  # fmt: skip
def test_syllables_are_about_right(word, count):
    assert syllables(word) == count


def test_the_formula_is_that_of_flesch():
    ease = reading_ease([PLAIN])  # 12 words of one syllable in 2 sentences
    assert ease.words_per_sentence == 6
    assert ease.score == pytest.approx(206.835 - 1.015 * 6 - 84.6)


def test_long_words_and_sentences_read_worse():
    assert reading_ease([HARD]).score < 0 < 60 < reading_ease([PLAIN]).score


@pytest.mark.parametrize(
    "extra",
    [
        "```python\nimport_everything = characteristically(notwithstanding)\n```",
        "| notwithstanding | considerable |\n|---|---|\n| computational | theory |",
        "$$\\mathrm{characteristically} = \\alpha$$",
        "# Considerable computational experimentation",
        "![Considerable computational experimentation](picture.png)",
        "<!-- notwithstanding considerable experimentation -->",
    ],
    ids=["code", "table", "formula", "heading", "image", "html"],
)
def test_what_is_no_sentence_does_not_count(extra):
    assert reading_ease([f"{PLAIN}\n\n{extra}"]) == reading_ease([PLAIN])


def test_code_formulas_and_addresses_inside_a_sentence_do_not_count():
    written = (
        "The [cat](https://example.org/characteristically-notwithstanding) **sat** "
        "on `the.considerable_experimentation` the $\\mathrm{theoretical}$ mat. It "
        "saw a dog and ran."
    )
    assert reading_ease([written]) == reading_ease([PLAIN])


def test_items_of_a_list_are_sentences_of_their_own():
    ease = reading_ease(["- one two three\n- four five six"])
    assert ease.words_per_sentence == 3


def test_decimals_end_no_sentence():
    assert reading_ease(["It rose to 0.95 on the test set."]).words_per_sentence == 7


def test_nothing_to_read_has_no_figure():
    assert reading_ease(["```\ncode\n```", "| a |\n|---|\n| b |"]) is None


def test_headings_and_tables_are_read_where_asked_for():
    text = "# Top\n\nWords.\n\n| a | b |\n|---|---|\n| c | d |"
    assert list(blocks(text)) == ["Words."]
    assert list(blocks(text, headings=True)) == ["Top", "Words."]
    assert list(blocks(text, tables=True)) == ["Words.", "a", "b", "c", "d"]


def test_a_teachers_note_counts():
    hard = LESSON.replace("Ask for the zero first.", HARD)
    before, after = (lesson_reading_ease(lesson_of(text)) for text in (LESSON, hard))
    assert after.score < before.score


def test_every_lesson_has_a_figure():
    for lesson in Course.here().lessons():
        ease = lesson_reading_ease(lesson)
        print(f"{lesson.name}: {ease}")
        assert 0 < ease.score < 100
