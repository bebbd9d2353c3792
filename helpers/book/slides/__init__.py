"""Slides: the lessons cut into pieces that a projector shows, none taller than it.

`blocks` cuts text, `outputs` what cells printed and drew, `decks` fills slides with
both; nbconvert writes them.
"""
