import pytest

from shop.errors import NotFound
from shop.models import Category, Product, Tag
from shop.repositories import ProductRepository


def test_finds_a_product_by_id_and_by_sku(shop, catalog):
    products = ProductRepository(shop)
    product = products.by_sku("TEA-2")
    assert product.name == "Black tea"
    assert products.get(product.id) is product
    assert products.get(999) is None
    assert catalog.find("TEA-2").category.name == "tea"


def test_unknown_products(shop, catalog):
    with pytest.raises(NotFound):
        catalog.find("TEA-9")
    with pytest.raises(NotFound, match="Product 999 not found"):
        ProductRepository(shop).get_or_404(999)


def test_search_counts_all_and_returns_a_page(shop):
    page = ProductRepository(shop).search(text="tea", per_page=2)
    assert [product.sku for product in page.items] == ["TEA-2", "TEA-1"]
    assert (page.total, page.pages, page.has_next) == (3, 2, True)


def test_search_by_category_tag_and_stock(shop):
    products = ProductRepository(shop)
    assert products.search(category="dishes", in_stock=True).items == []
    assert [product.sku for product in products.search(tag="organic").items] == ["TEA-1"]


def test_categories_and_tags_are_shared(shop):
    assert shop.query(Category).count() == 2
    assert [tag.name for tag in shop.query(Tag).order_by(Tag.name)] == ["loose", "organic"]


def test_raises_the_prices_of_one_category(shop, catalog):
    assert catalog.raise_prices("tea", 2) == 2
    prices = dict(shop.query(Product.sku, Product.price).all())
    assert prices == {"TEA-1": 8, "TEA-2": 6, "CUP-1": 7}


def test_restocks(shop, catalog):
    assert catalog.restock("CUP-1", 4) == 4
    assert catalog.find("CUP-1").stock == 4


def test_purges_what_nobody_ordered(shop, catalog):
    shop.query(Product).filter(Product.sku == "CUP-1").update({"discontinued": True})
    shop.commit()
    assert catalog.purge() == 1
    assert shop.query(Product).count() == 2
