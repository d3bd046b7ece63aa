from sqlalchemy import Column, DateTime, Integer, String, event, func, inspect
from sqlalchemy.orm import Session

from ..database import Base


class AuditEntry(Base):
    """Who changed what: one row for every new or changed price or status."""

    __tablename__ = "audit_entries"

    id = Column(Integer, primary_key=True)
    at = Column(DateTime, nullable=False, server_default=func.now())
    table = Column(String(50), nullable=False)
    row_id = Column(Integer)
    field = Column(String(50), nullable=False)
    old = Column(String(100))
    new = Column(String(100))


AUDITED = ("price", "status")


@event.listens_for(Session, "before_flush")
def write_audit_entries(session, flush_context, instances):
    for obj in session.dirty:
        state = inspect(obj)
        for field in AUDITED:
            if field not in state.attrs:
                continue
            history = state.attrs[field].history
            if history.has_changes():
                session.add(
                    AuditEntry(
                        table=obj.__tablename__,
                        row_id=obj.id,
                        field=field,
                        old=str(history.deleted[0]) if history.deleted else None,
                        new=str(history.added[0]),
                    )
                )
