"""Persons, households and companies."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from abh.db import Base, Instant


class Household(Base):
    """People whose cases are decided together; one clerk owns the household."""

    __tablename__ = "household"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("app_user.id"))


class Person(Base):
    """A person; names by DIN 91379 in NFC, the birth date possibly without day or month."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    family_name: Mapped[str] = mapped_column(Text, server_default="")
    given_names: Mapped[str] = mapped_column(Text, server_default="")
    # Both written by ``service``: umlauts as in passports (OEZTUERK), and without (OZTURK).
    name_search: Mapped[str] = mapped_column(Text)
    name_plain: Mapped[str] = mapped_column(Text)
    birth_year: Mapped[int] = mapped_column(SmallInteger)
    birth_month: Mapped[int | None] = mapped_column(SmallInteger)
    birth_day: Mapped[int | None] = mapped_column(SmallInteger)
    birth_place: Mapped[str] = mapped_column(Text, server_default="")
    sex: Mapped[str | None] = mapped_column(Text)
    # ISO 3166-1 alpha-3, in the order given; XXA = stateless.
    nationalities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    street: Mapped[str] = mapped_column(Text, server_default="")
    postcode: Mapped[str] = mapped_column(Text, server_default="")
    city: Mapped[str] = mapped_column(Text, server_default="")
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="de")
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"), index=True)
    # The day on which mail came back from the address; empty once somebody asked for it anew.
    address_doubted_on: Mapped[date | None]
    # Only to find and to tell persons apart (§ 10(4) AZRG); never a number of a case or file.
    azr_number: Mapped[str | None] = mapped_column(Text)
    # Once this is set nothing reaches the person; what they were reached by is kept beside it, for
    # the case that the news was wrong.
    died_on: Mapped[date | None]
    contact_before_death: Mapped[dict[str, str] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint("family_name IS NFC NORMALIZED", name="family_name_nfc"),
        CheckConstraint("given_names IS NFC NORMALIZED", name="given_names_nfc"),
        CheckConstraint("family_name <> '' OR given_names <> ''", name="has_a_name"),
        CheckConstraint("birth_year BETWEEN 1850 AND 2200", name="birth_year_sane"),
        CheckConstraint("birth_month BETWEEN 1 AND 12", name="birth_month_sane"),
        CheckConstraint(
            "birth_day IS NULL OR (birth_month IS NOT NULL AND birth_day BETWEEN 1 AND 31)",
            name="birth_day_sane",
        ),
        CheckConstraint("cardinality(nationalities) >= 1", name="has_a_nationality"),
        CheckConstraint("sex IN ('m','f','d','x')", name="sex_known"),
        CheckConstraint(
            "died_on IS NULL OR (coalesce(email, '') = '' AND coalesce(phone, '') = '')",
            name="dead_has_no_address",
        ),
        CheckConstraint("azr_number ~ '^[0-9]{12}$'", name="azr_number_form"),
        Index(
            "uq_person_azr_number",
            "azr_number",
            unique=True,
            postgresql_where=text("azr_number IS NOT NULL"),
        ),
        Index("ix_person_birth", "birth_year", "birth_month", "birth_day"),
        Index(
            "ix_person_name_search_trgm",
            "name_search",
            postgresql_using="gin",
            postgresql_ops={"name_search": "gin_trgm_ops"},
        ),
        Index(
            "ix_person_name_plain_trgm",
            "name_plain",
            postgresql_using="gin",
            postgresql_ops={"name_plain": "gin_trgm_ops"},
        ),
    )


class Company(Base):
    """An employer; ``register_no`` e.g. ``HRB 12345 Düsseldorf``."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_search: Mapped[str] = mapped_column(Text, index=True)
    register_no: Mapped[str | None] = mapped_column(Text, unique=True)
    street: Mapped[str] = mapped_column(Text, server_default="")
    postcode: Mapped[str] = mapped_column(Text, server_default="")
    city: Mapped[str] = mapped_column(Text, server_default="")
    email: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "ix_company_name_search_trgm",
            "name_search",
            postgresql_using="gin",
            postgresql_ops={"name_search": "gin_trgm_ops"},
        ),
    )
