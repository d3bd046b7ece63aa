import os


class Settings:
    """Where everything is. Set SHOP_... in the environment to change it."""

    def __init__(self, environ=os.environ):
        self.database_url = environ.get("SHOP_DATABASE_URL", "sqlite:///shop.db")
        self.echo_sql = environ.get("SHOP_ECHO_SQL", "") == "1"
        self.page_size = int(environ.get("SHOP_PAGE_SIZE", "20"))
        self.reservation_days = int(environ.get("SHOP_RESERVATION_DAYS", "14"))
        self.mail_from = environ.get("SHOP_MAIL_FROM", "orders@shop.example")


settings = Settings()
