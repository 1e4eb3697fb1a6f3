"""One ledger for each finding: the faults, the gaps, the notes, and the several ways to some of them."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from registry import vector
from workshop import ORIGIN, World, back_to, checkpoint, covered, document, edit, put, signer, sql

from custody.kinds import Deployment, Merge, MergedFile, Note, Redaction
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.entry import Seen, Subject
from custody.ledger.writer import Draft, Signed

API = Subject("payments-api", "1a2b" * 16)
PLAIN = "text/plain"
EARLIER = "2026-01-01T00:00:00.000Z"

# --- an entry by itself


@vector
def fault__header_malformed(path: Path, world: World) -> None:
    run = world.note()
    covered(path, [*world.start(), *run, world.sign_raw("builder", run[1].data + b" ", run[1])])


@vector
def fault__signature_invalid(path: Path, world: World) -> None:
    run = world.note()
    run[1] = run[1]._replace(signature=signer("deployer").sign(run[1].data))
    covered(path, [*world.start(), *run])


@vector
def fault__signature_of_another_type(path: Path, world: World) -> None:
    run = world.note()
    pae = b"DSSEv1 10 text/plain %d %b" % (len(run[1].data), run[1].data)
    covered(path, [*world.start(), run[0], run[1]._replace(signature=signer("builder").sign(pae)), run[2]])


@vector
def fault__signature_of_a_checkpoint(path: Path, world: World) -> None:
    start = world.start()
    run = world.note(who="keeper")
    line = parse_checkpoint(checkpoint(start)[1]).signatures[0]
    covered(path, [*start, run[0], run[1]._replace(signature=line.signature), run[2]])


@vector
def fault__signature_short(path: Path, world: World) -> None:
    run = world.note()
    covered(path, [*world.start(), run[0], run[1]._replace(signature=run[1].signature[:63]), run[2]])


@vector
def fault__column_differs(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.note()])
    edit(path, sql("UPDATE entry SET seq = 7 WHERE position = 3"))


@vector
def fault__weak_key(path: Path, world: World) -> None:
    genesis = world.note()[0]
    data = genesis.data.replace(signer("builder").public.hex.encode(), b"01" + b"00" * 31)
    covered(path, [*world.start(), world.sign_raw("builder", data, genesis)])


@vector
def fault__body_differs(path: Path, world: World) -> None:
    run = world.note("all is well")
    covered(path, [*world.start(), *run])
    body = run[1].blobs[run[1].header.body]
    other = body.replace(b"all is well", b"all is lost")
    edit(path, sql("UPDATE blob SET data = ? WHERE sha256 = ?", other, bytes.fromhex(run[1].header.body)))


def with_body(world: World, body: bytes) -> list[Signed]:
    """A chain whose one note has just these bytes as its body."""
    chain = world.chain("builder")
    genesis = chain.begin(ORIGIN, {})
    note = chain.sign(Draft("note", Note("a note").write(), last=True))
    digest = sha256(body).hexdigest()
    header = note.header._replace(body=digest, body_size=len(body))
    return [genesis, world.sign_raw("builder", header.encode(), note._replace(header=header), {digest: body})]


@vector
def fault__body_malformed(path: Path, world: World) -> None:
    covered(path, [*world.start(), *with_body(world, b'{"text":"without salt"}')])


@vector
def fault__body_duplicate_key(path: Path, world: World) -> None:
    salt = b'"salt":"%b"' % (b"5a" * 16)
    body = b'{%b,"text":"pass","text":"fail"}' % salt
    covered(path, [*world.start(), *with_body(world, body)])


@vector
def fault__attachment_differs(path: Path, world: World) -> None:
    run = world.run("builder", Draft("note", Note("see below").write(), (), ((b"pass\n", PLAIN),)))
    covered(path, [*world.start(), *run])
    digest = bytes.fromhex(run[1].header.attachments[0].sha256)
    edit(path, sql("UPDATE blob SET data = ? WHERE sha256 = ?", b"fail\n", digest))


@vector
def fault__missing(path: Path, world: World) -> None:
    run = world.note()
    covered(path, [*world.start(), *run], without=[run[1].header.body])


# --- chains


def notes(world: World, count: int) -> list[Signed]:
    """A sealed chain with so many notes."""
    return world.run("builder", *(Draft("note", Note(f"note {index}").write()) for index in range(count)))


@vector
def fault__chain_unknown(path: Path, world: World) -> None:
    covered(path, [*world.start(), world.note()[1]])


@vector
def fault__chain_gap(path: Path, world: World) -> None:
    run = notes(world, 2)
    covered(path, [*world.start(), run[0], run[2], run[3]])


@vector
def fault__chain_broken(path: Path, world: World) -> None:
    run = notes(world, 1)
    header = run[2].header._replace(prev="ab" * 32)
    broken = world.sign_raw("builder", header.encode(), run[2]._replace(header=header))
    covered(path, [*world.start(), run[0], run[1], broken])


@vector
def fault__chain_order(path: Path, world: World) -> None:
    run = notes(world, 2)
    covered(path, [*world.start(), run[0], run[2], run[1], run[3]])


def forked(world: World, second: int) -> list[Signed]:
    """A genesis, a seal, and beside the seal another continuation of so many entries."""
    chain = world.chain("builder")
    entries = [chain.begin(ORIGIN, {}), chain.sign(Draft("seal", {}, last=True))]
    back_to(chain, entries[0])
    entries += [chain.sign(Draft("note", Note("another story").write())) for _ in range(second - 1)]
    return [*entries, chain.sign(Draft("seal", {}, last=True))]


@vector
def fault__fork(path: Path, world: World) -> None:
    covered(path, [*world.start(), *forked(world, 1)])


@vector
def fault__fork_overtaken(path: Path, world: World) -> None:
    covered(path, [*world.start(), *forked(world, 2)])


@vector
def fault__after_last(path: Path, world: World) -> None:
    chain = world.chain("builder")
    run = [chain.begin(ORIGIN, {}), chain.sign(Draft("seal", {}, last=True))]
    covered(path, [*world.start(), *run, chain.sign(Draft("note", Note("one more").write()))])


@vector
def fault__origin_differs(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.run("builder", origin="acme.example/other")])


@vector
def fault__origin_differs_checkpoint(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries, [checkpoint(entries), checkpoint(entries, origin="acme.example/other")])


# --- the log


@vector
def fault__position_gap(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.note()])
    edit(path, sql("UPDATE entry SET position = 5 WHERE position = 4"))


@vector
def fault__position_lowest(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    stray = world.note()[1]
    put(path, [*entries, stray], [checkpoint([stray, *entries])])
    edit(path, sql("UPDATE entry SET position = -9223372036854775807 - 1 WHERE position = 5"))


@vector
def fault__checkpoint_malformed(path: Path, world: World) -> None:
    entries = world.start()
    put(path, entries, [checkpoint(entries), (1, checkpoint(entries, 1)[1].replace("\n1\n", "\n01\n"))])


@vector
def fault__checkpoint_differs(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries, [checkpoint(entries), checkpoint(entries, 3, root=bytes(32))])


@vector
def fault__truncated(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries[:2], [checkpoint(entries, 2), checkpoint(entries)])


@vector
def fault__split(path: Path, world: World) -> None:
    entries = world.start()
    put(path, entries, [checkpoint(entries), checkpoint(entries, root=bytes(32))])


@vector
def fault__rollback(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries[:2], [checkpoint(entries, 2)])
    path.with_suffix(".checkpoint").write_text(checkpoint(entries)[1], "utf-8")


@vector
def fault__seen_differs(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.run("builder", seen=Seen(2, "ab" * 32))])


# --- trust


@vector
def fault__untrusted_trust(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.trust(document(2, document(), roots=["keeper"]), "keeper")])


@vector
def fault__untrusted_trust_self(path: Path, world: World) -> None:
    covered(
        path, [*world.start(), *world.trust(document(2, document(), roots=["root", "stranger"]), "stranger")]
    )


@vector
def fault__trust_malformed(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.trust(document(2, document()) + "unknown = true\n")])


@vector
def fault__trust_version(path: Path, world: World) -> None:
    second = document(2, document())
    covered(path, [*world.start(), *world.trust(second), *world.trust(second + "# another\n")])


@vector
def fault__trust_version_skipped(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.trust(document(3, document(2, document())))])


@vector
def fault__late_after_revocation(path: Path, world: World) -> None:
    revocation = document(2, document(), revoked=[("builder", ())])
    late = world.chain("builder", lambda: EARLIER)
    run = [late.begin(ORIGIN, {}), late.sign(Draft("note", Note("backdated").write(), last=True))]
    covered(path, [*world.start(), *world.trust(revocation), *run])


@vector
def fault__redaction_invalid(path: Path, world: World) -> None:
    start = world.start()
    body = Redaction(start[1].id, (start[1].header.body,), "nobody should know")
    covered(path, [*start, *world.run("keeper", Draft("redaction", body.write()))])


@vector
def fault__redaction_by_nobody(path: Path, world: World) -> None:
    run = world.note()
    body = Redaction(run[1].id, (run[1].header.body,), "nobody should know")
    order = world.run("builder", Draft("redaction", body.write()))
    covered(path, [*world.start(), *run, *order], without=body.blobs)


# --- gaps


@vector
def gap__empty(path: Path, world: World) -> None:
    put(path, [])


@vector
def gap__no_trust(path: Path, world: World) -> None:
    covered(path, world.note())


@vector
def gap__no_checkpoint(path: Path, world: World) -> None:
    put(path, [*world.start(), *world.note()])


@vector
def gap__uncovered_tail(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries, [checkpoint(entries, 2)])


@vector
def gap__open_chain(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note(seal=False)]
    put(path, entries, [checkpoint(entries, 2)])


@vector
def gap__unknown_writer(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.note(who="stranger")])


@vector
def gap__role(path: Path, world: World) -> None:
    body = Deployment(API, "prod", "api").write()
    covered(path, [*world.start(), *world.run("builder", Draft("deployment", body, (API,)))])


# --- notes


@vector
def note__open_chain_covered(path: Path, world: World) -> None:
    covered(path, [*world.start(), *world.note(seal=False)])


@vector
def note__checkpoint_unverified(path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    put(path, entries, [checkpoint(entries), checkpoint(entries, 3, who="builder")])


@vector
def note__seen_unchecked(path: Path, world: World) -> None:
    put(path, world.run("builder", seen=Seen(2, "ab" * 32)))


@vector
def note__time_regression(path: Path, world: World) -> None:
    times = iter((world.now(), EARLIER))
    chain = world.chain("builder", lambda: next(times))
    run = [chain.begin(ORIGIN, {}), chain.sign(Draft("seal", {}, last=True))]
    covered(path, [*world.start(), *run])


@vector
def note__future_time(path: Path, world: World) -> None:
    start = world.start()
    later = World("later", start=3600).note()
    order, detail = b"".join(bytes.fromhex(entry.id) for entry in later), b'{"leftOut":[],"taken":[]}'
    digests = [sha256(each).hexdigest() for each in (order, detail)]
    body = Merge((MergedFile("later.ledger", "cd" * 32, 3, 3, *digests),))
    attachments = ((order, "application/vnd.custody.order"), (detail, "application/vnd.custody.merge+json"))
    merged = world.run("keeper", Draft("merge", body.write(), (), attachments, last=True), seal=False)
    covered(path, [*start, *later, *merged])


@vector
def note__disowned(path: Path, world: World) -> None:
    start = world.start()
    run = world.run("stranger")
    covered(path, [*start, *run, *world.trust(document(2, document(), disowned=[((), (run[0].id,))]))])


@vector
def note__once_repeated(path: Path, world: World) -> None:
    again = [world.run("builder", Draft("note", Note("once").write(), once="job 7")) for _ in range(2)]
    covered(path, [*world.start(), *again[0], *again[1]])


@vector
def note__orphan(path: Path, world: World) -> None:
    covered(path, world.start(), blobs=[b"these bytes belong to no entry"])


@vector
def note__spared(path: Path, world: World) -> None:
    run = world.note()
    covered(
        path,
        [*world.start(), *world.trust(document(2, document(), revoked=[("builder", [run[0].id])])), *run],
    )


@vector
def note__former_root(path: Path, world: World) -> None:
    second = document(2, document(), roots=["root-2"])
    third = document(3, second, roots=["root-2"])
    covered(path, [*world.start(), *world.trust(second), *world.note(), *world.trust(third, "root-2")])
