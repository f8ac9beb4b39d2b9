"""Vault Portal: four kinds of vault behind one identity, one access rule and one audit chain."""

__version__ = "0.1.0"
