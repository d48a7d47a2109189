"""Orders pushed to the HTTP endpoints of units, signed and retried."""
