from shop import catalog
from shop.models import Product


def test_finds_a_product_by_id_and_by_sku(shop):
    product = catalog.find_by_sku(shop, "TEA-2")
    assert product.name == "Black tea"
    assert catalog.get_product(shop, product.id) is product
    assert catalog.get_product(shop, 999) is None


def test_search_counts_all_and_returns_a_page(shop):
    products, total = catalog.search(shop, text="tea", per_page=2)
    assert [product.sku for product in products] == ["TEA-2", "TEA-1"]
    assert total == 3


def test_search_by_category_and_stock(shop):
    products, total = catalog.search(shop, category="dishes", in_stock=True)
    assert (products, total) == ([], 0)


def test_categories_are_shared(shop):
    first = catalog.find_by_sku(shop, "TEA-1")
    second = catalog.find_by_sku(shop, "TEA-2")
    assert first.category_id == second.category_id


def test_raises_the_prices_of_one_category(shop):
    assert catalog.raise_prices(shop, "tea", 2) == 2
    prices = dict(shop.query(Product.sku, Product.price).all())
    assert prices == {"TEA-1": 8, "TEA-2": 6, "CUP-1": 7}


def test_purges_what_nobody_ordered(shop):
    shop.query(Product).filter(Product.sku == "CUP-1").update({"discontinued": True})
    assert catalog.purge_discontinued(shop) == 1
    assert shop.query(Product).count() == 2
