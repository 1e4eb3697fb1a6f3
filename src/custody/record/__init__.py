"""The write side: files that a pipeline leaves behind become what an entry can say."""
