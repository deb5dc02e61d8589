"""What we remember. The only room that knows SQL and cryptography.

Importing this package costs nothing: `glance` must stay free of everything `store` needs.
"""

TYPE_CHECKING = False  # as in typing, whose import would be a third of the time of a TAB
if TYPE_CHECKING:
    from integrations_cli.store.store import Conversation, Store, open_store

__all__ = ["Conversation", "Store", "open_store"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from integrations_cli.store import store  # noqa: PLC0415  SQLModel comes with it

        return getattr(store, name)
    raise AttributeError(name)
