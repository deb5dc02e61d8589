"""`integrations demo`: the real commands in a throw-away home, against a provider stand-in on loopback."""
