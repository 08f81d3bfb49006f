"""Documents of one CA: what collecting asks for, what long-term forms cost in storage and in processor time."""
import json, os, shutil, subprocess

from measure import against, configured, pair, size_of, timed
from responders import Responders

INTAKE, NIGHT = "2026-11-20T08:05:00Z", "2026-11-20T08:10:00Z"


def made(o, build, work, served, name):
    """A folder of signed documents (B-T, two signatures each) and an empty archive that trusts their CA."""
    documents, archive = os.path.join(work, name + "-documents"), os.path.join(work, name + "-archive")
    for folder in (documents, archive): shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "many", documents, str(o.documents), "--base-url", served.url], check=True)
    timed([os.path.join(build, "ltvault"), "--at", INTAKE, "init", archive])
    served.trusted(archive)
    return documents, archive


def stored(archive): return size_of(archive + "/packs"), size_of(archive + "/journal")


def passed(ltvault, archive, count):
    said = timed([ltvault, "-C", archive, "find", "--count", "verdict:TOTAL-PASSED"], codes=(0,))[3]
    if int("".join(c for c in said.decode() if c.isdigit()) or 0) != count: raise SystemExit("%s: %s of %d passed" % (archive, said, count))


def extended(command):
    """Runs extend --json; (its timing, how many were extended)."""
    result = timed(command, codes=(0, 1))
    lines = [json.loads(l) for l in result[3].decode().splitlines() if l.startswith("{")]
    return result, lines[-1]["counts"]["extended"]


def collecting(o, build, work, rows, bounds):
    """One night over new documents: how often each responder is asked. Then B-LT for all: growth of packs and journal a document,
    beside what the forms themselves append, which is what it costs to embed the same data in each file."""
    ltvault = os.path.join(build, "ltvault")
    with Responders(build, work, INTAKE) as served:
        documents, archive = made(o, build, work, served, "collecting")
        configured(archive, horizon="0s")               # this night only collects
        for name in os.listdir(documents): shutil.move(os.path.join(documents, name), archive + "/spool/in/" + name)
        wall = timed([ltvault, "-q", "--at", INTAKE, "-C", archive, "nightly"], codes=(0, 1))[0]
        asked = served.counted()
        passed(ltvault, archive, o.documents)
        print("  one night, %d documents: %.1f s; asked: %s" % (o.documents, wall, asked), flush=True)
        # Paths: chairman, office, time-stamp authority, their CA; lists of the CA and of the root.
        against("OCSP requests for 4 certificates, %d documents" % o.documents, asked["ocsp"], 4, "", bounds)
        against("CRL requests for 2 authorities, %d documents" % o.documents, asked["crl"], 2, "", bounds)
        numbers = [str(i) for i in range(1, o.documents + 1)]
        before = stored(archive)
        _, count = extended([ltvault, "--at", NIGHT, "-C", archive, "--json", "extend", "--level", "lt"] + numbers)
        after = stored(archive)
        if count != o.documents: raise SystemExit("extended: %d of %d" % (count, o.documents))
        out = os.path.join(work, "collecting-export")
        shutil.rmtree(out, ignore_errors=True)
        pack, journal = ((b - a) / count / 1024 for a, b in zip(before, after))
        original, latest = revisions(ltvault, archive, numbers[:20], out)
        embedded = (latest - original) / min(20, count) / 1024
        print("  B-LT: %.2f KiB in packs, %.2f KiB in the journal a document; embedded in each file: %.2f KiB" % (pack, journal, embedded))
        against("B-LT, %d documents: KiB stored a document, of embedding" % count, pack + journal, embedded, "KiB", bounds)
    for folder in (documents, archive, out): shutil.rmtree(folder, ignore_errors=True)


def revisions(ltvault, archive, numbers, out):
    """Bytes of the original and of the newest forms of these records, as exported."""
    total = []
    for which in ("original", "latest"):
        bag = os.path.join(out, which)
        os.makedirs(out, exist_ok=True)
        timed([ltvault, "-q", "--at", NIGHT, "-C", archive, "export"] + numbers + ["--revision", which, "-o", bag], codes=(0, 1))
        total.append(sum(os.path.getsize(os.path.join(f, n)) for f, _, names in os.walk(bag) for n in names if n.endswith(".pdf")))
    return total


def extending(o, build, work, rows, bounds):
    """`extend --level lt` beside judging the same documents again (`verify`), both with everything collected and without network,
    each on a fresh copy of the archive."""
    ltvault = os.path.join(build, "ltvault")
    with Responders(build, work, INTAKE) as served:
        documents, archive = made(o, build, work, served, "extending")
        timed([ltvault, "-q", "--at", INTAKE, "-C", archive, "ingest", documents], codes=(0, 1))
        passed(ltvault, archive, o.documents)
    configured(archive, offline="yes")
    numbers = [str(i) for i in range(1, o.documents + 1)]
    copy = os.path.join(work, "extending-copy")

    def fresh():
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(["cp", "-r", archive, copy], check=True)
        os.sync()

    def ours():
        fresh()
        result, count = extended([ltvault, "--at", NIGHT, "-C", copy, "--json", "extend", "--level", "lt"] + numbers)
        if count != o.documents: raise SystemExit("extended: %d of %d: %s" % (count, o.documents, result[3][-500:]))
        return result

    def judged():
        fresh()
        return timed([ltvault, "-q", "--at", NIGHT, "-C", copy, "verify"] + numbers, codes=(0,))

    pair("extend beside verify", ours, judged, o.rounds, o.documents, rows, "doc/s")
    for folder in (documents, archive, copy): shutil.rmtree(folder, ignore_errors=True)
