"""The read side: verified entries become answers.

`index` is custody's own database of facts; `build` fills it from judged entries and `fold` turns reports into an
environment's states. `clocks` knows when entries arrived, `history` the states of an environment as they are known or
were believed to be. `artifacts`, `trace`, `environments`, `diffs`, `deployments`, `windows`, `whereabouts`, `incidents`
and `events` ask; `moments`, `durations` and `lookups` read what people write; `search` finds words; `entries` looks
into the ledger.
"""
