"""The build of the course: one source per lesson, two notebooks derived from it.

`solutions/NN_slug.py` holds a lesson's prose, code, exercises, solutions, wrong answers
and teacher's notes. From it come `solutions/NN_slug.ipynb`, the executed reference, and
`notebooks/NN_slug.ipynb`, which a learner opens. What the build guarantees:

The source (`rules.py`; all problems at once, each as `path:line: message`)
- Solutions are marked whole, in exercise cells only; no solution line and no wrong
  answer reaches a learner's notebook, and what is left of a cell is Python.
- Every exercise has a number of its lesson that no other has, a check in the next code
  cell, and two wrong answers or more, each with the diagnosis it must get.
- Tags and cell metadata are known ones: a misspelt tag is a problem, not a plain cell.
- One title, `# NN · Title`, with its table; no skipped heading level; a "Take away".
- Every image in prose has alt text.

The learner's notebook (`derive.py`, `blanks.py`, `setup_cell.py`)
- No outputs, no execution counts, no teacher's notes; it runs from top to bottom blank.
- Its first cell makes it run where the file is all there is.

The reference (`execute.py`)
- Executed in a fresh kernel of this Python, without network and without a data mirror.
- No error, no warning on stderr, no memory address, no progress bar; each image carries
  the figure summary that its cell prints as alt text.
- Keeps solutions and teacher's notes; has no wrong answers.

Both
- nbformat 4.5, valid; cell ids that stay the same while the cell does, alike in both.
- The same source and run time give the same bytes; both files are written, or none.

In another language (`messages.py`, `catalogues.py`, `translate.py`)
- Code, cell ids and tags are those of the learner's notebook; only prose changes.
- What isn't translated, or changed since, is English, and is counted.
- A translation keeps values, code, links, formulas, headings, tables and numbers.

The course (`run_times.py`, `course_map.py`, `build.stale`)
- Run times are measured, rounded up to a coarse ladder, and written with
  `--record-times` only; so are the outputs of cells tagged `machine-time`.
- README and `notebooks/index.ipynb` show the course map of the sources.
- `stale` re-derives everything without running it and names each file that differs.
"""

import helpers.quick  # noqa: F401 - before nbformat is
from helpers.authoring.problems import LessonError, Problem

__all__ = ["LessonError", "Problem"]
