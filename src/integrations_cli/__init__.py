"""`integrations`: keep the third-party credentials of many websites.

Applications: `integrations_cli.connect()`; see docs/using-in-an-application.md. Importing this package costs nothing.
"""

__version__ = "0.1.0"

TYPE_CHECKING = False  # as in typing, whose import the front door does without
if TYPE_CHECKING:
    from integrations_cli.application import Connection, Integration, Website, connect
    from integrations_cli.masking import Secret

__all__ = ["Connection", "Integration", "Secret", "Website", "__version__", "connect"]


def __getattr__(name: str) -> object:
    if name == "Secret":
        from integrations_cli import masking  # noqa: PLC0415

        return masking.Secret
    if name in __all__:
        from integrations_cli import application  # noqa: PLC0415  the store comes with it

        return getattr(application, name)
    raise AttributeError(name)
