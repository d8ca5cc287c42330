"""The Jupyter server extension: REST, live events, and a look after runs whose process has died.

    app.py        the extension: starts and stops the rest
    handlers.py   routes -> store calls; `openapi.yaml` is their contract
    base.py       what all routes share: who asks, answers, errors
    actions.py    cancel, archive, delete, and the way back; many runs at once
    files.py      files of a run and of its source
    gitsource.py  a file of the source at the recorded commit
    scripts.py    submit a script, or one once more
    suggest.py    completions of a search text
    requests.py   query values and bodies, checked; errors that only a server knows
    stores.py     which workspaces there are, and their stores, opened on first use
    page.py       the studio as a page of its own
    alone.py      a server for that page alone
    hub.py        notices changes and says so on the server's event bus
    logfile.py    a range of a log as text

Nothing is kept here: what the server answers is what the store says.
"""
