"""For applications: the integrations of a website, used from Python. `integrations_cli.connect()` is the way in.

    with integrations_cli.connect() as connection:
        acme = connection.website("acme")
        ai = acme.integration_for("ai")
        key = ai.credential("api_key").reveal()

Nothing here is global: a connection holds its own store, its own opened credentials and its own usage figures; any number of
threads may use it, and each website sees its own keys only.
"""

from integrations_cli.application.connection import Connection, connect
from integrations_cli.application.integration import Integration
from integrations_cli.application.website import Scope, Website

__all__ = ["Connection", "Integration", "Scope", "Website", "connect"]
