"""The models and the database module of an application, in the spellings that legacy code has."""

from __future__ import annotations

from .statements import Lines, Statements, indented


class Schema(Statements):
    """Writes `models`, `database` and `errors`."""

    def models(self) -> Lines:
        """Teams have authors, authors have books."""
        lines: Lines = []
        backref = self.chance(0.3)
        team = ["name = «sqlalchemy.Column»(«sqlalchemy.String»(50))",
                "budget = «sqlalchemy.Column»(«sqlalchemy.Integer», default=10)"]  # fmt: skip
        author = [
            "name = «sqlalchemy.Column»(«sqlalchemy.String»(50))",
            "age = «sqlalchemy.Column»(«sqlalchemy.Integer», nullable=False, default=0)",
            "team_id = «sqlalchemy.Column»(«sqlalchemy.Integer», «sqlalchemy.ForeignKey»('teams.id'))",
        ]
        book = [
            "title = «sqlalchemy.Column»(«sqlalchemy.String»(50))",
            "price = «sqlalchemy.Column»(«sqlalchemy.Integer», nullable=False, default=1)",
            "author_id = «sqlalchemy.Column»(«sqlalchemy.Integer», «sqlalchemy.ForeignKey»('authors.id'))",
        ]
        cascade = ", cascade='all, delete-orphan'" if self.chance(0.4) else ""
        rel = "«sqlalchemy.orm.relationship»"
        if backref:
            author += [
                f"team = {rel}('Team', backref='authors')",
                f"books = {rel}('Book', backref='author'{cascade}, order_by='Book.id')",
            ]
        else:
            team.append(f"authors = {rel}('Author', back_populates='team', order_by='Author.id')")
            author += [f"team = {rel}('Team', back_populates='authors')",
                       f"books = {rel}('Book', back_populates='author'{cascade}, order_by='Book.id')"]  # fmt: skip
            book.append(f"author = {rel}('Author', back_populates='books')")
        if self.has("model_method"):
            author += ["", "@property", "def label(self):", "    return f'{self.name} ({self.age})'", "",
                       "def shout(self):", "    return self.label.upper() + '!'"]  # fmt: skip
            if self.has("lazy_read"):
                author += ["", "@property", "def book_count(self):", "    return len(self.books)"]
        for name, table, members in (("Team", "teams", team), ("Author", "authors", author), ("Book", "books", book)):
            lines += ["", "", f"class {name}(«database.Base»):", f"    __tablename__ = '{table}'", ""]
            lines += indented(["id = «sqlalchemy.Column»(«sqlalchemy.Integer», primary_key=True)", *members])
        return lines

    def errors(self) -> Lines:
        """An exception of the application's own."""
        return ["", "", "class ShopError(Exception):", "    pass"]

    def database(self) -> Lines:
        """Engine, factory, base and the ways to open a session."""
        given = self.pick(("bind=engine", "autoflush=False, bind=engine", "engine"))
        bind = self.pick(("engine", "bind=engine"))
        lines = [
            self.pick(("DATABASE_URL = 'sqlite:///app.db'", 'DATABASE_URL = "sqlite:///app.db"')),
            "",
            f"engine = «sqlalchemy.create_engine»(DATABASE_URL{self.pick(('', ', echo=False', ', future=True'))})",
            f"SessionLocal = «sqlalchemy.orm.sessionmaker»({given})",
            self.pick(
                (
                    "Base = «sqlalchemy.orm.declarative_base»()",
                    "class Base(«sqlalchemy.orm.DeclarativeBase»):\n    pass",
                )
            ),
        ]
        if self.has("context_manager"):
            lines += ["", "", "@«contextlib.contextmanager»", *self._scope("session_scope")]
        if self.has("generator"):
            lines += ["", "", "def get_db():", "    db = SessionLocal()", "    try:"]
            lines += ["        yield db", "    finally:", "        db.close()"]
        if self.has("unit_of_work"):
            lines += ["", "", *self._unit_of_work()]
        if self.has("handle"):
            lines += ["", "", *self._handle()]
        return [*lines, "", "", "def create_tables():", f"    Base.metadata.create_all({bind})"]

    def _scope(self, name: str) -> Lines:
        if self.chance(0.3) and not self._ends_early():
            return [f"def {name}():", "    with SessionLocal() as session:", "        with session.begin():",
                    "            yield session"]  # fmt: skip
        return [f"def {name}():", "    session = SessionLocal()", "    try:", "        yield session",
                "        session.commit()", "    except Exception:", "        session.rollback()", "        raise",
                "    finally:", "        session.close()"]  # fmt: skip

    def _ends_early(self) -> bool:
        """Whether code may end a transaction, so that no block may own it."""
        return self.has("commit") or self.has("rollback")

    def _unit_of_work(self) -> Lines:
        return [
            "class UnitOfWork:",
            "    def __init__(self, factory=SessionLocal):",
            "        self.factory = factory",
            "",
            "    def __enter__(self):",
            "        self.session = self.factory()",
            "        return self",
            "",
            "    def __exit__(self, kind, value, trace):",
            "        if kind is None:",
            "            self.session.commit()",
            "        else:",
            "            self.session.rollback()",
            "        self.session.close()",
        ]

    def _handle(self) -> Lines:
        return [
            "class Handle:",
            "    def __init__(self, session=None):",
            "        self.session = session or SessionLocal()",
            "",
            "    def close(self):",
            "        self.session.close()",
        ]

    def opening(self) -> tuple[Lines, str, Lines]:
        """How a function opens a session: the lines before, the session's expression, the lines after."""
        name = self.pick(("session", "db", "s"))
        options: list[tuple[Lines, str, Lines]] = [
            ([f"with «database.SessionLocal»() as {name}:"], name, []),
            ([f"with «database.SessionLocal»() as {name}:"], name, []),
            ([f"{name} = «database.SessionLocal»()", "try:"], name, ["finally:", f"    {name}.close()"]),
            ([f"with «sqlalchemy.orm.Session»(«database.engine») as {name}:"], name, []),
        ]
        if not self._ends_early():
            options += [([f"with «database.SessionLocal».begin() as {name}:"], name, [])]
            options += [([f"with «database.SessionLocal»() as {name}, {name}.begin():"], name, [])]
        if self.has("context_manager"):
            options += [([f"with «database.session_scope»() as {name}:"], name, [])] * 3
        if self.has("generator") and self.chance(0.3):
            options += [([f"for {name} in «database.get_db»():"], name, [])]
        if self.has("unit_of_work"):
            options += [(["with «database.UnitOfWork»() as uow:"], "uow.session", [])] * 3
        if self.has("handle"):
            options += [
                (["handle = «database.Handle»()", "try:"], "handle.session", ["finally:", "    handle.close()"])
            ] * 2
        return self.pick(options)
