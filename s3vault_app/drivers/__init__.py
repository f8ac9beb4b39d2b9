"""Engines behind one boundary (base.py): our own SeaweedFS, and S3 stores that are there."""
