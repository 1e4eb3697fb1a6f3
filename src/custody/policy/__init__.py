"""Judgement: facts and a policy come to a verdict, with its reasons. Nothing here reads a file."""
