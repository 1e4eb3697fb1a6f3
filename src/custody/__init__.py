"""custody: a chain of custody for software, in one file that anyone can check."""

__version__ = "0.1.0"
