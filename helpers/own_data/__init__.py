"""Your own data: read a CSV, ask the five questions, write one page about it."""
