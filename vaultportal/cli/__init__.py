"""``vp``: secrets on the command line, over the portal's own API.

It is a client like any other: it knows addresses and JSON, and nothing of the server's code.
"""
