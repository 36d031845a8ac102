"""All tables of the house in one MetaData, for migrations and bulk loading."""

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

__all__ = [
    "access",
    "appointments",
    "documents",
    "fastlane",
    "metadata",
    "office",
    "outbox",
    "persons",
    "post",
    "workflows",
]
