"""Scripted people who take part in a rehearsal as anybody would: through the pages and sockets of a running server.

Nothing here knows Django or the database: what these people know, a browser knows.
"""
