from typing import Generic, List, TypeVar

T = TypeVar("T")


class Page(Generic[T]):
    def __init__(self, items: List[T], total: int, page: int, per_page: int):
        self.items = items
        self.total = total
        self.page = page
        self.per_page = per_page

    @property
    def pages(self):
        return -(-self.total // self.per_page)

    @property
    def has_next(self):
        return self.page < self.pages
