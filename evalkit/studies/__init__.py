"""Studies: models × wordings × everything that one run holds (tasks, targets, epochs), from one file.

`study_file` reads the file, `matrix` turns it into runs, `conduct` makes them side by side and goes on where an earlier
call ended.
"""
