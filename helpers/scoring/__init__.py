"""Scores for a table of rows, by a detector in a file: `workshop score`."""
