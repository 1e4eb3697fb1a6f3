"""The edges of Ed25519, where libraries disagree: libsodium's answers, pinned.

The points and signatures are computed here, with plain integer arithmetic that shares nothing with custody.
"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import SigningKeyError
from custody.keys import PublicKey, verify_signature

Point = tuple[int, int]

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SIGN = 1 << 255


def add(a: Point, b: Point) -> Point:
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P
    return x, (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P


def times(n: int, point: Point) -> Point:
    result = (0, 1)
    while n:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def root_x(y: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return x if x * x % P == square else None


def encode(point: Point) -> bytes:
    return little(point[1] | (point[0] & 1) * SIGN)


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def base() -> Point:
    y = 4 * pow(5, -1, P) % P
    x = root_x(y)
    assert x is not None
    return (x if x % 2 == 0 else P - x), y


def torsion() -> list[Point]:
    """The eight points T with 8·T = 0, as multiples of one of order 8."""
    for y in range(2, 100):
        x = root_x(y)
        if x is not None:
            point = times(L, (x, y))
            if times(4, point) != (0, 1):
                return [times(n, point) for n in range(8)]
    raise AssertionError


B = base()
T = torsion()
SECRET = 0x1234567890ABCDEF1234567890ABCDEF
A = times(SECRET, B)


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """Reduced by L, which matters to a point of mixed order; libsodium does it, and RFC 8032 allows it."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


SMALL = sorted({encode(point) for point in T})
# y = 0 and y = 1 also fit as y + p, and with x = 0 the sign of x says nothing.
ODD_SMALL = [little(n) for n in (P, P | SIGN, P + 1, P + 1 | SIGN, 1 | SIGN, P - 1 | SIGN)]


def test_the_arithmetic_of_this_test() -> None:
    assert times(L, B) == (0, 1) and len(SMALL) == 8 and len({*SMALL, *ODD_SMALL}) == 14
    assert PublicKey(encode(A)).raw == encode(A)


@pytest.mark.parametrize("raw", SMALL, ids=bytes.hex)
def test_a_key_of_small_order_is_weak(raw: bytes) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey(raw)
    assert caught.value.code == "weak-key"


@pytest.mark.parametrize("raw", ODD_SMALL, ids=bytes.hex)
def test_its_odd_encodings_are_refused_as_well(raw: bytes) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey(raw)
    y_is_low = int.from_bytes(raw, "little") % SIGN < P
    assert caught.value.code == ("weak-key" if y_is_low else "malformed-key")


@pytest.mark.parametrize("n", range(1, 8))
def test_a_key_of_mixed_order_is_weak(n: int) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey(encode(add(A, T[n])))
    assert caught.value.code == "weak-key"


@pytest.mark.parametrize("sign", [0, SIGN])
@pytest.mark.parametrize("y", range(P, 2**255))
def test_every_encoding_that_is_not_canonical_is_malformed(y: int, sign: int) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey(little(y | sign))
    assert caught.value.code == "malformed-key" and "canonical" in str(caught.value)


@given(st.integers(0, P - 1), st.sampled_from([0, SIGN]))
def test_a_point_off_the_curve_is_malformed(y: int, sign: int) -> None:
    raw, x = little(y | sign), root_x(y)
    try:
        PublicKey(raw)
        code = None
    except SigningKeyError as error:
        code = error.code
    if x is None:
        assert code == "malformed-key"
    elif times(L, (x, y)) == (0, 1):
        assert code is None or y == 1
    else:
        assert code == "weak-key"


@pytest.mark.parametrize("public", SMALL + ODD_SMALL, ids=bytes.hex)
def test_no_signature_of_a_small_key_counts(public: bytes) -> None:
    """R = S·B - k·A is what the equation asks for; with a small A some message always fits."""
    for n in range(16):
        message = bytes([n])
        for r in (*SMALL, encode(times(7, B))):
            for s in (0, 7):
                assert not verify_signature(public, message, r + little(s))


def signed(a: Point, r_point: Point, nonce: int, message: bytes, r: bytes | None = None) -> bytes:
    """A signature by SECRET, with R and A taken as they are."""
    r = encode(r_point) if r is None else r
    return r + little((nonce + challenge(r, encode(a), message) * SECRET) % L)


def test_an_honest_signature() -> None:
    assert verify_signature(encode(A), b"m", signed(A, times(7, B), 7, b"m"))


@pytest.mark.parametrize("times_l", [1, 2, 15])
def test_s_is_below_the_order(times_l: int) -> None:
    good = signed(A, times(7, B), 7, b"m")
    s = int.from_bytes(good[32:], "little") + times_l * L
    assert s < 2**256
    assert not verify_signature(encode(A), b"m", good[:32] + little(s))


def mixed(n: int, cofactorless: bool) -> tuple[bytes, bytes, bytes]:
    """A key and an R of mixed order, whose torsion cancels (or only does when multiplied by 8)."""
    a = add(A, T[n])
    for counter in range(1000):
        message = b"%d" % counter
        r_point = add(times(7, B), T[3])
        cancels = add(T[3], times(challenge(encode(r_point), encode(a), message), T[n])) == (0, 1)
        if cancels == cofactorless:
            return encode(a), message, signed(a, r_point, 7, message)
    raise AssertionError


def test_mixed_order_is_judged_without_the_cofactor() -> None:
    assert verify_signature(*mixed(1, cofactorless=True))
    assert not verify_signature(*mixed(1, cofactorless=False))


@pytest.mark.parametrize("n", range(1, 8))
def test_r_with_a_torsion_part_is_refused(n: int) -> None:
    assert not verify_signature(encode(A), b"m", signed(A, add(times(7, B), T[n]), 7, b"m"))


@pytest.mark.parametrize("r", SMALL + ODD_SMALL, ids=bytes.hex)
def test_small_r_is_refused(r: bytes) -> None:
    """S = k·a makes R the identity, which some libraries take, in any of its encodings."""
    message = b"m"
    assert not verify_signature(encode(A), message, signed(A, (0, 1), 0, message, r))


def test_a_key_in_another_encoding_is_refused() -> None:
    """y + p for a y below 19, whichever way the challenge is computed."""
    for y in range(19):
        for raw in (little(y + P), little(y + P | SIGN)):
            assert not verify_signature(raw, b"m", encode(times(7, B)) + little(7))
