"""Judgement: facts and a policy come to a verdict, with its reasons."""
