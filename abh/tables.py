"""All tables of the house in one MetaData, for migrations, the drift check and bulk loading."""

from sqlalchemy import MetaData

from abh.access import tables as access
from abh.appointments import tables as appointments
from abh.db import Base
from abh.documents import tables as documents
from abh.fastlane import tables as fastlane
from abh.office import tables as office
from abh.outbox import tables as outbox
from abh.persons import tables as persons
from abh.post import tables as post
from abh.workflows import tables as workflows

metadata = Base.metadata


def import_tables() -> MetaData:
    """Return the MetaData that all rooms share; importing this module has filled it."""
    return metadata


__all__ = [
    "access",
    "appointments",
    "documents",
    "fastlane",
    "import_tables",
    "metadata",
    "office",
    "outbox",
    "persons",
    "post",
    "workflows",
]
