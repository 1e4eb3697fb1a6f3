"""The command line: a file for each group of commands; `console` alone writes to the terminal and sets exit codes."""
