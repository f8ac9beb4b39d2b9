"""Gates: who is asked before an operation, what they said, and that it counts once."""
