"""Words and numbers in sentences."""

import pytest

from helpers import text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0, "0"),
        (-0.5, "-0.5"),
        (0.001234, "0.00123"),
        (0.0009, "9.00e-04"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (999_999, "999,999"),
        (2e6, "2.00e+06"),
        (100, "100"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_number_has_three_digits_that_count(value, told):
    assert text.number(value) == told


def test_a_share_is_told_in_percent():
    assert [text.percent(share) for share in (0, 0.00123, 0.5, 1)] == [
        "0 %",
        "0.123 %",
        "50 %",
        "100 %",
    ]


def test_what_is_counted_has_its_plural():
    assert text.count(1, "row") == "1 row"
    assert text.count(0, "row") == "0 rows"
    assert text.count(2000, "anomaly", "anomalies") == "2,000 anomalies"


@pytest.mark.parametrize(
    ("words", "told"),
    [("", ""), ("a", "a"), ("ab", "a and b"), ("abcd", "a, b, c and d")],
)
def test_words_are_listed(words, told):
    assert text.listed(words) == text.listed(iter(words)) == told


def test_of_many_words_some_are_told():
    assert text.some("abc", 3) == "a, b, c"
    assert text.some("abcdef", 3, separator="; ") == "a; b; c and 3 more"
    assert text.some("", 3) == ""


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("never")


def test_of_what_an_error_says_the_first_line():
    assert text.first_line(ValueError("\n one \ntwo")) == "one "
    assert text.first_line(ValueError("x" * 300), most=9) == "x" * 9
    assert text.first_line(ValueError()) == text.first_line(Mute()) == "no message"
