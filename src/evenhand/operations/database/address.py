"""One way into one database: where, as whom, with which password and which session settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, unquote, urlsplit

from psycopg.conninfo import make_conninfo

from evenhand.operations.database.trouble import DatabaseTrouble


@dataclass(frozen=True)
class Address:
    """A server, a database, a role; `host` is a name or the folder of a socket."""

    host: str
    port: int
    dbname: str
    user: str
    password: str = field(repr=False)
    session: tuple[tuple[str, str], ...] = ()
    sslmode: str = ""

    def conninfo(self) -> str:
        """Return a libpq connection string, session settings included."""
        extra = {"sslmode": self.sslmode} if self.sslmode else {}
        if self.session:
            extra["options"] = self.options()
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.dbname,
            user=self.user,
            password=self.password or None,
            connect_timeout=10,
            **extra,
        )

    def django(self) -> dict[str, object]:
        """Return NAME, USER, PASSWORD, HOST, PORT and OPTIONS; add to OPTIONS, do not replace it."""
        options: dict[str, object] = {"options": self.options()} if self.session else {}
        if self.sslmode:
            options["sslmode"] = self.sslmode
        return {
            "NAME": self.dbname,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port),
            "OPTIONS": options,
        }

    def options(self) -> str:
        """Return the settings in libpq's form; a client's settings outrank any that a role gave itself."""
        return " ".join(f"-c {name}={_escaped(value)}" for name, value in self.session)

    def named(self, dbname: str) -> Address:
        """Return the same way in to another database of the same server."""
        return replace(self, dbname=dbname)

    def as_itself(self) -> Address:
        """Return the same login that takes no other role on arrival (an administrator's own rights)."""
        return replace(
            self, session=(*(pair for pair in self.session if pair[0] != "role"), ("role", "none"))
        )

    def without_password(self) -> str:
        """Return a URL fit for a screen or a log."""
        if self.host.startswith("/"):
            return f"postgresql://{self.user}@/{self.dbname}?host={self.host}&port={self.port}"
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.dbname}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def parse_url(url: str, *, setting: str) -> Address:
    """Read postgresql://user:password@host:port/database?host=/socket/folder&sslmode=…

    raises DatabaseTrouble that names the setting, and never repeats the password
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DatabaseTrouble(f"{setting} is not a database URL: {error}") from error
    if parts.scheme not in {"postgresql", "postgres"}:
        raise DatabaseTrouble(f"{setting} must start with postgresql://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    unknown = sorted(set(query) - {"host", "port", "user", "password", "dbname", "sslmode"})
    if unknown:
        raise DatabaseTrouble(f"{setting} has a part that is not understood: {', '.join(unknown)}")
    dbname = unquote(parts.path.lstrip("/")) or query.get("dbname", "")
    user = unquote(parts.username or "") or query.get("user", "")
    if not dbname or not user:
        raise DatabaseTrouble(
            f"{setting} must name a user and a database: postgresql://USER:PASSWORD@HOST/NAME"
        )
    try:
        port = port or int(query.get("port", "5432"))
    except ValueError as error:
        raise DatabaseTrouble(f"{setting} has a port that is not a number") from error
    return Address(
        host=unquote(parts.hostname or "") or query.get("host", "localhost"),
        port=port,
        dbname=dbname,
        user=user,
        password=unquote(parts.password or "") or query.get("password", ""),
        sslmode=query.get("sslmode", ""),
    )
