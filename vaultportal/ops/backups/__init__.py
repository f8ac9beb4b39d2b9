"""Backups of the database: made, kept, tried out and restored."""
