"""The web book: the course as a site that asks the web for nothing.

`staged` writes what Sphinx reads: the executed lessons, the documents and the cards of
the data sets. The learners' edition has no solution, no output of one and no teacher's
note; the teacher's has all three.
"""

import helpers.quick  # noqa: F401 - before nbformat is
