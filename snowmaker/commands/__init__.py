"""One file per command; each is found by itself, by its name.

The first line of a file is its docstring and what `snowmaker --help` says of the command. `command` is the
click command: options, one verb of the project, one report, the exit code.
"""
