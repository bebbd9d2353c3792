"""Imported first by packages that read notebooks: `import nbformat`, but quickly.

nbformat checks notebooks by jsonschema. Where JupyterLab is installed that loads a
checker of internationalised addresses, too, which compiles 38 grammars at every start:
1.1 s of processor time of 1.2. No schema of notebooks has such an address.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
