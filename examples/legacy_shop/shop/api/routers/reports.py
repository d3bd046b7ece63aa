from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from ... import reports
from ...database import get_db
from ..deps import require_staff

router = APIRouter(prefix="/reports", tags=["reports"], dependencies=[Depends(require_staff)])


@router.get("/revenue")
def revenue(minimum: int = 0, db: Session = Depends(get_db)):
    return reports.revenue_by_category(db, minimum)


@router.get("/months")
def months(db: Session = Depends(get_db)):
    return reports.orders_by_month(db)


@router.get("/best-customers")
def best_customers(limit: int = 3, db: Session = Depends(get_db)):
    return [{"name": customer.name, "spent": spent} for customer, spent in reports.best_customers(db, limit)]
