"""What a class receives: `workshop release` packs it, with nothing that solves.

`program` finds which code of the checks may go out, `recording` notes what the rest
gives on the visible draw, `checks` writes and tries the released modules, `kit` makes
the stripped tree and its wheel, `bundle` the zip; `leaks` looks for what must not be
in it. `lite` makes a site of a release, which runs in a browser.
"""
