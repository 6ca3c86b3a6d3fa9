"""Our own order ids: sortable by time, unique over restarts, safe in every field that IB echoes."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
RANDOM_BITS = 80


def new_order_ref(utc_ns: int, random_bits: int) -> str:
    """An id in the manner of a ULID (github.com/ulid/spec): 48 bits of milliseconds, then 80 random ones.

    Args:
        utc_ns: UTC nanoseconds of the order's creation.
        random_bits: Random number of at least 80 bits; higher bits are ignored.

    Returns:
        26 characters of Crockford's base 32: digits and capital letters without I, L, O and U.
    """
    value = ((utc_ns // 1_000_000) & (1 << 48) - 1) << RANDOM_BITS | random_bits & (1 << RANDOM_BITS) - 1
    return "".join(_ALPHABET[value >> 5 * place & 31] for place in range(LENGTH - 1, -1, -1))
