"""Whose word counts, for what, at which position: roots, trust documents, roles, and what this machine remembers."""
