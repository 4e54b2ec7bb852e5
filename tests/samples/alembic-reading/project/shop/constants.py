import enum
import os

SCHEMA = "shop"
STATES = [f"{name}_order" for name in ("new", "paid")]
REGION = os.environ.get("REGION", "eu")


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Size(str, enum.Enum):
    SMALL = "s"
    LARGE = "l"
    BIG = "l"
