"""Indexes for what people filter inspections by."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_inspections_camera_id_captured_at_us", "inspections", ["camera_id", "captured_at_us"])
    op.create_index(
        "ix_inspections_edge_id_verdict_captured_at_us", "inspections", ["edge_id", "verdict", "captured_at_us"]
    )
    op.create_index(
        "ix_inspections_defect_class",
        "inspections",
        ["defect_class", "captured_at_us"],
        sqlite_where=sa.text("defect_class IS NOT NULL"),
        postgresql_where=sa.text("defect_class IS NOT NULL"),
    )
    op.create_index("ix_image_labels_label", "image_labels", ["label"])
