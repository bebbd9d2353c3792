"""A small course for the tests of the build: one lesson, and `helpers` of its own."""

from pathlib import Path

from helpers.authoring.course import Course
from helpers.authoring.source import Lesson, parse_lesson

LESSON = '''\
# A lesson for tests.

# %% [markdown]
# # 03 · Small steps
#
# | | |
# |---|---|
# | You will be able to | double a number |
# | You need | nothing |
# | Time | 5 minutes of reading and doing; the cells run in {run_seconds} seconds |

# %% tags=["setup"]
import helpers

helpers.start("03")

# %%
from types import SimpleNamespace


def check(number, answer):
    value = answer(21) if callable(answer) else answer
    if value is None or value is ...:
        return SimpleNamespace(status="not attempted", diagnosis=None, message="")
    if value == 42:
        return SimpleNamespace(status="correct", diagnosis=None, message="Yes.")
    diagnosis = "tripled" if value == 63 else "other"
    return SimpleNamespace(status="wrong", diagnosis=diagnosis, message="Not twice.")

# %% [markdown]
# ## Doubling
#
# ![Two dots beside one dot](dots.png)
#
# ### Exercise 3.1: a function
#
# Some words.

# %% tags=["exercise"]
# Exercise 3.1
def double(number):
    """Return twice the number."""
    ### BEGIN SOLUTION
    secret_sum = number + number
    return secret_sum
    ### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("3.1", double)

# %% tags=["wrong-answer"] exercise="3.1" diagnosis="tripled"
def double(number):
    return 3 * number

# %% tags=["wrong-answer"] exercise="3.1" diagnosis="other"
def double(number):
    return number

# %% [markdown] tags=["teacher-note"]
# Ask for the zero first.

# %% [markdown]
# ### Exercise 3.2: a number

# %% tags=["exercise"]
# Exercise 3.2
given = 21
### BEGIN SOLUTION
secret_step = given
answer = secret_step * 2
### END SOLUTION

# %% tags=["check", "nbval-check-output"]
check("3.2", answer)

# %% tags=["wrong-answer"] exercise="3.2" diagnosis="tripled"
answer = given * 3

# %% tags=["wrong-answer"] exercise="3.2" diagnosis="other"
answer = given

# %%
import matplotlib.pyplot as plt

figure, ax = plt.subplots(figsize=(1, 1))
_ = ax.plot([21, 42])
print("Figure: a line climbs from 21 to 42.")

# %% [markdown]
# ## Take away
#
# - Twice is not three times.
'''

HELPERS = """\
# stands for the kit of the anomaly-detection workshop
def start(lesson, alone=False):
    print(f"ready for lesson {lesson}")
"""
PYPROJECT = """\
[project]
version = "1.2.3"
[tool.workshop]
repository = "{repository}"
"""
README = "# A course\n\n<!-- course map -->\n<!-- /course map -->\n\nThe end.\n"
NAME = "03_small_steps"


def make_course(root: Path, *, lessons=None, repository: str = "") -> Course:
    """Write a course below `root`: lessons is {name: text}, one by default."""
    files = {
        "pyproject.toml": PYPROJECT.format(repository=repository),
        "README.md": README,
        "helpers/__init__.py": HELPERS,
    }
    for name, text in ({NAME: LESSON} if lessons is None else lessons).items():
        files[f"solutions/{name}.py"] = text
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Course(root)


def lesson_of(text: str = LESSON, name: str = NAME) -> Lesson:
    """Return the lesson that `text` spells."""
    return parse_lesson(text, path=Path(f"{name}.py"), label=f"solutions/{name}.py")


def line_of(text: str, part: str) -> int:
    """Return the line, from 1, where `part` first begins in `text`."""
    return text.count("\n", 0, text.index(part)) + 1
