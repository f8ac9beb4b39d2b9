"""Django's PostgreSQL backend with a pool that asks less often whether a session is alive."""
