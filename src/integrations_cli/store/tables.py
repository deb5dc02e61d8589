"""The tables. The seed's `credentials` column is the sealed blob of the active credential version.

Ids are 16 random bytes, never reused. Times are UTC text like `2026-11-22T09:14:03Z`. No clear value is an attribute of any model.
"""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from integrations_cli.store.columns import forgiving


class StoreRow(SQLModel, table=True):
    """One row: who this store is. `format` is the schema step it has."""

    __tablename__ = "store"
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    format: int
    created_at: str


class Website(SQLModel, table=True):
    """A tenant."""

    __tablename__ = "website"
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    slug: str = Field(unique=True)
    name: str
    created_at: str


class Integration(SQLModel, table=True):
    """One website, category and provider. An error counts only while `last_error_version` is the active version."""

    __tablename__ = "integration"
    __table_args__ = (
        UniqueConstraint("website_id", "category", "provider", name="uq_integration_website_category_provider"),
        Index("ix_integration_website_enabled", "website_id", "enabled"),
        Index("ix_integration_website_category", "website_id", "category"),
        Index("ix_integration_category_provider", "category", "provider", "website_id"),
        Index("ix_integration_last_error_at", "last_error_at", sqlite_where=text("last_error_at IS NOT NULL")),
    )
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    website_id: bytes = Field(sa_type=LargeBinary, foreign_key="website.id", ondelete="CASCADE")
    category: str
    provider: str
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    enabled: bool = True
    last_used_at: str | None = None
    last_error_at: str | None = None
    last_error_message: str | None = None  # one of our own words, never a provider's text
    last_error_outcome: str | None = None
    last_error_cause: str | None = None
    last_error_http: int | None = None
    last_error_version: int | None = None
    unreadable_since: str | None = None
    account: str | None = None
    account_id: str | None = None
    expires_at: str | None = None
    created_at: str
    updated_at: str


class CredentialVersion(SQLModel, table=True):
    """All credentials of an integration together, sealed. A destroyed version keeps its row with empty blob, bound and card.

    `card` holds hint and fingerprint per field. `bound` holds the destination settings the seal was made for.
    """

    __tablename__ = "credential_version"
    __table_args__ = (
        CheckConstraint("state IN ('pending','active','previous','destroyed')", name="ck_version_state"),
        Index("uq_version_active", "integration_id", unique=True, sqlite_where=text("state = 'active'")),
        Index("uq_version_pending", "integration_id", unique=True, sqlite_where=text("state = 'pending'")),
        Index("ix_version_destroy_after", "destroy_after", sqlite_where=text("destroy_after IS NOT NULL")),
    )
    integration_id: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="integration.id", ondelete="CASCADE")
    version: int = Field(primary_key=True)
    state: str
    ended_by: str | None = None
    data_key_id: bytes = Field(sa_type=LargeBinary)
    blob: bytes = Field(sa_type=LargeBinary)
    bound: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    card: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    outcome: str | None = None  # of the last attempt, conclusive or not
    outcome_cause: str | None = None
    outcome_http: int | None = None
    outcome_at: str | None = None
    verdict: str | None = None  # of the last attempt that said something about the credentials
    destroy_after: str | None = None
    created_at: str
    actor: str


class Carried(SQLModel, table=True):
    """What changes together with a version that is not the active one, in either direction: settings to come, or to go back to.

    `settings` maps a name to its value, null unsets it. `keep` is how long the replaced version is kept, in seconds. `mac` is made with
    the audit key of `epoch`; a row without one is of an older schema, or nothing of ours.
    """

    __tablename__ = "carried"
    integration_id: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="integration.id", ondelete="CASCADE")
    version: int = Field(primary_key=True)
    settings: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    expires_at: str | None = None
    keep: int = 86400
    epoch: int | None = None
    mac: bytes | None = Field(default=None, sa_type=LargeBinary)


class KeySlot(SQLModel, table=True):
    """A way to unlock the root key."""

    __tablename__ = "key_slot"
    __table_args__ = (CheckConstraint("state IN ('active','retired','destroyed')", name="ck_slot_state"),)
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    kind: str
    locator: str
    params: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    position: int
    state: str
    root_key_id: bytes = Field(sa_type=LargeBinary)
    wrapped_root: bytes = Field(sa_type=LargeBinary)
    created_at: str
    verified_at: str | None = None


class DataKey(SQLModel, table=True):
    """A wrapped key: one active per (scope, scope_id). `epoch` numbers the keys of the audit log, from 1."""

    __tablename__ = "data_key"
    __table_args__ = (
        CheckConstraint("scope IN ('website','audit','fingerprint')", name="ck_data_key_scope"),
        Index("uq_data_key_active", "scope", "scope_id", unique=True, sqlite_where=text("state = 'active'")),
    )
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    scope: str
    scope_id: bytes = Field(sa_type=LargeBinary)
    state: str
    root_key_id: bytes = Field(sa_type=LargeBinary)
    wrapped: bytes = Field(sa_type=LargeBinary)
    epoch: int | None = None


class KeyOperation(SQLModel, table=True):
    """Work that can be resumed; `vacuum` is the closing step of every destruction."""

    __tablename__ = "key_operation"
    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    kind: str
    step: str
    cursor: str | None = None
    started_at: str
    host: str
    pid: int


class AuditRow(SQLModel, table=True):
    """One entry of a chain. `body` is the canonical JSON text that the MAC covers."""

    __tablename__ = "audit_row"
    chain: bytes = Field(primary_key=True, sa_type=LargeBinary)
    seq: int = Field(primary_key=True)
    at: str
    epoch: int
    body: str
    mac: bytes = Field(sa_type=LargeBinary)


class AuditHead(SQLModel, table=True):
    """Where a chain ends."""

    __tablename__ = "audit_head"
    chain: bytes = Field(primary_key=True, sa_type=LargeBinary)
    seq: int
    mac: bytes = Field(sa_type=LargeBinary)


class AccessOwner(SQLModel, table=True):
    """Who owns the store as a whole."""

    __tablename__ = "access_owner"
    principal: str = Field(primary_key=True)


class AccessGrant(SQLModel, table=True):
    """Who has which role on a website: one each."""

    __tablename__ = "access_grant"
    principal: str = Field(primary_key=True)
    website_id: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="website.id", ondelete="CASCADE")
    role: str


class CheckBucket(SQLModel, table=True):
    """How many checks of a provider a website has left."""

    __tablename__ = "check_bucket"
    website_id: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="website.id", ondelete="CASCADE")
    provider: str = Field(primary_key=True)
    tokens: float
    refilled_at: str


class Usage(SQLModel, table=True):
    """Uses of one integration on one day (`2026-11-24`) or, when that is long ago, in one month (`2025-10`).

    `status` is `ok` or the class of an error. `cost` is estimated, in millionths of a dollar; `unpriced` calls had no known price.
    """

    __tablename__ = "usage"
    __table_args__ = ({"sqlite_with_rowid": False},)
    integration_id: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="integration.id", ondelete="CASCADE")
    day: str = Field(primary_key=True)
    action: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    calls: int
    duration_ms: int
    tokens_in: int
    tokens_out: int
    cost: int
    unpriced: int


for _table in SQLModel.metadata.tables.values():
    for _column in _table.columns:
        _column.type = forgiving(_column.type)
