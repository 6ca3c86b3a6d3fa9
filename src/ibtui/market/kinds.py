"""IB's tick types: one table from the number on the wire to what it says.

Source: the ``TickType`` table of IB's API reference (numbers 0 to 104).
"""

from typing import Literal, NamedTuple

Group = Literal["price", "size", "generic", "string", "option"]


class Kind(NamedTuple):
    """One tick type.

    Attributes:
        number: IB's tick type, the ``kind`` column of the ``ticks`` table.
        name: What it is called on screens and in exports.
        group: Which message brings it.
        delayed: Whether it is the 15 minutes late twin of a live one.
        live_number: The live twin; the number itself for live kinds.
    """

    number: int
    name: str
    group: Group
    delayed: bool
    live_number: int


_LIVE: tuple[tuple[Group, tuple[tuple[int, str], ...]], ...] = (
    (
        "price",
        (
            (1, "bid"),
            (2, "ask"),
            (4, "last"),
            (6, "high"),
            (7, "low"),
            (9, "close"),
            (14, "open"),
            (15, "low 13 weeks"),
            (16, "high 13 weeks"),
            (17, "low 26 weeks"),
            (18, "high 26 weeks"),
            (19, "low 52 weeks"),
            (20, "high 52 weeks"),
            (35, "auction price"),
            (37, "mark price"),
            (50, "bid yield"),
            (51, "ask yield"),
            (52, "last yield"),
            (57, "last of regular hours"),
            (78, "credit manager mark"),
            (79, "credit manager slow mark"),
            (92, "ETF net asset value at close"),
            (93, "ETF net asset value at prior close"),
            (94, "ETF net asset value bid"),
            (95, "ETF net asset value ask"),
            (96, "ETF net asset value last"),
            (97, "ETF net asset value frozen last"),
            (98, "ETF net asset value high"),
            (99, "ETF net asset value low"),
            (101, "estimated IPO midpoint"),
            (102, "final IPO price"),
        ),
    ),
    (
        "size",
        (
            (0, "bid size"),
            (3, "ask size"),
            (5, "last size"),
            (8, "volume"),
            (21, "average volume"),
            (22, "open interest"),
            (27, "call open interest"),
            (28, "put open interest"),
            (29, "call volume"),
            (30, "put volume"),
            (34, "auction volume"),
            (36, "auction imbalance"),
            (61, "regulatory imbalance"),
            (63, "volume 3 minutes"),
            (64, "volume 5 minutes"),
            (65, "volume 10 minutes"),
            (86, "futures open interest"),
            (87, "average option volume"),
            (89, "shortable shares"),
        ),
    ),
    (
        "generic",
        (
            (23, "historical volatility"),
            (24, "implied volatility"),
            (31, "index future premium"),
            (38, "bid exchange for physical"),
            (39, "ask exchange for physical"),
            (40, "last exchange for physical"),
            (41, "open exchange for physical"),
            (42, "high exchange for physical"),
            (43, "low exchange for physical"),
            (44, "close exchange for physical"),
            (46, "shortable"),
            (49, "halted"),
            (54, "trade count"),
            (55, "trade rate"),
            (56, "volume rate"),
            (58, "real-time historical volatility"),
            (60, "bond factor multiplier"),
        ),
    ),
    (
        "string",
        (
            (25, "option bid exchange"),
            (26, "option ask exchange"),
            (32, "bid exchange"),
            (33, "ask exchange"),
            (45, "last time"),
            (47, "fundamental ratios"),
            (48, "real-time volume"),
            (59, "dividends"),
            (62, "news"),
            (77, "real-time trade volume"),
            (84, "last exchange"),
            (85, "last regulatory time"),
            (91, "mutual fund"),
            (100, "social analytics"),
        ),
    ),
    (
        "option",
        ((10, "option bid"), (11, "option ask"), (12, "option last"), (13, "option model"), (53, "custom option")),
    ),
)

_DELAYED: tuple[tuple[int, int], ...] = (
    (66, 1),
    (67, 2),
    (68, 4),
    (69, 0),
    (70, 3),
    (71, 5),
    (72, 6),
    (73, 7),
    (74, 8),
    (75, 9),
    (76, 14),
    (80, 10),
    (81, 11),
    (82, 12),
    (83, 13),
    (88, 45),
    (90, 49),
    (103, 50),
    (104, 51),
)


def _table() -> dict[int, Kind]:
    kinds = {number: Kind(number, name, group, False, number) for group, entries in _LIVE for number, name in entries}
    for number, live in _DELAYED:
        kinds[number] = Kind(number, f"delayed {kinds[live].name}", kinds[live].group, True, live)
    return kinds


KINDS: dict[int, Kind] = _table()
"""Tick type number to what it says; a number that is not here is kept as it came and drawn nowhere."""
