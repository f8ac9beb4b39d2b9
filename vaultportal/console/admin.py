"""Where Django's autodiscovery finds the ground floor's admin pages."""

from vaultportal.console.registrations import directory, people, runtime

__all__ = ["directory", "people", "runtime"]
