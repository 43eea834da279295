"""The first tables: people, sessions, tokens, the audit outbox, and everything that is projected from topics."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("alarm_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("raised", sa.Boolean(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=True),
        sa.Column("camera_id", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("alarm_id", name="pk_alarms"),
        info={"projected": "at_us"},
    )
    op.create_index("ix_alarms_at_us", "alarms", ["at_us"])

    op.create_table(
        "audit",
        sa.Column("audit_id", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("audit_id", name="pk_audit"),
        info={"projected": "first"},
    )
    op.create_index("ix_audit_at_us_audit_id", "audit", ["at_us", "audit_id"])

    op.create_table(
        "audit_outbox",
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("outbox_id", name="pk_audit_outbox"),
    )
    op.create_table(
        "cameras",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("claimed_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_cameras"),
        info={"projected": "last"},
    )
    op.create_index("ix_cameras_edge_id", "cameras", ["edge_id"])

    op.create_table(
        "changes",
        sa.Column("change_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=True),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name="pk_changes"),
    )
    op.create_index("ix_changes_at_us", "changes", ["at_us"])

    op.create_table(
        "datasets",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("built_at_us", sa.BigInteger(), nullable=False),
        sa.Column("built_by", sa.Text(), nullable=False),
        sa.Column("edge_ids", sa.JSON(), nullable=False),
        sa.Column("frames", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("splits", sa.JSON(), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", "digest", name="pk_datasets"),
        info={"projected": "last"},
    )
    op.create_index("ix_datasets_digest", "datasets", ["digest"])

    op.create_table(
        "dead_letters",
        sa.Column("letter_id", sa.Text(), nullable=False),
        sa.Column("letter_offset", sa.BigInteger(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("partition", sa.Integer(), nullable=True),
        sa.Column("offset", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("letter_id", name="pk_dead_letters"),
        info={"projected": "first"},
    )
    op.create_index("ix_dead_letters_at_us_letter_id", "dead_letters", ["at_us", "letter_id"])

    op.create_table(
        "edge_reports",
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("reported_at_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("healthy", sa.Boolean(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("edge_id", "instance", name="pk_edge_reports"),
        info={"projected": "last"},
    )
    op.create_table(
        "first_run_tokens",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_first_run_tokens"),
    )
    op.create_table(
        "image_labels",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("labeler", sa.Text(), nullable=False),
        sa.Column("labeled_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_image_labels"),
        info={"projected": "last"},
    )
    op.create_index("ix_image_labels_edge_id_label", "image_labels", ["edge_id", "label"])

    op.create_table(
        "inspections",
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("instance", sa.Text(), nullable=False),
        sa.Column("captured_at_us", sa.BigInteger(), nullable=False),
        sa.Column("inspected_at_us", sa.BigInteger(), nullable=False),
        sa.Column("frame_topic", sa.Text(), nullable=False),
        sa.Column("frame_partition", sa.Integer(), nullable=False),
        sa.Column("frame_offset", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("defect_class", sa.Text(), nullable=True),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("image_width", sa.Integer(), nullable=False),
        sa.Column("image_height", sa.Integer(), nullable=False),
        sa.Column("model", sa.JSON(), nullable=True),
        sa.Column("config_revision", sa.BigInteger(), nullable=False),
        sa.Column("rollout_id", sa.Text(), nullable=True),
        sa.Column("part_id", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("brightness", sa.Double(), nullable=True),
        sa.Column("blur", sa.Double(), nullable=True),
        sa.Column("shadow", sa.JSON(), nullable=True),
        sa.Column("latency", sa.JSON(), nullable=False),
        sa.Column("deadline_missed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("camera_id", "sequence", name="pk_inspections"),
        info={"projected": "first"},
    )
    op.create_index("ix_inspections_captured_at_us", "inspections", ["captured_at_us"])
    op.create_index("ix_inspections_edge_id_captured_at_us", "inspections", ["edge_id", "captured_at_us"])
    op.create_index("ix_inspections_sha256", "inspections", ["sha256"])
    op.create_index("ix_inspections_verdict_captured_at_us", "inspections", ["verdict", "captured_at_us"])

    op.create_table(
        "labels",
        sa.Column("label_id", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=True),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("captured_at_us", sa.BigInteger(), nullable=False),
        sa.Column("frame", sa.JSON(), nullable=True),
        sa.Column("part_id", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labeler", sa.Text(), nullable=False),
        sa.Column("labeled_at_us", sa.BigInteger(), nullable=False),
        sa.Column("seconds_taken", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("boxes", sa.JSON(), nullable=False),
        sa.Column("image_width", sa.Integer(), nullable=False),
        sa.Column("image_height", sa.Integer(), nullable=False),
        sa.Column("prediction_shown", sa.JSON(), nullable=True),
        sa.Column("verdict_shown", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("label_id", name="pk_labels"),
        info={"projected": "first"},
    )
    op.create_index("ix_labels_camera_id_sequence", "labels", ["camera_id", "sequence"])
    op.create_index("ix_labels_edge_id_labeled_at_us", "labels", ["edge_id", "labeled_at_us"])
    op.create_index("ix_labels_labeler_labeled_at_us", "labels", ["labeler", "labeled_at_us"])
    op.create_index("ix_labels_sha256", "labels", ["sha256"])
    op.create_index("ix_labels_task_id", "labels", ["task_id"])

    op.create_table(
        "minutes",
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("minute_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("inspections", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("labels", sa.BigInteger(), nullable=False),
        sa.Column("escapes", sa.BigInteger(), nullable=False),
        sa.Column("overkill", sa.BigInteger(), nullable=False),
        sa.Column("kappa", sa.Double(), nullable=True),
        sa.Column("statistics", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("edge_id", "minute_us", "camera_id", "writer", name="pk_minutes"),
        info={"projected": "last"},
    )
    op.create_index("ix_minutes_minute_us", "minutes", ["minute_us"])

    op.create_table(
        "people",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("signed_in_at_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_people"),
    )
    op.create_table(
        "policies",
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at_us", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("cameras", sa.JSON(), nullable=False),
        sa.Column("part_deadline_us", sa.BigInteger(), nullable=False),
        sa.Column("sample_rate", sa.Double(), nullable=False),
        sa.Column("near_threshold", sa.Double(), nullable=False),
        sa.Column("second_label_rate", sa.Double(), nullable=False),
        sa.Column("queue_cap", sa.BigInteger(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=True),
        sa.Column("drift_bound", sa.Double(), nullable=False),
        sa.Column("bandwidth", sa.BigInteger(), nullable=True),
        sa.Column("window", sa.Text(), nullable=True),
        sa.Column("classes", sa.JSON(), nullable=False),
        sa.Column("draw_boxes", sa.Boolean(), nullable=False),
        sa.Column("guide", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("edge_id", name="pk_policies"),
        info={"projected": "last"},
    )
    op.create_table(
        "positions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name="pk_positions"),
        info={"projected": "last"},
    )
    op.create_table(
        "projector",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_projector"),
    )
    op.create_table(
        "service_tokens",
        sa.Column("token_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at_us", sa.BigInteger(), nullable=True),
        sa.Column("used_at_us", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at_us", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name="pk_service_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_service_tokens_token_hash"),
    )
    op.create_table(
        "tasks",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("edge_id", sa.Text(), nullable=False),
        sa.Column("camera_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("captured_at_us", sa.BigInteger(), nullable=False),
        sa.Column("frame_topic", sa.Text(), nullable=False),
        sa.Column("frame_partition", sa.Integer(), nullable=False),
        sa.Column("frame_offset", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("changed_at_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("round", sa.Text(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("skill", sa.Text(), nullable=True),
        sa.Column("part_id", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("prediction", sa.JSON(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=True),
        sa.Column("excluded_labelers", sa.JSON(), nullable=False),
        sa.Column("close_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("task_id", name="pk_tasks"),
        info={"projected": "revision"},
    )
    op.create_index("ix_tasks_camera_id_sequence", "tasks", ["camera_id", "sequence"])
    op.create_index("ix_tasks_sha256", "tasks", ["sha256"])
    op.create_index("ix_tasks_state_edge_id_priority", "tasks", ["state", "edge_id", "priority"])

    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at_us", sa.BigInteger(), nullable=False),
        sa.Column("seen_at_us", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["name"], ["people.name"], name="fk_sessions_name"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_name", "sessions", ["name"])
