"""The rows every program starts from: NULLs, duplicates, parents without children, orphans, an empty table.

Each table is chosen so that the classic wrong rewrites show: two customers share a name and an age, some have several
addresses (a join multiplies them), addresses repeat their customer's email, one customer has neither name nor age.
"""

from __future__ import annotations

from typing import Any

ROWS: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"id": 1, "name": "ann", "age": 44, "email": "ann@x", "level": "gold", "notes": "first"},
        {"id": 2, "name": "bo", "age": 30, "email": "bo1@x", "level": "basic", "notes": None},
        {"id": 3, "name": "bo", "age": 30, "email": "bo2@x", "level": "gold", "notes": "second bo"},
        {"id": 4, "name": None, "age": 51, "email": "nameless@x", "level": "basic", "notes": ""},
        {"id": 5, "name": "cy", "age": None, "email": "cy@x", "level": "basic", "notes": None},
        {"id": 6, "name": None, "age": None, "email": "void@x", "level": "basic", "notes": None},
        {"id": 7, "name": "Dee", "age": 19, "email": "dee@x", "level": "gold", "notes": "x"},
    ],
    "addresses": [
        {"id": 1, "street": "Elm 1", "city": "Rome", "email": "ann@x", "customer_id": 1},
        {"id": 2, "street": "Elm 2", "city": "Rome", "email": None, "customer_id": 1},
        {"id": 3, "street": "Oak 7", "city": None, "email": "ann@x", "customer_id": 1},
        {"id": 4, "street": "Elm 1", "city": "Oslo", "email": "bo1@x", "customer_id": 2},
        {"id": 5, "street": "Fir 9", "city": "Rome", "email": "bo2@x", "customer_id": 3},
        {"id": 6, "street": "Fir 9", "city": "Rome", "email": "bo2@x", "customer_id": 3},
        {"id": 7, "street": "Ash 3", "city": "Oslo", "email": None, "customer_id": 4},
        {"id": 8, "street": "Nowhere", "city": None, "email": None, "customer_id": None},
    ],
    "purchases": [
        {"id": 1, "customer_id": 1, "total": 10, "note": "a"},
        {"id": 2, "customer_id": 1, "total": 20, "note": None},
        {"id": 3, "customer_id": 2, "total": 20, "note": "a"},
        {"id": 4, "customer_id": 3, "total": None, "note": "b"},
        {"id": 5, "customer_id": 5, "total": 0, "note": ""},
        {"id": 6, "customer_id": None, "total": 99, "note": "lost"},
    ],
    "products": [
        {"id": 1, "name": "pen", "price": 2},
        {"id": 2, "name": "ink", "price": 5},
        {"id": 3, "name": "pen", "price": 3},
        {"id": 4, "name": "cup", "price": None},
    ],
    "purchase_products": [
        {"purchase_id": 1, "product_id": 1},
        {"purchase_id": 1, "product_id": 2},
        {"purchase_id": 1, "product_id": 3},
        {"purchase_id": 2, "product_id": 2},
        {"purchase_id": 3, "product_id": 1},
        {"purchase_id": 3, "product_id": 3},
        {"purchase_id": 6, "product_id": 2},
    ],
    "categories": [
        {"id": 1, "parent_id": None, "name": "root"},
        {"id": 2, "parent_id": 1, "name": "left"},
        {"id": 3, "parent_id": 1, "name": "right"},
        {"id": 4, "parent_id": 2, "name": "leaf"},
        {"id": 5, "parent_id": 2, "name": "leaf"},
    ],
    "staff": [
        {"id": 1, "name": "sid", "role": "staff"},
        {"id": 2, "name": "mia", "role": "manager"},
        {"id": 3, "name": "ted", "role": "technician"},
        {"id": 4, "name": "mia", "role": "manager"},
    ],
    "managers": [{"id": 2, "budget": 100}, {"id": 4, "budget": None}],
    "technicians": [{"id": 3, "skill": "lamps"}],
    "vehicles": [
        {"id": 1, "kind": "car", "label": "red", "doors": 3, "load": None},
        {"id": 2, "kind": "truck", "label": "big", "doors": None, "load": 9},
        {"id": 3, "kind": "car", "label": "red", "doors": 5, "load": None},
        {"id": 4, "kind": "vehicle", "label": None, "doors": None, "load": None},
    ],
    "seats": [
        {"row": 1, "number": 1, "label": "aisle"},
        {"row": 1, "number": 2, "label": None},
        {"row": 2, "number": 1, "label": "aisle"},
    ],
    "clubs": [{"id": 1, "name": "chess"}, {"id": 2, "name": "rowing"}, {"id": 3, "name": "empty"}],
    "members": [
        {"id": 1, "name": "pat", "club_id": 1},
        {"id": 2, "name": "pat", "club_id": 1},
        {"id": 3, "name": None, "club_id": 2},
        {"id": 4, "name": "solo", "club_id": None},
    ],
    "settings": [
        {"id": 1, "customer_id": 1, "data": {"theme": "dark"}},
        {"id": 2, "customer_id": 1, "data": {"theme": "dark"}},
        {"id": 3, "customer_id": 2, "data": [1, 2]},
        {"id": 4, "customer_id": 3, "data": None},
    ],
    "documents": [{"id": 1, "title": "one", "revision": 1}, {"id": 2, "title": None, "revision": 4}],
    "coupons": [],
}
