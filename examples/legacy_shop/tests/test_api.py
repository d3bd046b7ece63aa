from unittest.mock import patch

from fastapi.testclient import TestClient

from shop import database
from shop.api import app
from shop.models import Order

from .conftest import engine


def test_starts(monkeypatch):
    monkeypatch.setattr(database, "engine", engine)
    with TestClient(app) as client:
        assert client.get("/health").json() == {"status": "ok"}


def test_lists_products(client):
    page = client.get("/products/", params={"text": "tea", "per_page": 2}).json()
    assert (page["total"], page["page"], page["pages"]) == (3, 1, 2)
    assert [item["sku"] for item in page["items"]] == ["TEA-2", "TEA-1"]
    assert page["items"][1]["category"]["name"] == "tea"
    assert page["items"][1]["tags"] == [{"name": "loose"}, {"name": "organic"}]


def test_unknown_product(client):
    response = client.get("/products/TEA-9")
    assert response.status_code == 404
    assert response.json() == {"detail": "Product 'TEA-9' not found"}


def test_only_staff_changes_the_catalogue(client, ada, bob):
    data = {"sku": "POT-1", "name": "Tea pot", "price": "21.50", "category": "dishes", "tags": ["new"]}
    assert client.post("/products/", json=data).status_code == 422
    assert client.post("/products/", json=data, headers={"X-API-Key": "none"}).status_code == 401
    assert client.post("/products/", json=data, headers=ada).status_code == 403
    created = client.post("/products/", json=data, headers=bob)
    assert created.status_code == 201
    assert created.json()["category"]["name"] == "dishes"
    assert client.get("/products/POT-1").json() == created.json()


def test_replaces_tags(client, bob):
    changed = client.put("/products/CUP-1/tags", json=["loose", "white"], headers=bob).json()
    assert [tag["name"] for tag in changed["tags"]] == ["loose", "white"]


def test_discontinues(client, bob):
    assert client.delete("/products/CUP-1", headers=bob).status_code == 204
    assert client.delete("/products/CUP-9", headers=bob).status_code == 404
    assert client.get("/products/").json()["total"] == 2


def test_orders_and_tells_the_customer(client, ada, bob):
    with patch("shop.services.notifications.mailer") as mailer:
        response = client.post("/orders/", json={"basket": {"TEA-1": 2}}, headers=ada)
    assert response.status_code == 201
    order = response.json()
    assert order["status"] == "open"
    assert order["customer"]["email"] == "ada@example.com"
    assert order["lines"][0]["product"]["tags"] == [{"name": "loose"}, {"name": "organic"}]
    mailer.send.assert_called_once_with("ada@example.com", f"Your order {order['id']}", "2 x Green tea: 8.00")
    assert client.get(f"/orders/{order['id']}", headers=ada).json()["total"] == order["total"]
    assert client.get(f"/orders/{order['id']}", headers=bob).status_code == 200
    assert client.get("/orders/999", headers=ada).status_code == 404


def test_out_of_stock(client, ada, shop):
    response = client.post("/orders/", json={"basket": {"CUP-1": 1}}, headers=ada)
    assert (response.status_code, response.json()) == (409, {"detail": "Not enough of CUP-1"})
    assert shop.query(Order).count() == 0


def test_pays_and_cancels(client, ada, bob):
    order = client.post("/orders/", json={"basket": {"TEA-1": 1}}, headers=ada).json()
    paid = client.post(f"/orders/{order['id']}/pay", headers=bob).json()
    assert paid["status"] == "paid"
    assert paid["updated_at"] is not None
    assert client.post(f"/orders/{order['id']}/cancel", headers=ada).status_code == 204
    found = client.get("/orders/", params={"status": "cancelled"}, headers=ada).json()
    assert [each["id"] for each in found] == [order["id"]]


def test_addresses(client, ada):
    assert client.get("/customers/me", headers=ada).json()["addresses"] == []
    address = {"street": "1 Analytical Row", "city": "London"}
    me = client.post("/customers/me/addresses", json=address, headers=ada).json()
    assert me["addresses"] == [address]


def test_reports(client, ada, bob):
    client.post("/orders/", json={"basket": {"TEA-1": 2}}, headers=ada)
    assert client.get("/reports/revenue", headers=ada).status_code == 403
    assert client.get("/reports/revenue", headers=bob).json() == {"tea": 8.0}
    assert client.get("/reports/best-customers", headers=bob).json() == [{"name": "Ada", "spent": 8.0}]
    assert list(client.get("/reports/months", headers=bob).json().values()) == [1]
