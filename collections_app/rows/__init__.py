"""The SQL of objects: few statements, each for one object or a thousand.

Every function takes the compiled schema and raises ``catalog.SchemaMoved`` when the database is at
another epoch; what it would have written is then not written.
"""
