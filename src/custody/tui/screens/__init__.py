"""One module for each screen, with its stylesheet beside it."""
