"""Check Ed25519 signatures (RFC 8032) with Python alone, refusing whatever could be read in two ways."""

from __future__ import annotations

from hashlib import sha512

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_Point = tuple[int, int, int, int]
_NOTHING = (0, 1, 1, 0)


def _add(p: _Point, q: _Point) -> _Point:
    """Add two points, in extended coordinates (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _point(encoded: bytes) -> _Point | None:
    """Decode a point; None when it is not one, or is not written in its one form."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if len(encoded) != 32 or y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * pow(2, (_P - 1) // 4, _P) % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return (x, y, 1, x * y % _P)


def _base() -> _Point:
    """Return the base point, whose y is 4/5."""
    point = _point((4 * pow(5, -1, _P) % _P).to_bytes(32, "little"))
    assert point is not None  # noqa: S101 - a constant of the curve
    return point


_BASE = _base()


def is_sound_key(public: bytes) -> bool:
    """Refuse a public key that is off the curve, written in a second form, or of small order."""
    point = _point(public)
    if point is None:
        return False
    for _ in range(3):
        point = _add(point, point)
    return point[0] % _P != 0


def ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the holder of a key signed a message.

    public     32 bytes; a key that is not sound signs nothing
    signature  64 bytes, R and S; R in its one form and S below the group order, as RFC 8032 section 5.1.7
               wants, checked without the cofactor
    source     RFC 8032 section 5.1; the vectors of its section 7.1 are in the tests
    """
    point, s = _point(public), int.from_bytes(signature[32:], "little")
    if point is None or len(signature) != 64 or s >= _L or not is_sound_key(public):
        return False
    k = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % _L
    negated = (_P - point[0], point[1], 1, _P - point[3])
    table = (_NOTHING, _BASE, negated, _add(_BASE, negated))
    total: _Point = _NOTHING
    for bit in range(252, -1, -1):
        total = _add(total, total)
        choice = (s >> bit & 1) | (k >> bit & 1) << 1
        if choice:
            total = _add(total, table[choice])
    inverse = pow(total[2], -1, _P)
    x, y = total[0] * inverse % _P, total[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]
