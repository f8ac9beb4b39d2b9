"""Our own API below /api/v1/triggers/: what the wire has no place for."""
