"""The doors of the data vault: every function checks, acts, emits and records."""
