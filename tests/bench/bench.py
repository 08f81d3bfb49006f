#!/usr/bin/env python3
"""The benchmark table: bench.py BUILD_DIR [--files N] [--rounds N]

Each figure is measured in one run beside its yardstick, alternating, and given as the median of the rounds with the
ratio pair by pair. Whole processes are timed by wait4: wall, processor time (with that of the children they waited for),
largest resident memory (of one process; where several work at a time, of all of them together).
"""
import argparse, glob, os, shutil, subprocess, sys

from measure import machine, median, pair, timed
import rows_documents, rows_objects, rows_restic

HERE = os.path.dirname(os.path.abspath(__file__))


def intake_and_fixity(o, build, work, rows):
    ltvault, plain = os.path.join(build, "ltvault"), os.path.join(build, "tests", "plain_intake")
    files = os.path.join(work, "files-%d" % o.files)
    if not os.path.isdir(files):
        subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "bulk", files, str(o.files), "1"], check=True, stdout=subprocess.DEVNULL)
    names = sorted(glob.glob(files + "/**/*", recursive=True))
    names = [n for n in names if os.path.isfile(n)]
    size = sum(os.path.getsize(n) for n in names) / 1e6
    listing = os.path.join(work, "list")
    open(listing, "w").write("".join(n + "\n" for n in names))
    warm = lambda paths: subprocess.run(["xargs", "-0", "cat"], input="\0".join(paths).encode(), stdout=subprocess.DEVNULL, check=True)
    warm(names)                                         # into memory
    print("%d files, %.0f MB" % (len(names), size))
    archive = os.path.join(work, "archive")

    def ours():
        shutil.rmtree(archive, ignore_errors=True)
        timed([ltvault, "init", archive])
        return timed([ltvault, "-q", "-C", archive, "ingest", "--defer", "-"], stdin=listing)

    pair("raw intake", ours, lambda: timed([plain, os.path.join(work, "plain.out"), "64"], stdin=listing), o.rounds, size, rows)
    warm(glob.glob(archive + "/packs/*"))
    xargs = ["xargs", "-P", "2", "-n", str(len(names) // 8 + 1), "-a", listing, "openssl", "dgst", "-sha256", "-r"]
    conf = os.path.join(archive, "ltvault.conf")
    text = open(conf).read().replace("idle = yes", "idle = no")
    open(conf, "w").write(text)
    scrub = [ltvault, "-q", "-C", archive, "scrub", "--all"]
    pair("scrub, page cache", lambda: timed(scrub + ["--cached"]), lambda: timed(xargs), o.rounds, size, rows)
    packs = sorted(glob.glob(archive + "/packs/*"))
    raw = ["sh", "-c", 'for p; do dd if="$p" of=/dev/null bs=8M iflag=direct status=none; done', "sh"] + packs
    pair("scrub from the disk", lambda: timed(scrub), lambda: timed(raw), o.rounds, size, rows)


def backup(o, build, work, rows):
    """A first backup: copied, synced, read back past the page cache and compared, beside cp and sha256sum -c of the same packs."""
    ltvault, archive = os.path.join(build, "ltvault"), os.path.join(work, "backup-archive")
    files, medium, copy = os.path.join(work, "files-%d" % o.files), os.path.join(work, "backup-medium"), os.path.join(work, "backup-copy")
    shutil.rmtree(archive, ignore_errors=True)
    if not os.path.isdir(files):
        subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "bulk", files, str(o.files), "1"], check=True, stdout=subprocess.DEVNULL)
    timed([ltvault, "init", archive])
    conf = os.path.join(archive, "ltvault.conf")
    text = open(conf).read().replace("same_device = no", "same_device = yes").replace("offline = no", "offline = yes")
    open(conf, "w").write(text)
    timed([ltvault, "-C", archive, "ingest", "--defer", files])
    packs = sorted(glob.glob(archive + "/packs/*.tar"))
    size = sum(os.path.getsize(n) for n in packs) / 1e6
    sums = os.path.join(work, "backup-sums")
    with open(sums, "wb") as out: out.write(subprocess.run(["sha256sum"] + [os.path.basename(n) for n in packs], cwd=archive + "/packs", stdout=subprocess.PIPE, check=True).stdout)
    made = [0]
    def ours():
        shutil.rmtree(medium, ignore_errors=True)
        os.mkdir(medium)
        made[0] += 1
        timed([ltvault, "-C", archive, "media", "init", medium, "--label", "medium %d" % made[0]])
        return timed([ltvault, "-C", archive, "backup", medium])
    def theirs():
        shutil.rmtree(copy, ignore_errors=True)
        return timed(["sh", "-c", 'cp -r "$1" "$2" && cd "$2" && sha256sum --quiet -c "$3"', "sh", archive + "/packs", copy, sums])
    pair("backup of new packs", ours, theirs, o.rounds, size, rows)
    for folder in (archive, medium, copy): shutil.rmtree(folder, ignore_errors=True)


