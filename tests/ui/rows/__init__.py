"""The pages of each area: ROWS to walk, ELSEWHERE for names without a page, SEED to make data.

A SEED is Python that runs inside the portal, with `actor` (the first administrator), `things`
(a dict that it fills, and that the paths of the rows name) and `random` (the module `secrets`).
The seeds run in the order of the areas.
"""
