"""The Jupyter server extension: REST, live events, and a look after runs whose process has died.

    app.py        the extension: starts and stops the rest
    handlers.py   routes -> store calls; `openapi.yaml` is their contract
    base.py       what all routes share: who asks, answers, errors
    actions.py    cancel, archive, delete, and the way back; many runs at once
    files.py      files of a run and of its source
    gitsource.py  a file of the source at the recorded commit
    scripts.py    submit a script, or one once more
    columns.py    what the runs that match have to show, and figures of groups of them
    groups.py     the sections of a list of runs
    series.py     values of metrics: all, a range, an outline
    logsearch.py  a text in a log, or its last traceback
    export.py     all values of metrics as CSV
    suggest.py    completions of a search text
    corrections.py  what was probably meant by a word that finds nothing
    targets.py    where scripts can be sent
    remote.py     the workspace as a store for other machines: calls, journals, tokens of runs
    tree.py       files of that workspace, there and back
    housekeeping.py  what it does for other machines where it is: gc, export, import
    access.py     who may ask those routes
    scoped.py     what the token of a run is good for
    rules.py      who may change whose runs
    requests.py   query values and bodies, checked; errors that only a server knows
    stores.py     which workspaces there are, and their stores, opened on first use
    page.py       the studio as a page of its own
    alone.py      a server for that page alone
    team.py       a server for one workspace of a team
    hub.py        notices changes and says so on the server's event bus
    logfile.py    a range of a log as text

Nothing is kept here: what the server answers is what the store says.
"""
