"""The pages that list something, with very many rows behind each: what they are, and their cost.

``pages`` is the table of them, which tests share; ``fill`` makes the rows; ``measure`` asks.
"""
