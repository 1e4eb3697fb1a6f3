"""Checkpoints: what is signed is read again; a changed character is another note or none."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from ledgers import signer

from custody.ledger.canonical import MalformedError
from custody.ledger.checkpoint import PROOF_HEADER, format_proof, key_id, parse_checkpoint, sign_checkpoint

ORIGINS = st.text("abcXYZ019._/@:-", min_size=1, max_size=30)
SIZES = st.integers(0, 2**53 - 1)
ROOTS = st.binary(min_size=32, max_size=32)
KEEPER = signer("keeper")


@given(ORIGINS, SIZES, ROOTS)
def test_a_signed_checkpoint_is_read_again(origin: str, size: int, root: bytes) -> None:
    found = parse_checkpoint(sign_checkpoint(origin, size, root, KEEPER))
    assert (found.origin, found.size, found.root) == (origin, size, root.hex())
    assert found.signed_by(KEEPER.public.raw)
    assert not found.signed_by(signer("builder").public.raw)
    assert found.signatures[0].key_id == key_id(origin, KEEPER.public.raw)


@given(ORIGINS, SIZES, ROOTS, st.data())
def test_a_changed_character_is_not_signed(origin: str, size: int, root: bytes, data: st.DataObject) -> None:
    """Case 37 and 48: the text is signed to the byte, and a note has one spelling."""
    note = sign_checkpoint(origin, size, root, KEEPER)
    place = data.draw(st.integers(0, len(note) - 1))
    character = data.draw(st.sampled_from("\n\r\t 0159AZaz+/=—-.\x7f\u2028"))
    changed = note[:place] + character + note[place + 1 :]
    try:
        found = parse_checkpoint(changed)
    except MalformedError:
        return
    assert found.signed_by(KEEPER.public.raw) == (changed == note)


@given(ORIGINS, SIZES, ROOTS, st.lists(st.tuples(ORIGINS, st.binary(min_size=5, max_size=90)), max_size=5))
def test_lines_of_witnesses_change_nothing(
    origin: str, size: int, root: bytes, witnesses: list[tuple[str, bytes]]
) -> None:
    import base64

    lines = [f"— {name} {base64.b64encode(data).decode()}\n" for name, data in witnesses]
    found = parse_checkpoint(sign_checkpoint(origin, size, root, KEEPER) + "".join(lines))
    assert len(found.signatures) == 1 + len(lines)
    assert found.signed_by(KEEPER.public.raw)


@given(st.text(max_size=200))
def test_no_text_at_all_does_more_than_be_refused(text: str) -> None:
    for candidate in (text, f"{text}\n\n— a AAAAAAA=\n"):
        try:
            parse_checkpoint(candidate)
        except MalformedError:
            continue


@given(st.integers(0, 2**53), st.lists(st.binary(min_size=32, max_size=32), max_size=5), ROOTS)
def test_a_proof_is_what_c2sp_says_it_is(index: int, proof: list[bytes], root: bytes) -> None:
    import base64

    note = sign_checkpoint("acme.example/payments", index + 1 if index < 2**53 - 1 else 1, root, KEEPER)
    lines, _, rest = format_proof(index, proof, note).partition("\n\n")
    first, second, *hashes = lines.split("\n")
    assert (first, second) == (PROOF_HEADER, f"index {index}")
    assert [base64.b64decode(line) for line in hashes] == proof
    assert rest == note
