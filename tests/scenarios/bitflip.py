"""One flipped bit after the other: bitflip.py PROGRAM WORK FLIPS. WORK has `good`, an archive, and `kept`, its medium, which the
configuration calls WORK/medium. bitflip.sh says what must be.

Flips in packs are made in many members at a time, one in each: every one must be told by itself, by the name of its object or the
place of its bytes, and afterwards the pack must be what it was. A share of the flips is made one at a time: in the journal, in
the catalogue, and in what a medium says of itself."""
import hashlib, os, re, shutil, subprocess, sys, tarfile

PROGRAM, WORK, FLIPS = sys.argv[1], sys.argv[2], int(sys.argv[3])
GOOD, KEPT, ARCHIVE, MEDIUM = (os.path.join(WORK, name) for name in ("good", "kept", "a", "medium"))
GOLDEN = 0.6180339887498949 # multiples of it, without the whole part, are spread evenly, however many they are
NIGHT = "2026-11-22T02:00:00Z"
failed = []


def fail(text):
    print(text, flush=True)
    failed.append(text)
    if len(failed) >= 20: sys.exit("too much is wrong")


def run(*words, archive=ARCHIVE):
    """Exit status and all that was said."""
    command = [PROGRAM, "--at", NIGHT] + (["-C", archive] if archive else []) + list(words)
    try: done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    except subprocess.TimeoutExpired:
        fail("%s: does not end" % " ".join(words))
        return 4, ""
    if done.returncode < 0: fail("%s: ended with signal %d" % (" ".join(words), -done.returncode))
    return done.returncode, done.stdout.decode("utf8", "replace")


def fresh(archive=True, medium=True):
    for wanted, here, source in ((archive, ARCHIVE, GOOD), (medium, MEDIUM, KEPT)):
        if not wanted: continue
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(source, here, symlinks=True)


def flip(path, byte, bit):
    os.chmod(path, 0o644)
    with open(path, "r+b") as f:
        f.seek(byte)
        old = f.read(1)[0]
        f.seek(byte)
        f.write(bytes([old ^ 1 << bit]))


