"""The triggers' pages."""
