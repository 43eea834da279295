"""Labeling and builds of datasets: leases, drafts, submissions, builds, and the indexes that claims read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_builds",
        sa.Column("build_id", sa.Text(), nullable=False),
        sa.Column("asked_at_us", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("alive_at_us", sa.BigInteger(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("ended_at_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("build_id", name="pk_dataset_builds"),
    )
    op.create_index("ix_dataset_builds_asked_at_us", "dataset_builds", ["asked_at_us"])
    op.create_index("ix_dataset_builds_state", "dataset_builds", ["state"])
    op.create_table(
        "drafts",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("labeler", sa.Text(), nullable=False),
        sa.Column("fencing_token", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("saved_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "labeler", name="pk_drafts"),
    )
    op.create_index("ix_drafts_saved_at_us", "drafts", ["saved_at_us"])
    op.create_table(
        "leases",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("fencing_token", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("claimed_at_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.Column("answered_revision", sa.BigInteger(), nullable=True),
        sa.Column("answered_at_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name="pk_leases"),
    )
    op.create_index("ix_leases_holder", "leases", ["holder"])
    op.create_table(
        "submissions",
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("labeler", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labeled_at_us", sa.BigInteger(), nullable=False),
        sa.Column("seconds_taken", sa.Double(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempted_at_us", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("label_id", name="pk_submissions"),
    )
    op.create_index("ix_submissions_labeled_at_us", "submissions", ["labeled_at_us"])
    op.create_index("ix_submissions_labeler_labeled_at_us", "submissions", ["labeler", "labeled_at_us"])
    op.create_index(
        "ix_submissions_pending",
        "submissions",
        ["attempted_at_us"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_submissions_task_id", "submissions", ["task_id"])
    op.create_index("ix_labels_labeled_at_us", "labels", ["labeled_at_us"])
    op.create_index(
        "ix_minutes_kappa",
        "minutes",
        ["edge_id", "minute_us"],
        sqlite_where=sa.text("kappa IS NOT NULL"),
        postgresql_where=sa.text("kappa IS NOT NULL"),
    )
    op.create_index(
        "ix_tasks_open",
        "tasks",
        [sa.literal_column("priority DESC"), "captured_at_us", "task_id"],
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_tasks_open_by_edge",
        "tasks",
        ["edge_id", sa.literal_column("priority DESC"), "captured_at_us", "task_id"],
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
