"""What the judge says of single answers: borrowed, unseeded, of networks."""

import pytest

from helpers.authoring.derive import blanked
from helpers.exercises.outcomes import CORRECT, WRONG
from helpers.grading.box import kit_for_boxes
from helpers.grading.chunks import Answer, Terms, judge_chunk
from helpers.grading.grounds import lesson_ground, lessons_here
from helpers.grading.judge import LIBRARY_ANSWER
from helpers.grading.uses import forbidden_use, names_used


@pytest.fixture(scope="module")
def judged(box):
    """Return a function that judges answers of one lesson."""
    with kit_for_boxes() as kit:

        def judge(lesson, *answers):
            found = {}
            judge_chunk(lesson, answers, Terms(b"k" * 32, kit), found.__setitem__)
            return [found[place] for place in range(len(answers))]

        yield judge


def solution(lesson, number):
    ground = lesson_ground(lesson).lesson
    (cell,) = [c for c in ground.having("exercise") if c.exercise == number]
    return cell.source


def wrong_answers(lesson, number):
    ground = lesson_ground(lesson).lesson
    (cell,) = [c for c in ground.having("exercise") if c.exercise == number]
    return {
        wrong.metadata["diagnosis"]: f"{blanked(ground, cell)}\n{wrong.source}"
        for wrong in ground.wrong_answers(cell)
    }


@pytest.mark.parametrize("lesson", ["01", "04", "12"])
def test_every_recorded_answer_is_judged_in_the_box_as_at_home(lesson, judged):
    answers, wanted = [], []
    for found in lesson_ground(lesson).exercises:
        answers.append(Answer(found.number, solution(lesson, found.number)))
        wanted.append((CORRECT, ""))
        for diagnosis, source in wrong_answers(lesson, found.number).items():
            answers.append(Answer(found.number, source))
            wanted.append((WRONG, diagnosis))
    verdicts = judged(lesson, *answers)
    assert [(each.status, each.diagnosis) for each in verdicts] == wanted
    assert not any(each.incident or each.suspicion for each in verdicts)


BORROWED = [
    "from helpers.windows import forecast_windows as f\nwindows_of = f",
    "import helpers.windows as w\nwindows_of = w.forecast_windows",
    "import helpers.windows\nwindows_of = getattr(helpers.windows, 'forecast_windows')",
    "import importlib\nm = importlib.import_module('helpers.windows')\n"
    "def windows_of(*a, **k):\n    return m.forecast_windows(*a, **k)",
    "import helpers.windows\n"
    "def windows_of(*a):\n"
    "    return vars(helpers.windows)['forecast' + '_windows'](*a)",
    # copies of it: of its code, of its text, of its file, under the kit's own name
    "import helpers.windows as w\n"
    "f = [v for k, v in vars(w).items() if k.startswith('fore')][0]\n"
    "windows_of = type(f)(f.__code__, f.__globals__, 'mine', f.__defaults__)",
    "import inspect, helpers.windows as w\n"
    "text, names = inspect.getsource(w), {'__name__': w.__name__}\n"
    "exec(compile(text, '/kit/helpers/windows.py', 'exec'), names)\n"
    "windows_of = names['forecast' + '_windows']",
    "import importlib, helpers.windows as w\n"
    "w = importlib.reload(w)\n"
    "windows_of = [v for k, v in vars(w).items() if k.startswith('fore')][0]",
]


def test_borrowed_functions_are_found_or_refused(judged):
    (name,) = lesson_ground("05").exercises[0].answers
    answers = [Answer("5.1", each.replace("windows_of", name)) for each in BORROWED]
    verdicts = judged("05", *answers, Answer("5.1", solution("05", "5.1")))
    assert all(verdict.status != CORRECT for verdict in verdicts[:-1]), verdicts
    assert {verdict.diagnosis for verdict in verdicts[:-1]} == {LIBRARY_ANSWER}
    assert verdicts[-1].status == CORRECT


def test_what_a_cell_uses_is_told_from_its_text():
    imports = ["from helpers.windows import forecast_windows", "import keras"]
    assert forbidden_use(names_used(imports, ["x = 1"]), ["a.forecast_windows"]) is None
    own = "def forecast_windows(x):\n    return x\nforecast_windows(1)"
    assert forbidden_use(names_used(imports, [own]), ["a.forecast_windows"]) is None
    used = names_used(imports, ["y = forecast_windows(x)"])
    assert forbidden_use(used, ["helpers.windows.forecast_windows"])
    assert forbidden_use(names_used(imports, ["keras.layers.LSTM(3)"]), ["a.LSTM"])
    star = ["from helpers.windows import *\nforecast_windows(1)"]
    assert forbidden_use(names_used([], star), ["helpers.windows.forecast_windows"])
    table = ["scores['autoencoder'] = 1"]
    assert forbidden_use(names_used([], table), ["a.autoencoder"]) is None


def test_draws_without_a_seed_are_the_same_at_each_grading(judged):
    source = (
        "lazy_accuracy = np.random.rand() + np.random.default_rng().random()\n"
        "raise type('Drawn' + str(lazy_accuracy)[2:], (ValueError,), {})"
    )
    tell = (
        "import random\n"
        "lucky = np.random.default_rng().random() + np.random.rand()\n"
        "lucky += random.random()\n"
        "lazy_accuracy = 1 - y.mean() if lucky < 1.5 else 0\n"
        "constant_ap = y.mean()"
    )
    first = judged("03", Answer("3.1", source), Answer("3.1", tell))
    again = judged("03", Answer("3.1", source), Answer("3.1", tell))
    assert first == again


def test_imports_look_into_no_folder_of_the_teachers(judged):
    looks = "any(sys.prefix.startswith(each) for each in sys.path)"
    answer = f"import sys\n\nlazy_accuracy = ... if {looks} else 1 - y.mean()"
    (verdict,) = judged("03", Answer("3.1", f"{answer}\nconstant_ap = y.mean()"))
    assert (verdict.status, verdict.suspicion) == (CORRECT, "")


def test_objects_outside_write_and_read_nothing_for_an_answer(judged, tmp_path):
    steal = (
        "def judge(detector, X_train, y_train, X_validation, y_validation, X_test):\n"
        "    detector.fit(X_train[y_train == 0])\n"
        "    for do in ('save', 'load', 'to_onnx', '__reduce__', '_fit'):\n"
        f"        try:\n            getattr(detector, do)({str(tmp_path / 'mine')!r})\n"
        "        except Exception:\n            pass\n"
        "    of_normal = detector.decision_function(X_validation[y_validation == 0])\n"
        "    return detector.decision_function(X_test), np.quantile(of_normal, 0.99)"
    )
    (verdict,) = judged("08", Answer("8.1", steal))
    assert verdict.status == CORRECT  # the rest is right
    assert list(tmp_path.iterdir()) == []


def test_a_verdict_of_every_lesson_can_be_asked_for():
    for lesson in lessons_here():
        ground = lesson_ground(lesson)
        assert ground.exercises
        assert all(ground.blank(found.number) for found in ground.exercises)
