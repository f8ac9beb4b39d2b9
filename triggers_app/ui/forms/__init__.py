"""The forms of the triggers' pages."""
