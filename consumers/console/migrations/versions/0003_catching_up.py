"""The row that says that the projection has not caught up yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catching_up",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_catching_up"),
    )
