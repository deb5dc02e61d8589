"""Step 1: the first schema, and the view `card`: what can be seen of an integration without a key."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

TABLES = (
    """
        CREATE TABLE audit_head (
            chain BLOB NOT NULL,
            seq INTEGER NOT NULL,
            mac BLOB NOT NULL,
            PRIMARY KEY (chain)
        )
    """,
    """
        CREATE TABLE audit_row (
            chain BLOB NOT NULL,
            seq INTEGER NOT NULL,
            at VARCHAR NOT NULL,
            epoch INTEGER NOT NULL,
            body VARCHAR NOT NULL,
            mac BLOB NOT NULL,
            PRIMARY KEY (chain, seq)
        )
    """,
    """
        CREATE TABLE data_key (
            id BLOB NOT NULL,
            scope VARCHAR NOT NULL,
            scope_id BLOB NOT NULL,
            state VARCHAR NOT NULL,
            root_key_id BLOB NOT NULL,
            wrapped BLOB NOT NULL,
            PRIMARY KEY (id),
            CONSTRAINT ck_data_key_scope CHECK (scope IN ('website','audit','fingerprint'))
        )
    """,
    """
        CREATE UNIQUE INDEX uq_data_key_active ON data_key (scope, scope_id) WHERE state = 'active'
    """,
    """
        CREATE TABLE key_operation (
            id BLOB NOT NULL,
            kind VARCHAR NOT NULL,
            step VARCHAR NOT NULL,
            cursor VARCHAR,
            started_at VARCHAR NOT NULL,
            host VARCHAR NOT NULL,
            pid INTEGER NOT NULL,
            PRIMARY KEY (id)
        )
    """,
    """
        CREATE TABLE key_slot (
            id BLOB NOT NULL,
            kind VARCHAR NOT NULL,
            locator VARCHAR NOT NULL,
            params JSON NOT NULL,
            position INTEGER NOT NULL,
            state VARCHAR NOT NULL,
            root_key_id BLOB NOT NULL,
            wrapped_root BLOB NOT NULL,
            created_at VARCHAR NOT NULL,
            verified_at VARCHAR,
            PRIMARY KEY (id),
            CONSTRAINT ck_slot_state CHECK (state IN ('active','retired','destroyed'))
        )
    """,
    """
        CREATE TABLE store (
            id BLOB NOT NULL,
            format INTEGER NOT NULL,
            created_at VARCHAR NOT NULL,
            PRIMARY KEY (id)
        )
    """,
    """
        CREATE TABLE website (
            id BLOB NOT NULL,
            slug VARCHAR NOT NULL,
            name VARCHAR NOT NULL,
            created_at VARCHAR NOT NULL,
            PRIMARY KEY (id),
            UNIQUE (slug)
        )
    """,
    """
        CREATE TABLE access_grant (
            principal VARCHAR NOT NULL,
            website_id BLOB NOT NULL,
            role VARCHAR NOT NULL,
            PRIMARY KEY (principal, website_id),
            FOREIGN KEY(website_id) REFERENCES website (id) ON DELETE CASCADE
        )
    """,
    """
        CREATE TABLE check_bucket (
            website_id BLOB NOT NULL,
            provider VARCHAR NOT NULL,
            tokens FLOAT NOT NULL,
            refilled_at VARCHAR NOT NULL,
            PRIMARY KEY (website_id, provider),
            FOREIGN KEY(website_id) REFERENCES website (id) ON DELETE CASCADE
        )
    """,
    """
        CREATE TABLE integration (
            id BLOB NOT NULL,
            website_id BLOB NOT NULL,
            category VARCHAR NOT NULL,
            provider VARCHAR NOT NULL,
            settings JSON NOT NULL,
            enabled BOOLEAN NOT NULL,
            last_used_at VARCHAR,
            last_error_at VARCHAR,
            last_error_message VARCHAR,
            last_error_outcome VARCHAR,
            last_error_cause VARCHAR,
            last_error_http INTEGER,
            last_error_version INTEGER,
            unreadable_since VARCHAR,
            account VARCHAR,
            account_id VARCHAR,
            expires_at VARCHAR,
            created_at VARCHAR NOT NULL,
            updated_at VARCHAR NOT NULL,
            PRIMARY KEY (id),
            CONSTRAINT uq_integration_website_category_provider UNIQUE (website_id, category, provider),
            FOREIGN KEY(website_id) REFERENCES website (id) ON DELETE CASCADE
        )
    """,
    """
        CREATE INDEX ix_integration_category_provider ON integration (category, provider, website_id)
    """,
    """
        CREATE INDEX ix_integration_last_error_at ON integration (last_error_at) WHERE last_error_at IS NOT NULL
    """,
    """
        CREATE INDEX ix_integration_website_category ON integration (website_id, category)
    """,
    """
        CREATE INDEX ix_integration_website_enabled ON integration (website_id, enabled)
    """,
    """
        CREATE TABLE credential_version (
            integration_id BLOB NOT NULL,
            version INTEGER NOT NULL,
            state VARCHAR NOT NULL,
            ended_by VARCHAR,
            data_key_id BLOB NOT NULL,
            blob BLOB NOT NULL,
            bound JSON NOT NULL,
            card JSON NOT NULL,
            outcome VARCHAR,
            outcome_cause VARCHAR,
            outcome_http INTEGER,
            outcome_at VARCHAR,
            verdict VARCHAR,
            destroy_after VARCHAR,
            created_at VARCHAR NOT NULL,
            actor VARCHAR NOT NULL,
            PRIMARY KEY (integration_id, version),
            CONSTRAINT ck_version_state CHECK (state IN ('pending','active','previous','destroyed')),
            FOREIGN KEY(integration_id) REFERENCES integration (id) ON DELETE CASCADE
        )
    """,
    """
        CREATE INDEX ix_version_destroy_after ON credential_version (destroy_after) WHERE destroy_after IS NOT NULL
    """,
    """
        CREATE UNIQUE INDEX uq_version_active ON credential_version (integration_id) WHERE state = 'active'
    """,
    """
        CREATE UNIQUE INDEX uq_version_pending ON credential_version (integration_id) WHERE state = 'pending'
    """,
)
CARD = """
    CREATE VIEW card AS
    SELECT w.slug AS website, i.category, i.provider, lower(hex(i.id)) AS id, i.enabled, i.settings, i.unreadable_since, i.account,
        i.last_used_at, i.created_at, i.updated_at, i.expires_at,
        CASE WHEN i.last_error_version IS v.version THEN i.last_error_outcome END AS error_outcome,
        i.last_error_cause AS error_cause, i.last_error_http AS error_http, i.last_error_at AS error_at,
        v.version, v.card, v.created_at AS changed_at, v.outcome, v.outcome_cause, v.outcome_http, v.outcome_at, v.verdict
    FROM integration i
    JOIN website w ON w.id = i.website_id
    LEFT JOIN credential_version v ON v.integration_id = i.id AND v.state = 'active'
"""


def upgrade(op: "Operations") -> None:
    """From nothing to format 1."""
    for statement in (*TABLES, CARD):
        op.execute(statement)