def answers(archive):
    done = subprocess.run([PROGRAM, "-C", archive, "find", "--json", "--limit", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return sorted(re.sub(rb'"record":[0-9]*,', b"", line) for line in done.stdout.splitlines())


def sums():
    """Name, length and digest of what only grows."""
    found = []
    for folder in ("packs", "journal"):
        for name in sorted(os.listdir(os.path.join(GOOD, folder))):
            with open(os.path.join(GOOD, folder, name), "rb") as f: data = f.read()
            found.append((folder + "/" + name, len(data), hashlib.sha256(data).digest()))
    return found


ROWS, SUMS = answers(GOOD), sums()


def holds(where):
    """Clean, with the same answers, and byte for byte what it was as far as it was."""
    status, said = run("fsck", "--deep")
    if status: fail("%s: afterwards: %s" % (where, said[-300:]))
    if answers(ARCHIVE) != ROWS: fail("%s: the archive answers otherwise than before" % where)
    for name, length, digest in SUMS:
        with open(os.path.join(ARCHIVE, name), "rb") as f: data = f.read(length)
        if hashlib.sha256(data).digest() != digest: fail("%s: %s is not what it was" % (where, name))


# ---- packs: many at a time ----

def members(name):
    """(first byte, first of the content, content's length, end with padding, identifier) of each member."""
    with tarfile.open(os.path.join(GOOD, name)) as pack:
        return [(m.offset, m.offset_data, m.size, m.offset_data + (m.size + 511) // 512 * 512, m.name.split("/")[1]) for m in pack]


def place(member, number):
    """Three of four lie in the content, the others in header and padding."""
    start, content, size, end, _ = member
    part = number * GOLDEN % 1
    if size and number % 4: return content + int(part * size)
    at = start + int(part * (end - start - size))
    return at if at < content else at + size


def told(said, name, member, byte):
    """Whether one of the lines is about this very flip."""
    start, content, size, end, identifier = member
    if content <= byte < content + size: return re.search(r"%s: object sha256:%s at byte %d is \w+" % (name, identifier, content), said)
    return any(int(first) <= byte < int(first) + int(length)
               for length, first in re.findall(name + r": (\d+) bytes at byte (\d+) are not as they must be", said))


def in_packs(count):
    done, rounds = 0, 0
    packs = [(name, members(name)) for name, _, _ in SUMS if name.startswith("packs/")]
    while done < count:
        if rounds % 20 == 0: fresh()                     # the journal tells of every repair, and grows
        made = []
        for name, rows in packs:
            for member in rows[:count - done]:
                byte, bit = place(member, done), done * 5 % 8
                flip(os.path.join(ARCHIVE, name), byte, bit)
                made.append((name, member, byte, bit))
                done += 1
        status, said = run("fsck", "--deep")
        if status != 3: fail("%d flips in packs: fsck: exit status %d" % (len(made), status))
        for name, member, byte, bit in made:
            if not told(said, name, member, byte): fail("%s byte %d bit %d: not told" % (name, byte, bit))
        status, said = run("scrub", "--all")
        if status != 3: fail("%d flips in packs: scrub: exit status %d: %s" % (len(made), status, said[-300:]))
        for name, member, byte, bit in made:
            if member[1] <= byte < member[1] + member[2] and "object=sha256:" + member[4] not in said:
                fail("%s byte %d bit %d: not told by the scrub" % (name, byte, bit))
        status, said = run("repair", "--all")
        if status: fail("%d flips in packs: repair: exit status %d: %s" % (len(made), status, said[-300:]))
        holds("round %d of flips in packs" % rounds)
        rounds += 1
    return done


# ---- one at a time ----

def spread(folder, names, count):
    """So many places over these files, each file by its size."""
    sizes = [(name, os.path.getsize(os.path.join(folder, name))) for name in names]
    total = sum(size for _, size in sizes)
    for i in range(count):
        at = int((i + 1) * GOLDEN % 1 * total)
        for name, size in sizes:
            if at < size: break
            at -= size
        yield name, at, i % 8, "%s byte %d bit %d" % (name, at, i % 8)


def in_journal(count):
    for name, byte, bit, where in spread(GOOD, [n for n, _, _ in SUMS if n.startswith("journal/")], count):
        fresh()
        flip(os.path.join(ARCHIVE, name), byte, bit)
        status, said = run("scrub", "--all")
        if status != 3: fail("%s: not told (exit status %d)" % (where, status))
        status, said = run("repair", "--all")
        if status: fail("%s: not repaired (exit status %d): %s" % (where, status, said[-300:]))
        holds(where)


def in_catalogue(count):
    """What means nothing may differ without being told."""
    seen = 0
    for name, byte, bit, where in spread(GOOD, ["catalogue/data.mdb"], count):
        fresh()
        flip(os.path.join(ARCHIVE, name), byte, bit)
        status, said = run("nightly")
        seen += status == 3
        if status not in (0, 1, 3): fail("%s: the night ended with %d: %s" % (where, status, said[-300:]))
        holds(where)
    return seen


def in_label(count):
    """What a medium says of itself: it is refused, or what is restored from it is right all the same."""
    names = [n for n in ("label.json", "label.sig", "SHA256SUMS", "SHA256SUMS.sig", "archive-key.pem") if os.path.exists(os.path.join(KEPT, n))]
    generation = "generations/" + sorted(os.listdir(os.path.join(KEPT, "generations")))[-1]
    names += [generation + "/" + n for n in sorted(os.listdir(os.path.join(KEPT, generation))) if n.startswith("manifest")]
    again, refused = os.path.join(WORK, "again"), 0
    for name, byte, bit, where in spread(KEPT, names, count):
        fresh()
        flip(os.path.join(MEDIUM, name), byte, bit)
        for folder in (again, again + ".restoring"): shutil.rmtree(folder, ignore_errors=True)
        status, said = run("restore", MEDIUM, again, archive=None)
        if status == 0:
            if run("fsck", "--deep", archive=again)[0] or answers(again) != ROWS: fail("%s: a wrong archive was restored" % where)
        else:
            refused += 1
            if os.path.exists(again): fail("%s: refused, and there is an archive: %s" % (where, said[-300:]))
        # The night writes to it, refuses it, or makes it good; then what is there is right.
        status, said = run("nightly")
        if status not in (0, 1, 3, 4): fail("%s: the night ended with %d: %s" % (where, status, said[-300:]))
        holds(where)
        if status in (0, 1):
            listed = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=MEDIUM, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if listed.returncode: fail("%s: the night is content with a medium whose list is not true: %s" % (where, listed.stdout[-200:]))
    return refused


journal, catalogue, label = max(2, FLIPS // 20), max(2, FLIPS // 40), max(2, FLIPS // 40)
packs = in_packs(max(1, FLIPS - journal - catalogue - label))
print("%d flips in packs" % packs, flush=True)
in_journal(journal)
print("%d in the journal" % journal, flush=True)
print("%d in what a medium says of itself, %d of them refused by restore" % (label, in_label(label)), flush=True)
print("%d in the catalogue, %d of them told" % (catalogue, in_catalogue(catalogue)), flush=True)
sys.exit(1 if failed else 0)
