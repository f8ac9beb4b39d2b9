"""The forms of the storage pages."""
