"""The load harness: ``python -m bench --help``. Figures, not tests: nothing here fails a build."""
