"""What checks, hints and pictures say, in the language of the notebook.

`spoken.py` is all that a learner's kernel needs: it finds the language and looks texts
up in `LANGUAGE/messages.json`. Beside that lie the catalogues, `LANGUAGE/*.po`, which
translators edit; `helpers/authoring/catalogues.py` reads and renews them.
"""

from helpers.translations.spoken import ENGLISH, language, languages, translated

__all__ = ["ENGLISH", "language", "languages", "translated"]
