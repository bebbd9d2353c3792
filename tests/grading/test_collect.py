"""A class's folder becomes one submission per learner and lesson, whatever is in it."""

import shutil

from helpers.grading.collect import collect
from helpers.grading.rows import READ, UNREADABLE
from helpers.paths import kit_root


def test_folders_and_files_are_learners_and_what_is_no_notebook_is_a_row(tmp_path):
    notebook = kit_root() / "notebooks" / "03_imbalanced_data.ipynb"
    (tmp_path / "ada").mkdir()
    shutil.copy(notebook, tmp_path / "ada" / "03.ipynb")
    shutil.copy(notebook, tmp_path / "bob.ipynb")
    (tmp_path / "cleo.pdf").write_bytes(b"%PDF-1.4")
    found = {each.learner: each for each in collect(tmp_path)}
    assert [found[name].status for name in sorted(found)] == [READ, READ, UNREADABLE]
    assert set(found["ada"].exercises) == {"3.1", "3.2", "3.3", "3.4"}
    assert found["cleo"].reason
