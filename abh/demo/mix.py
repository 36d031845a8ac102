"""How much of what the demo invents: procedures by their volume, states by how long they last."""

from __future__ import annotations

from collections.abc import Mapping

from abh.workflows.definition import State

# Estimated cases a year of a city with 100,000 third-country nationals.
VOLUMES: Mapping[str, int] = {
    "P01": 3_500, "P02": 2_500, "P03": 250, "P04": 250, "P05": 400, "P06": 4_500, "P07": 700,
    "P08": 400, "P09": 300, "P10": 800, "P11": 6_500, "P12": 4_500, "P13": 900, "P14": 4_500,
    "P15": 900, "P16": 3_350, "P17": 4_500, "P18": 700, "P19": 1_500, "P20": 6_000, "P21": 150,
    "P22": 60, "P23": 3_000, "P24": 14_000, "P25": 4_000, "P30": 6_000, "P32": 1_500,
    "P33": 7_259, "P35": 2_500, "P37": 150, "P38": 100,
}  # fmt: skip
# No desk of a small demo is empty, and the story and the measures need enough of P02.
LEAST_SHARE = 0.005
LEAST_SHARES: Mapping[str, float] = {"P02": 0.10}

# States in which a right is held and nothing is being done: many cases stay there long.
RESTING = frozenset(
    {
        "issued",
        "tolerated",
        "tolerated_60b",
        "training",
        "granted_30m",
        "titel_24",
        "titel_104c",
        "document_issued",
        "naturalised",
        "certificate_issued",
        "certified",
        "consented",
        "entry_permitted",
    }
)
# Share among the open (or closed) cases of a procedure, and days since receipt.
_STATES: Mapping[str, tuple[int, tuple[int, int]]] = {
    "jurisdiction_check": (4, (0, 3)),
    "completeness_check": (20, (0, 20)),
    "awaiting_applicant": (16, (5, 28)),
    "in_review": (14, (7, 60)),
    "awaiting_third_party": (12, (8, 30)),
    "suspended": (1, (40, 85)),
    "appointment_pending": (9, (15, 50)),
    "hearing": (2, (20, 40)),
    "decision_ready": (8, (20, 60)),
    "granted": (3, (22, 60)),
    "card_in_production": (6, (30, 75)),
    "card_ready": (4, (45, 85)),
    "refused": (1, (50, 85)),
    "appeal_pending": (1, (90, 300)),
    "refused_final": (3, (150, 730)),
    "withdrawn": (3, (60, 730)),
    "discontinued": (2, (60, 730)),
    "transferred": (2, (30, 730)),
    # The first weeks of machines of their own.
    "received": (6, (0, 6)),
    "opened": (8, (0, 20)),
    "computed": (8, (0, 5)),
    "issue_due": (14, (1, 10)),
    "missing_facts": (6, (5, 25)),
    "no_effect": (10, (20, 400)),
    "taken_back": (1, (150, 730)),
    "rescinded": (1, (200, 730)),
    "revoked": (1, (60, 300)),
    "shortened_final": (3, (150, 730)),
    "lost": (2, (60, 730)),
}
_OTHER = {
    "open": (5, (20, 85)),
    "resting": (25, (60, 600)),
    "closed": (40, (60, 730)),
}


def shares(keys: tuple[str, ...]) -> list[float]:
    """Return the share of each procedure among the cases; one without a volume gets the least."""
    known = [VOLUMES.get(key, 0) for key in keys]
    total = sum(known)
    least = [LEAST_SHARES.get(key, LEAST_SHARE) for key in keys]
    return [max(count / total, floor) for count, floor in zip(known, least, strict=True)]


def weight(state: State) -> int:
    """Return how many cases stand in the state, in relation to the others of its procedure."""
    return _of(state)[0]


def age(state: State) -> tuple[int, int]:
    """Return the span of days since receipt that is plausible for the state."""
    return _of(state)[1]


def _of(state: State) -> tuple[int, tuple[int, int]]:
    if state.terminal:
        found = _STATES.get(state.key, _OTHER["closed"])
        return (90, (90, 730)) if state.key == "issued" else found
    if state.key in RESTING:
        return _OTHER["resting"]
    return _STATES.get(state.key, _OTHER["open"])
