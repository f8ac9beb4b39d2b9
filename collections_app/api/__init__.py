"""The collections on the wire, as Piiano Vault's REST API."""
