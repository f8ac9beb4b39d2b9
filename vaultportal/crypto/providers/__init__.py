"""Where root keys live: PORTAL_KEY_PROVIDER names the one in use; more fit the protocol."""
