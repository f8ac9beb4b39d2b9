"""Runs the teams' own JavaScript next to the data and lets it reach nothing.

The door is ``vaultportal.sandbox.api``. Nothing is imported here: the locked processes import
``vaultportal.sandbox.child`` and must not draw in the portal with it.
"""
