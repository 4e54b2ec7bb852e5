from .types import Slug  # noqa: F401
