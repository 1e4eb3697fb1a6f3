"""The terminal interface: screens over `query` and `trust`.

`app.run` is the way in. A worker thread verifies and posts messages (`work`), handlers write them into one value
(`state`), and screens draw that. Whatever a ledger says reaches a widget only through `widgets.words` and
`widgets.table`, which never interpret it.
"""
