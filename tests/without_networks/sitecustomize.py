"""Refuse to import what a network needs; Python imports this file when it starts."""

import sys

REFUSED = ("keras", "tensorflow", "h5py")


class _Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"{name} is refused here")


sys.meta_path.insert(0, _Refusing())
