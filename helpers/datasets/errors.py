"""What can go wrong with a data set, each as one line that says what to do."""

from helpers.errors import KitError


class UnknownDataset(KitError):
    """No data set has this name; the line suggests the nearest ones."""


class DatasetUnavailable(KitError):
    """A file is not on this machine and can't be fetched now.

    The line names the file, its size, the reason and where to put the file. Lessons
    catch this one to skip a "go further" cell.
    """


class DatasetDamaged(KitError):
    """A file on this machine is not the one in the registry: torn or changed.

    Not a `DatasetUnavailable`: what is wrong should be seen, not skipped.
    """
