"""Errors that a person reads: one line that names the problem and the way out."""


class KitError(Exception):
    """A problem the user can solve; `str(error)` is one line, shown without traceback.

    Raised by the kit's own commands and loaders. The command line prints the line
    and leaves with exit status 1; in a notebook it ends the traceback.
    """
