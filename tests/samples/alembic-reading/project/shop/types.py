from sqlalchemy import CHAR, DateTime, String, event
from sqlalchemy.dialects.mysql import VARCHAR
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.types import TypeDecorator, UserDefinedType


class Guid(TypeDecorator):
    """A UUID wherever there is one."""

    impl = CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name == "postgresql":
            return dialect.type_descriptor(UUID())
        else:
            return dialect.type_descriptor(CHAR(32))

    def process_bind_param(self, value, dialect):
        return str(value)


class Short(TypeDecorator):
    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect):
        if dialect.name == "mysql":
            return dialect.type_descriptor(VARCHAR(charset="utf8mb4", length=self.impl.length))
        return dialect.type_descriptor(String(length=self.impl.length))


class Slug(Short):
    pass


class Moment(TypeDecorator):
    impl = DateTime
    cache_ok = True

    def __init__(self):
        super().__init__(timezone=True)


class Money(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **_):
        return "money"


class Checked(TypeDecorator):
    """What listens to it may give its columns more than a type."""

    impl = String
    cache_ok = True


@event.listens_for(Checked, "before_parent_attach")
def with_a_check(type_, column):
    pass
