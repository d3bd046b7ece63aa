class ShopError(Exception):
    status_code = 400


class NotFound(ShopError):
    status_code = 404

    def __init__(self, what, key):
        super().__init__(f"{what} {key!r} not found")


class OutOfStock(ShopError):
    status_code = 409

    def __init__(self, sku):
        super().__init__(f"Not enough of {sku}")
        self.sku = sku


class WrongStatus(ShopError):
    status_code = 409
