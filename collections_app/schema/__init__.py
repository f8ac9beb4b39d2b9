"""What a collection may hold: data types, their checks and masks, and compiled schemas. Pure."""
