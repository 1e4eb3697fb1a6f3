"""The read side: verified entries become answers.

`index` is custody's own database of facts; `build` fills it from judged entries and `fold` turns reports into an
environment's states. `artifacts`, `trace`, `environments` and `moments` ask it; `entries` looks into the ledger.
"""
