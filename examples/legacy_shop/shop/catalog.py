"""Products and categories. Plain functions, the session comes first."""

from sqlalchemy import or_

from .models import Category, OrderLine, Product


def get_product(session, product_id):
    return session.query(Product).get(product_id)


def find_by_sku(session, sku):
    return session.query(Product).filter_by(sku=sku).first()


def get_or_create_category(session, name):
    category = session.query(Category).filter(Category.name == name).one_or_none()
    if category is None:
        category = Category(name=name)
        session.add(category)
        session.flush()
    return category


def add_product(session, sku, name, price, category, stock=0):
    product = Product(
        sku=sku,
        name=name,
        price=price,
        stock=stock,
        category_id=get_or_create_category(session, category).id,
    )
    session.add(product)
    session.commit()
    session.refresh(product)
    return product


def search(session, text=None, category=None, in_stock=False, page=1, per_page=20):
    """Return one page of the matching products and how many match altogether."""
    query = session.query(Product).filter(Product.discontinued.is_(False))
    if text:
        pattern = f"%{text}%"
        query = query.filter(or_(Product.name.ilike(pattern), Product.sku.ilike(pattern)))
    if category:
        query = query.join(Product.category).filter(Category.name == category)
    if in_stock:
        query = query.filter(Product.stock > 0)
    total = query.count()
    products = query.order_by(Product.name).offset((page - 1) * per_page).limit(per_page).all()
    return products, total


def raise_prices(session, category, factor):
    """Multiply all prices of a category; return how many products that were."""
    category_id = session.query(Category.id).filter(Category.name == category).scalar()
    changed = (
        session.query(Product)
        .filter(Product.category_id == category_id)
        .update({Product.price: Product.price * factor}, synchronize_session=False)
    )
    session.commit()
    return changed


def purge_discontinued(session):
    # Products somebody ordered have to stay for the books.
    ordered = session.query(OrderLine.product_id)
    deleted = (
        session.query(Product)
        .filter(Product.discontinued.is_(True), Product.id.notin_(ordered))
        .delete(synchronize_session=False)
    )
    session.commit()
    return deleted
