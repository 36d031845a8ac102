"""Companies at the door: registration, logins, powers, second factor, tokens, webhooks.

Revision ID: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# Whoever changes a case or a place need not think of webhooks, and none is forgotten. What the
# company may be told is decided when it is told, by the mandate in force then.
_TRIGGERS = """
CREATE FUNCTION company_case_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company_event (company_id, vorgang_id, kind)
    SELECT NEW.company_id, NEW.id,
           CASE WHEN TG_OP = 'INSERT' THEN 'case.opened' ELSE 'case.state' END
     WHERE EXISTS (SELECT 1 FROM webhook w
                    WHERE w.company_id = NEW.company_id AND w.revoked_at IS NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER company_case_opened AFTER INSERT ON vorgang
    FOR EACH ROW WHEN (NEW.company_id IS NOT NULL) EXECUTE FUNCTION company_case_event();
CREATE TRIGGER company_case_moved AFTER UPDATE OF state ON vorgang
    FOR EACH ROW WHEN (NEW.company_id IS NOT NULL AND OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION company_case_event();
-- Whether a mandate in force on a day covers what an event tells; asked when a message is ordered
-- and again when it leaves.
CREATE FUNCTION company_may_hear(event company_event, day date, restricted text[])
RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT 1 FROM vorgang v
          JOIN mandate m ON m.person_id = v.person_id AND m.company_id = v.company_id
         WHERE v.id = event.vorgang_id AND v.company_id = event.company_id
           AND v.verfahren <> ALL(restricted)
           AND m.revoked_at IS NULL AND day BETWEEN m.valid_from AND m.valid_until
           AND (m.vorgang_id IS NULL OR m.vorgang_id = v.id)
           AND m.scope @> ARRAY[CASE WHEN event.kind LIKE 'case.%' THEN 'state'
                                     ELSE 'appointments' END])
$$;
CREATE FUNCTION company_booking_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO company_event (company_id, vorgang_id, kind)
    SELECT v.company_id, v.id, 'appointment.changed' FROM vorgang v
     WHERE v.id = NEW.vorgang_id
       AND EXISTS (SELECT 1 FROM webhook w
                    WHERE w.company_id = v.company_id AND w.revoked_at IS NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER company_booking_made AFTER INSERT ON booking
    FOR EACH ROW WHEN (NEW.vorgang_id IS NOT NULL) EXECUTE FUNCTION company_booking_event();
CREATE TRIGGER company_booking_changed AFTER UPDATE OF status, day ON booking
    FOR EACH ROW WHEN (NEW.vorgang_id IS NOT NULL AND (OLD.status IS DISTINCT FROM NEW.status
                       OR OLD.day IS DISTINCT FROM NEW.day))
    EXECUTE FUNCTION company_booking_event();
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _new_tables()
    _old_tables()
    op.execute(_TRIGGERS)


def _new_tables() -> None:
    op.create_table(
        "agency_power",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), server_default="hr", nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("granted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("granted_by", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('hr','read')", name=op.f("ck_agency_power_role_known")),
        sa.CheckConstraint("company_id <> agency_id", name=op.f("ck_agency_power_another_company")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["company.id"], name=op.f("fk_agency_power_agency_id")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_agency_power_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["app_user.id"], name=op.f("fk_agency_power_granted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_power")),
    )
    op.create_index(op.f("ix_agency_power_agency_id"), "agency_power", ["agency_id"], unique=False)
    op.create_index(
        "uq_agency_power_active",
        "agency_power",
        ["company_id", "agency_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("begins", sa.Text(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("window_start", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("window_calls", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_api_token_company_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_company_id"), "api_token", ["company_id"], unique=False)
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "company_access",
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="employer", nullable=False),
        sa.Column("approved_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('employer','agency')", name=op.f("ck_company_access_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["app_user.id"], name=op.f("fk_company_access_approved_by")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_access_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_company_access")),
    )
    op.create_table(
        "company_registration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("register_court", sa.Text(), nullable=False),
        sa.Column("register_no", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("sites", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("contact_name", sa.Text(), nullable=False),
        sa.Column("contact_email", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), server_default="", nullable=False),
        sa.Column("proof_sha256", sa.Text(), nullable=False),
        sa.Column("proof_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="applied", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("applied_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('employer','agency')", name=op.f("ck_company_registration_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('applied','returned','refused','approved')",
            name=op.f("ck_company_registration_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_registration_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["app_user.id"], name=op.f("fk_company_registration_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_registration")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_company_registration_token_hash")),
    )
    op.create_index(
        op.f("ix_company_registration_company_id"),
        "company_registration",
        ["company_id"],
        unique=False,
    )
    op.create_index(
        "ix_company_registration_open",
        "company_registration",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'applied'"),
    )
    op.create_index(
        op.f("ix_company_registration_proof_sha256"),
        "company_registration",
        ["proof_sha256"],
        unique=False,
    )
    op.create_table(
        "company_site",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_site_company_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_site")),
    )
    op.create_index("uq_company_site_name", "company_site", ["company_id", "name"], unique=True)
    op.create_table(
        "member_invitation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("site_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("invited_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('admin','hr','read')", name=op.f("ck_member_invitation_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_member_invitation_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["app_user.id"], name=op.f("fk_member_invitation_invited_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_member_invitation_token_hash")),
    )
    op.create_index(
        op.f("ix_member_invitation_company_id"), "member_invitation", ["company_id"], unique=False
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_recovery_code_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_user_id"), "recovery_code", ["user_id"], unique=False)
    op.create_table(
        "second_factor",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("confirmed_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_second_factor_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_second_factor")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_webhook_company_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_webhook_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(
        "ix_webhook_active",
        "webhook",
        ["company_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "api_answer",
        sa.Column("token_id", sa.BigInteger(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_token.id"], name=op.f("fk_api_answer_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "key_hash", name=op.f("pk_api_answer")),
    )
    op.create_index(op.f("ix_api_answer_created_at"), "api_answer", ["created_at"], unique=False)
    op.create_table(
        "company_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("told_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_event_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_company_event_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company_event")),
    )
    op.create_index(
        op.f("ix_company_event_company_id"), "company_event", ["company_id"], unique=False
    )
    op.create_index(
        "ix_company_event_untold",
        "company_event",
        ["id"],
        unique=False,
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index(
        op.f("ix_company_event_vorgang_id"), "company_event", ["vorgang_id"], unique=False
    )
    op.create_table(
        "company_look",
        sa.Column("vorgang_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("looks", sa.Integer(), server_default="1", nullable=False),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_company_look_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_company_look_vorgang_id")
        ),
        sa.PrimaryKeyConstraint(
            "vorgang_id", "company_id", "agency_id", "day", name=op.f("pk_company_look")
        ),
    )
    op.create_table(
        "mandate_request",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("vorgang_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("proof_sha256", sa.Text(), nullable=True),
        sa.Column("proof_name", sa.Text(), server_default="", nullable=False),
        sa.Column("requested_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('open','granted','refused')", name=op.f("ck_mandate_request_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name=op.f("fk_mandate_request_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["app_user.id"], name=op.f("fk_mandate_request_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["app_user.id"], name=op.f("fk_mandate_request_requested_by")
        ),
        sa.ForeignKeyConstraint(
            ["site_id"], ["company_site.id"], name=op.f("fk_mandate_request_site_id")
        ),
        sa.ForeignKeyConstraint(
            ["vorgang_id"], ["vorgang.id"], name=op.f("fk_mandate_request_vorgang_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mandate_request")),
    )
    op.create_index(
        op.f("ix_mandate_request_company_id"), "mandate_request", ["company_id"], unique=False
    )
    op.create_index(
        "ix_mandate_request_open",
        "mandate_request",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        op.f("ix_mandate_request_proof_sha256"), "mandate_request", ["proof_sha256"], unique=False
    )
    op.create_index(
        op.f("ix_mandate_request_vorgang_id"), "mandate_request", ["vorgang_id"], unique=False
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("webhook_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("delivered_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["company_event.id"],
            name=op.f("fk_webhook_delivery_event_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(
        op.f("ix_webhook_delivery_event_id"), "webhook_delivery", ["event_id"], unique=False
    )
    op.create_index(
        "uq_webhook_delivery_once", "webhook_delivery", ["webhook_id", "event_id"], unique=True
    )


def _old_tables() -> None:
    op.add_column(
        "company_member", sa.Column("role", sa.Text(), server_default="admin", nullable=False)
    )
    op.add_column(
        "company_member", sa.Column("site_ids", postgresql.ARRAY(sa.BigInteger()), nullable=True)
    )
    op.add_column(
        "company_member", sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True)
    )
    op.create_index("ix_company_member_company", "company_member", ["company_id"], unique=False)
    op.add_column("mandate", sa.Column("kind", sa.Text(), server_default="power", nullable=False))
    op.add_column("mandate", sa.Column("vorgang_id", sa.BigInteger(), nullable=True))
    op.add_column("mandate", sa.Column("site_id", sa.BigInteger(), nullable=True))
    op.add_column("mandate", sa.Column("proof_sha256", sa.Text(), nullable=True))
    op.add_column("mandate", sa.Column("proof_name", sa.Text(), server_default="", nullable=False))
    op.alter_column("mandate", "recorded_by", existing_type=sa.BIGINT(), nullable=True)
    op.drop_index(
        op.f("uq_mandate_active"), table_name="mandate", postgresql_where="(revoked_at IS NULL)"
    )
    op.create_index(
        "uq_mandate_active",
        "mandate",
        ["company_id", "person_id", sa.text("coalesce(vorgang_id, 0)")],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(op.f("ix_mandate_proof_sha256"), "mandate", ["proof_sha256"], unique=False)
    op.create_index(op.f("ix_mandate_vorgang_id"), "mandate", ["vorgang_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_mandate_vorgang_id"), "mandate", "vorgang", ["vorgang_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_mandate_site_id"), "mandate", "company_site", ["site_id"], ["id"]
    )
    op.add_column("user_session", sa.Column("waits_for", sa.Text(), nullable=True))
    op.add_column("user_session", sa.Column("company_id", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_company_member_role_known"), "company_member", "role IN ('admin','hr','read')"
    )
    op.create_check_constraint(
        op.f("ck_mandate_kind_known"), "mandate", "kind IN ('power','declaration')"
    )
    op.create_check_constraint(
        op.f("ck_user_session_waits_known"), "user_session", "waits_for IN ('code','setup')"
    )
