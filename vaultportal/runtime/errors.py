"""What keeps the portal from starting, said in a sentence to the person at the terminal."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured


class RuntimeFault(ImproperlyConfigured):
    """A folder, a file, an account or a service is not as it must be; it says what to do."""


class AlreadyRunning(RuntimeFault):
    """Another process owns the services of this data folder."""
