from typing import Generic, List, Optional, Type, TypeVar

from sqlalchemy.orm import Query, Session

from ..config import settings
from ..database import Base
from ..errors import NotFound
from ..pagination import Page

ModelT = TypeVar("ModelT", bound=Base)


class Repository(Generic[ModelT]):
    model: Type[ModelT]

    def __init__(self, session: Session):
        self.session = session

    def query(self) -> Query:
        return self.session.query(self.model)

    def get(self, id: int) -> Optional[ModelT]:
        return self.session.query(self.model).get(id)

    def get_or_404(self, id: int) -> ModelT:
        found = self.get(id)
        if found is None:
            raise NotFound(self.model.__name__, id)
        return found

    def find_by(self, **criteria) -> Optional[ModelT]:
        return self.query().filter_by(**criteria).first()

    def all(self) -> List[ModelT]:
        return self.query().order_by(self.model.id).all()

    def count(self) -> int:
        return self.query().count()

    def paginate(self, query: Query, page: int = 1, per_page: int = settings.page_size) -> Page[ModelT]:
        total = query.order_by(None).count()
        items = query.limit(per_page).offset((page - 1) * per_page).all()
        return Page(items, total, page, per_page)

    def add(self, obj: ModelT) -> ModelT:
        self.session.add(obj)
        self.session.flush()
        return obj

    def delete(self, obj: ModelT) -> None:
        self.session.delete(obj)
        self.session.flush()
