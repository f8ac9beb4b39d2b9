"""Secrets from and to the files of other programs: pure, without a look at the database."""
