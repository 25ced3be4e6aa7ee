"""One module per command: its docstring is its help, `add_arguments` its grammar, `run` its work."""