def judging(o, build, work, rows):
    corpus = os.environ.get("LTVAULT_CORPUS", os.path.join(HERE, "..", "..", "..", "shared", "corpus"))
    cases = os.path.join(corpus, "cases.tsv")
    trust = os.path.join(work, "trust")
    os.makedirs(trust, exist_ok=True)
    if os.path.exists(cases):
        lines = [l.rstrip("\n").split("\t") for l in open(cases)]
        column = lines[0].index("trust")
        lines = [l for l in lines[1:] if l[2] == "pdf"]
        pdfs = sorted({os.path.join(corpus, "files", l[3]) for l in lines})
        # All anchors of all cases: chains are built and status is looked for wherever that is possible.
        for anchor in sorted({t for l in lines for t in l[column].split()}):
            place = next(p for p in (os.path.join(corpus, anchor), os.path.join(corpus, "files", anchor)) if os.path.exists(p))
            shutil.copy(place, os.path.join(trust, anchor.replace("/", "-")))
    else:
        samples = os.path.join(work, "pki")
        if not os.path.isdir(samples): subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "make", samples], check=True, stdout=subprocess.DEVNULL)
        pdfs = sorted(glob.glob(samples + "/samples/*.pdf"))
        shutil.copytree(os.path.join(samples, "trust"), trust, dirs_exist_ok=True)
    speed = [os.path.join(build, "tests", "judge_speed"), "2", "1", trust] + pdfs
    signatures, _ = judged(speed)
    # All that pdfsig checks, but for asking OCSP responders; only what it gives a verdict on is counted.
    listing = os.path.join(work, "pdfs")
    with open(listing, "w") as out: out.write("".join(p + "\0" for p in pdfs))
    pdfsig = ["timeout", "600", "xargs", "-0", "-n", "1", "-P", "2", "-a", listing, "pdfsig", "-no-ocsp"]
    answers = subprocess.run(pdfsig, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    theirs = answers.count(b"Signature Validation:")
    print("%d PDFs, %d signatures judged by ltvault, %d by pdfsig" % (len(pdfs), signatures, theirs))

    def pdfsig_run():
        wall, cpu, resident, _ = timed(pdfsig, codes=(0, 1, 123))
        return wall, cpu, 2 * resident                  # two at a time

    pair("judging PDFs, 2 workers", lambda: judged(speed)[1], pdfsig_run, o.rounds, signatures, rows, "sig/s", theirs)


def judged(command):
    """How many signatures judge_speed counted, and its measurement as of timed(); memory is that of it and its workers."""
    wall, cpu, _, output = timed(command)
    parts = output.decode().split()
    own, worker = parts[parts.index("resident") + 1], parts[parts.index("resident") + 3]
    return int(parts[2]), (wall, cpu, (int(own) + int(command[1]) * int(worker)) / 1024)


def large(o, build, work, rows):
    """A PDF of 100 MB with 50 signatures in one worker, beside hashing its bytes 50 times."""
    count = 50
    folder = os.path.join(work, "large")
    if not os.path.isdir(folder):
        subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "large", folder, "100", str(count)], check=True)
    for name in ("one-stream", "many-objects"):
        path = os.path.join(folder, name + ".pdf")
        ours = [os.path.join(build, "tests", "judge_speed"), "1", "1", os.path.join(folder, "trust"), path]
        signatures, _ = judged(ours)
        if signatures != count: sys.exit("%s: %d signatures, not %d" % (path, signatures, count))
        openssl = ["openssl", "dgst", "-sha256"] + [path] * count
        pair("50 signatures, %s" % name, lambda: judged(ours)[1], lambda: timed(openssl), o.rounds, os.path.getsize(path) * count / 1e6, rows)


# Name of a row or several, what measures them, and roughly how long that takes at the default sizes on two quiet cores.
ROWS = (("intake", (intake_and_fixity,), "8 min"), ("backup", (backup,), "4 min"), ("judging", (judging, large), "3 min"),
        ("restic", (rows_restic.restic,), "12 min"), ("memory", (rows_objects.memory,), "6 min"),
        ("evidence", (rows_objects.evidence,), "5 min"), ("collecting", (rows_documents.collecting,), "2 min"),
        ("extending", (rows_documents.extending,), "3 min"))


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0], epilog="; ".join("%s: about %s" % (r[0], r[2]) for r in ROWS))
    ap.add_argument("build"); ap.add_argument("--work", help="folder for what is made; on the disk that is to be measured")
    ap.add_argument("--only", choices=[r[0] for r in ROWS])
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--files", type=int, default=20000, help="generated files of about 150 KB: intake, backup, restic")
    ap.add_argument("--objects", default="100000,1000000", help="sizes of the archives of small objects: memory; evidence takes the last")
    ap.add_argument("--documents", type=int, default=1000, help="signed documents: collecting, extending")
    o = ap.parse_args()
    build = os.path.abspath(o.build)
    work = os.path.abspath(o.work or os.path.join(os.path.dirname(build), "bench"))
    os.makedirs(work, exist_ok=True)
    rows, bounds = [], []
    print(machine())
    for name, parts, takes in ROWS:
        if o.only not in (None, name): continue
        print("%s, about %s:" % (name, takes), flush=True)
        for part in parts: part(o, build, work, rows, bounds) if part.__module__ != __name__ else part(o, build, work, rows)
    if rows:
        print("\n| what | ltvault | yardstick | unit | ratio (min-max) | ratio by processor time | processor s | resident MB |\n" + "|---" * 8 + "|")
        for r in rows: print("| " + " | ".join(r) + " |")
    if bounds:
        print("\n| what | measured | at most | unit | of that |\n" + "|---" * 5 + "|")
        for r in bounds: print("| " + " | ".join(r) + " |")


if __name__ == "__main__": main()
