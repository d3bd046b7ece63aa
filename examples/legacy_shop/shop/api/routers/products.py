from typing import Optional

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session

from ...database import get_db
from ...errors import NotFound
from ...models import Product
from ...repositories import ProductRepository, TagRepository
from ...services import CatalogService
from ..deps import get_catalog, require_staff
from ..schemas import ProductIn, ProductOut, ProductPage

router = APIRouter(prefix="/products", tags=["products"])


@router.get("/", response_model=ProductPage)
def list_products(
    text: Optional[str] = None,
    category: Optional[str] = None,
    tag: Optional[str] = None,
    in_stock: bool = False,
    page: int = 1,
    per_page: int = 20,
    db: Session = Depends(get_db),
):
    return ProductRepository(db).search(text, category, tag, in_stock, page, per_page)


@router.get("/{sku}", response_model=ProductOut)
def read_product(sku: str, catalog: CatalogService = Depends(get_catalog)):
    return catalog.find(sku)


@router.post("/", response_model=ProductOut, status_code=201, dependencies=[Depends(require_staff)])
def create_product(data: ProductIn, catalog: CatalogService = Depends(get_catalog)):
    return catalog.add_product(data.sku, data.name, data.price, data.category, data.stock, data.tags)


@router.put("/{sku}/tags", response_model=ProductOut, dependencies=[Depends(require_staff)])
def replace_tags(sku: str, names: list[str], db: Session = Depends(get_db)):
    product = db.query(Product).filter(Product.sku == sku).first()
    if product is None:
        raise NotFound("Product", sku)
    product.tags = TagRepository(db).named(names)
    db.commit()
    db.refresh(product)
    return product


@router.delete("/{sku}", status_code=204, dependencies=[Depends(require_staff)])
def discontinue_product(sku: str, db: Session = Depends(get_db)):
    changed = db.query(Product).filter(Product.sku == sku).update({"discontinued": True})
    if not changed:
        raise NotFound("Product", sku)
    db.commit()
