"""ledger

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SCHEMA = "payment"
CHECK_BALANCE = """
    CREATE FUNCTION payment.assert_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM payment.ledger_entry WHERE transaction_id = NEW.transaction_id
            GROUP BY currency HAVING sum(amount_minor_units) <> 0
        ) THEN
            RAISE EXCEPTION 'the entries of ledger transaction % do not sum to zero', NEW.transaction_id
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END $$
"""
BALANCED = """
    CREATE CONSTRAINT TRIGGER ledger_entry_balanced AFTER INSERT ON payment.ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment.assert_balanced()
"""
REFUSE_CHANGE = """
    CREATE FUNCTION payment.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the ledger is only ever added to' USING ERRCODE = 'check_violation';
    END $$
"""
ONLY_ADDED_TO = """
    CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE ON payment.{table}
    FOR EACH ROW EXECUTE FUNCTION payment.refuse_change()
"""
# What was captured and given back before there was a ledger: everything was the platform's own.
FORMER_MONEY = (
    """
    INSERT INTO payment.ledger_transaction (id, payment_id, kind, at)
        SELECT gen_random_uuid(), id, 'CAPTURE', updated_at FROM payment.payment WHERE captured_minor_units > 0
    """,
    """
    INSERT INTO payment.ledger_transaction (id, payment_id, refund_id, kind, at)
        SELECT gen_random_uuid(), payment_id, id, movement, created_at
        FROM payment.refund CROSS JOIN (VALUES ('REFUND'), ('REFUND_SENT')) AS movements (movement)
    """,
    """
    INSERT INTO payment.ledger_entry (transaction_id, account, payee_id, kind, amount_minor_units, currency, at)
        SELECT t.id, sides.account, '', CASE WHEN t.kind = 'CAPTURE' THEN 'GROSS' ELSE 'REFUND' END,
            sides.sign * coalesce(r.amount_minor_units, p.captured_minor_units), p.currency, t.at
        FROM payment.ledger_transaction AS t
        JOIN payment.payment AS p ON p.id = t.payment_id
        LEFT JOIN payment.refund AS r ON r.id = t.refund_id
        JOIN (VALUES
            ('CAPTURE', 'CARD_NETWORK', -1), ('CAPTURE', 'PLATFORM', 1),
            ('REFUND', 'PLATFORM', -1), ('REFUND', 'REFUNDS_IN_TRANSIT', 1),
            ('REFUND_SENT', 'REFUNDS_IN_TRANSIT', -1), ('REFUND_SENT', 'CARD_NETWORK', 1)
        ) AS sides (movement, account, sign) ON sides.movement = t.kind
    """,
)


def upgrade() -> None:
    _payments()
    _attempts()
    _refunds_and_disputes()
    _ledger()
    _bank_tasks()


def _payments() -> None:
    op.add_column(
        "payment",
        sa.Column("captured_minor_units", sa.BigInteger(), server_default="0", nullable=False),
        schema=SCHEMA,
    )
    op.execute("UPDATE payment.payment SET captured_minor_units = amount_minor_units WHERE state = 'CAPTURED'")
    op.add_column(
        "payment", sa.Column("capture_mode", sa.Text(), server_default="AUTOMATIC", nullable=False), schema=SCHEMA
    )
    op.add_column("payment", sa.Column("locale", sa.Text(), server_default="", nullable=False), schema=SCHEMA)
    for column in ("captured_minor_units", "capture_mode", "locale"):
        op.alter_column("payment", column, server_default=None, schema=SCHEMA)
    op.drop_constraint(op.f("ck_payment_refunded"), "payment", schema=SCHEMA)
    op.drop_constraint(op.f("ck_payment_refunded_of_captured"), "payment", schema=SCHEMA)
    for name, condition in (
        ("captured", "captured_minor_units BETWEEN 0 AND amount_minor_units"),
        ("captured_state", "(captured_minor_units > 0) = (state IN ('CAPTURED', 'DISPUTED'))"),
        ("refunded", "refunded_minor_units BETWEEN 0 AND captured_minor_units"),
        ("capture_mode", "capture_mode IN ('AUTOMATIC', 'MANUAL')"),
    ):
        op.create_check_constraint(op.f(f"ck_payment_{name}"), "payment", condition, schema=SCHEMA)
    op.create_table(
        "payment_share",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("payee_id", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("commission_basis_points", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_payment_share_amount")),
        sa.CheckConstraint("commission_basis_points BETWEEN 0 AND 10000", name=op.f("ck_payment_share_commission")),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_payment_share_payment_id")),
        sa.PrimaryKeyConstraint("payment_id", "position", name=op.f("pk_payment_share")),
        sa.UniqueConstraint("payment_id", "payee_id", name=op.f("uq_payment_share_payment_id_payee_id")),
        schema=SCHEMA,
    )


def _attempts() -> None:
    op.drop_constraint(op.f("ck_payment_attempt_outcome"), "payment_attempt", schema=SCHEMA)
    op.alter_column("payment_attempt", "outcome", new_column_name="state", schema=SCHEMA)
    # A question to the guest that was never answered is not open any more where the payment has moved on.
    op.execute("""
        UPDATE payment.payment_attempt AS a SET state = CASE
            WHEN a.state = 'APPROVED' THEN 'SUCCEEDED'
            WHEN a.state = 'DECLINED' THEN 'FAILED'
            WHEN p.state = 'ACTION_REQUIRED' THEN 'ACTION_REQUIRED'
            ELSE 'CANCELLED' END
        FROM payment.payment AS p WHERE p.id = a.payment_id
    """)
    op.create_check_constraint(
        op.f("ck_payment_attempt_state"),
        "payment_attempt",
        "state IN ('ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED', 'FAILED', 'CANCELLED')",
        schema=SCHEMA,
    )
    op.create_index(
        "ix_payment_attempt_live",
        "payment_attempt",
        ["payment_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("state IN ('ACTION_REQUIRED', 'PROCESSING', 'SUCCEEDED')"),
    )


def _refunds_and_disputes() -> None:
    op.add_column("refund", sa.Column("failure_code", sa.Text(), server_default="", nullable=False), schema=SCHEMA)
    op.alter_column("refund", "failure_code", server_default=None, schema=SCHEMA)
    op.add_column("refund", sa.Column("updated_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.execute("UPDATE payment.refund SET updated_at = created_at")
    op.alter_column("refund", "updated_at", nullable=False, schema=SCHEMA)
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('OPENED', 'WON', 'LOST')", name=op.f("ck_dispute_state")),
        sa.CheckConstraint("amount_minor_units > 0", name=op.f("ck_dispute_amount")),
        sa.CheckConstraint("(resolved_at IS NULL) = (state = 'OPENED')", name=op.f("ck_dispute_resolved")),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_dispute_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        schema=SCHEMA,
    )
    op.create_index("ix_dispute_payment_id", "dispute", ["payment_id"], schema=SCHEMA)
    op.create_index(
        "ix_dispute_open",
        "dispute",
        ["payment_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'OPENED'"),
    )


def _ledger() -> None:
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("dispute_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('CAPTURE', 'REFUND', 'REFUND_SENT', 'REFUND_FAILED', 'REFUND_REVERSED',"
            " 'DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST')",
            name=op.f("ck_ledger_transaction_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_ledger_transaction_payment_id")
        ),
        sa.ForeignKeyConstraint(["refund_id"], [f"{SCHEMA}.refund.id"], name=op.f("fk_ledger_transaction_refund_id")),
        sa.ForeignKeyConstraint(
            ["dispute_id"], [f"{SCHEMA}.dispute.id"], name=op.f("fk_ledger_transaction_dispute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        schema=SCHEMA,
    )
    for column in ("payment_id", "refund_id", "dispute_id"):
        op.create_index(f"ix_ledger_transaction_{column}", "ledger_transaction", [column], schema=SCHEMA)
    op.create_index(
        "ix_ledger_transaction_capture",
        "ledger_transaction",
        ["payment_id"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("kind = 'CAPTURE'"),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("payee_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor_units", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account IN ('CARD_NETWORK', 'PLATFORM', 'PAYEE', 'REFUNDS_IN_TRANSIT', 'DISPUTES')",
            name=op.f("ck_ledger_entry_account"),
        ),
        sa.CheckConstraint("(account = 'PAYEE') = (payee_id <> '')", name=op.f("ck_ledger_entry_payee")),
        sa.CheckConstraint(
            "kind IN ('GROSS', 'COMMISSION', 'REFUND', 'COMMISSION_RETURNED', 'DISPUTE')",
            name=op.f("ck_ledger_entry_kind"),
        ),
        sa.CheckConstraint("amount_minor_units <> 0", name=op.f("ck_ledger_entry_amount")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], [f"{SCHEMA}.ledger_transaction.id"], name=op.f("fk_ledger_entry_transaction_id")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_ledger_entry")),
        schema=SCHEMA,
    )
    op.create_index("ix_ledger_entry_transaction_id", "ledger_entry", ["transaction_id"], schema=SCHEMA)
    op.create_index(
        "ix_ledger_entry_payee",
        "ledger_entry",
        ["payee_id", "at"],
        schema=SCHEMA,
        postgresql_where=sa.text("account = 'PAYEE'"),
    )
    for statement in (*FORMER_MONEY, CHECK_BALANCE, BALANCED, REFUSE_CHANGE):
        op.execute(statement)
    for table in ("ledger_transaction", "ledger_entry"):
        op.execute(ONLY_ADDED_TO.format(table=table))


def _bank_tasks() -> None:
    op.create_table(
        "bank_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('CAPTURE', 'TIME_OUT', 'LAPSE', 'DISPUTE', 'SUCCEED_REFUND', 'FAIL_REFUND', 'REVERSE_REFUND')",
            name=op.f("ck_bank_task_kind"),
        ),
        sa.ForeignKeyConstraint(["payment_id"], [f"{SCHEMA}.payment.id"], name=op.f("fk_bank_task_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_task")),
        schema=SCHEMA,
    )
    op.create_index("ix_bank_task_due_at", "bank_task", ["due_at"], schema=SCHEMA)
    op.execute("""
        INSERT INTO payment.bank_task (id, payment_id, kind, due_at)
        SELECT gen_random_uuid(), id, 'CAPTURE', capture_at FROM payment.payment
        WHERE state = 'AUTHORIZED' AND capture_at IS NOT NULL
    """)
    op.drop_index("ix_payment_capture_at", "payment", schema=SCHEMA)
    op.drop_column("payment", "capture_at", schema=SCHEMA)


def downgrade() -> None:
    op.add_column("payment", sa.Column("capture_at", sa.DateTime(timezone=True)), schema=SCHEMA)
    op.execute("""
        UPDATE payment.payment AS p SET capture_at = t.due_at
        FROM payment.bank_task AS t WHERE t.payment_id = p.id AND t.kind = 'CAPTURE'
    """)
    op.create_index(
        "ix_payment_capture_at",
        "payment",
        ["capture_at"],
        schema=SCHEMA,
        postgresql_where=sa.text("state = 'AUTHORIZED'"),
    )
    for table in ("bank_task", "ledger_entry", "ledger_transaction", "dispute", "payment_share"):
        op.drop_table(table, schema=SCHEMA)
    op.execute("DROP FUNCTION payment.assert_balanced()")
    op.execute("DROP FUNCTION payment.refuse_change()")
    for column in ("failure_code", "updated_at"):
        op.drop_column("refund", column, schema=SCHEMA)
    op.drop_index("ix_payment_attempt_live", "payment_attempt", schema=SCHEMA)
    op.drop_constraint(op.f("ck_payment_attempt_state"), "payment_attempt", schema=SCHEMA)
    op.execute("""
        UPDATE payment.payment_attempt SET state = CASE state
            WHEN 'SUCCEEDED' THEN 'APPROVED' WHEN 'FAILED' THEN 'DECLINED' ELSE 'WAITING' END
    """)
    op.alter_column("payment_attempt", "state", new_column_name="outcome", schema=SCHEMA)
    op.create_check_constraint(
        op.f("ck_payment_attempt_outcome"),
        "payment_attempt",
        "outcome IN ('APPROVED', 'DECLINED', 'WAITING')",
        schema=SCHEMA,
    )
    for name in ("captured", "captured_state", "refunded", "capture_mode"):
        op.drop_constraint(op.f(f"ck_payment_{name}"), "payment", schema=SCHEMA)
    for column in ("captured_minor_units", "capture_mode", "locale"):
        op.drop_column("payment", column, schema=SCHEMA)
    op.create_check_constraint(
        op.f("ck_payment_refunded"), "payment", "refunded_minor_units BETWEEN 0 AND amount_minor_units", schema=SCHEMA
    )
    op.create_check_constraint(
        op.f("ck_payment_refunded_of_captured"),
        "payment",
        "refunded_minor_units = 0 OR state IN ('CAPTURED', 'DISPUTED')",
        schema=SCHEMA,
    )
