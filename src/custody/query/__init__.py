"""The read side: verified entries become answers."""
