"""Answers on paper: a document of plain values for each subject, and writers that make it Markdown, HTML or JSON.

`subject` says what a report is on, and `answer` makes it. `document` is the model; `head` what every report begins
with; `ledger`, `artifact`, `environment`, `findings` and `entry` make a document from verified answers; `formats`
writes it; `pack` puts it in a folder with its proofs; `writing` gives it a name, and no other file's place unasked.
Nothing of a document is trusted to be harmless: the writers make every text of it safe, whoever wrote it.
"""
