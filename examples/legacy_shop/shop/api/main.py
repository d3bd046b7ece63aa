from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from ..database import init_db
from ..errors import ShopError
from .routers import customers, orders, products, reports


@asynccontextmanager
async def lifespan(app: FastAPI):
    init_db()
    yield


app = FastAPI(title="Legacy shop", lifespan=lifespan)
app.include_router(products.router)
app.include_router(orders.router)
app.include_router(customers.router)
app.include_router(reports.router)


@app.exception_handler(ShopError)
def shop_error(request: Request, exc: ShopError):
    return JSONResponse(status_code=exc.status_code, content={"detail": str(exc)})


@app.get("/health")
def health():
    return {"status": "ok"}
