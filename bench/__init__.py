"""The numbers of custody, measured side by side with a baseline: `python -m bench`."""
