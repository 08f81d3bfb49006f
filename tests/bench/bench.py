#!/usr/bin/env python3
"""The benchmark table: bench.py BUILD_DIR [--files N] [--rounds N]

Each figure is measured in one run beside its yardstick, alternating, and given as the median of the rounds with the
ratio pair by pair. Whole processes are timed by wait4: wall, processor time (with that of the children they waited for),
largest resident memory (of one process; where several work at a time, of all of them together).
"""
import argparse, datetime, glob, json, os, platform, shutil, statistics, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))


def timed(command, stdin=None, cwd=None, codes=(0, 1)):
    """(wall seconds, processor seconds, resident MB, output) of one command; stops when it fails."""
    start = time.monotonic()
    with open(stdin) if stdin else open(os.devnull) as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in codes: sys.exit("%s: exit status %d\n%s" % (command[0], code, output[-2000:].decode("utf8", "replace")))
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output


def median(values): return statistics.median(values)


def pair(name, ours, theirs, rounds, size, rows, higher="MB/s", their_size=None):
    """Alternates two measurements and adds a row: both speeds, the ratio ours to theirs by time and by processor time."""
    a, b = [], []
    share = (their_size or size) / size                 # when they did not count as many things as we
    ours(), theirs()                                    # warm up, not counted
    for _ in range(rounds):
        a.append(ours()); b.append(theirs())
    ratio = [y[0] / x[0] / share for x, y in zip(a, b)]
    work = [y[1] / x[1] / share for x, y in zip(a, b)]
    rows.append((name, "%.0f" % (size / median([x[0] for x in a])), "%.0f" % (size * share / median([x[0] for x in b])), higher,
                 "%.2f (%.2f-%.2f)" % (median(ratio), min(ratio), max(ratio)),
                 "%.2f (%.2f-%.2f)" % (median(work), min(work), max(work)),
                 "%.2f / %.2f" % (median([x[1] for x in a]), median([x[1] for x in b])),
                 "%.0f / %.0f" % (max(x[2] for x in a), max(x[2] for x in b))))
    print("  %-28s %8s %8s %-5s ratio %-20s by cpu %-20s cpu s %-14s rss MB %s" % rows[-1], flush=True)


def machine():
    cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown processor")
    version = lambda *c: subprocess.run(c, capture_output=True, text=True).stdout.splitlines()
    return "%s, %d cores, Linux %s, %s, %s" % (cpu, os.cpu_count(), platform.release(), (version("openssl", "version") or ["?"])[0],
                                               datetime.date.today().isoformat())


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


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ap.add_argument("build"); ap.add_argument("--files", type=int, default=20000); ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--work"); ap.add_argument("--only", choices=("intake", "backup", "judging"))
    o = ap.parse_args()
    build = os.path.abspath(o.build)
    work = os.path.abspath(o.work or os.path.join(os.path.dirname(build), "bench"))
    os.makedirs(work, exist_ok=True)
    rows = []
    print(machine())
    print("  %-28s %8s %8s" % ("", "ltvault", "other"))
    if o.only in (None, "intake"): intake_and_fixity(o, build, work, rows)
    if o.only in (None, "backup"): backup(o, build, work, rows)
    if o.only in (None, "judging"): judging(o, build, work, rows)
    if o.only in (None, "judging"): large(o, build, work, rows)
    print("\n| what | ltvault | yardstick | unit | ratio (min-max) | ratio by processor time | processor s | resident MB |\n" + "|---" * 8 + "|")
    for r in rows: print("| " + " | ".join(r) + " |")


if __name__ == "__main__": main()
