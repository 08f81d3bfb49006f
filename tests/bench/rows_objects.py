"""Archives of very many small objects: memory, the check of the catalogue, evidence records."""
import os, shutil, subprocess

from measure import against, configured, median, pair, timed, watched
from responders import Responders

OBJECT_BYTES = 100


def filled(build, work, count):
    """An archive with so many objects, made once in the work folder: half documents with a record, half their verdicts."""
    archive = os.path.join(work, "objects-%d" % count)
    if not os.path.exists(archive + "/complete"):
        shutil.rmtree(archive, ignore_errors=True)
        timed([os.path.join(build, "ltvault"), "init", archive])
        configured(archive, idle="no")
        wall = timed([os.path.join(build, "tests", "many_objects"), "fill", archive, str(count), str(OBJECT_BYTES)], codes=(0,))[0]
        open(archive + "/complete", "w").close()
        print("  %d objects made in %.0f s" % (count, wall), flush=True)
    return archive


def memory(o, build, work, rows, bounds):
    """Largest resident memory of the program and its workers together. What is not a mapped file must not grow with the archive;
    pages of the mapped catalogue can be taken back by the kernel at any time, but count as resident."""
    ltvault = os.path.join(build, "ltvault")
    small = os.path.join(work, "small-files")
    for count in map(int, o.objects.split(",")):
        archive = filled(build, work, count)
        shutil.rmtree(small, ignore_errors=True)
        os.mkdir(small)
        for i in range(2000):
            with open("%s/%d.txt" % (small, i), "w") as f: f.write("file %d of %s, run %d\n" % (i, archive, os.getpid()))
        commands = (("ingest of 2,000 files", ["ingest", small]), ("scrub --all", ["scrub", "--all"]), ("fsck", ["fsck"]))
        for name, words in commands:
            wall, cpu, whole, anonymous = watched([ltvault, "-q", "-C", archive] + words, codes=(0, 1))
            print("  %-24s %9d objects: %6.1f s, %6.1f processor s" % (name, count, wall, cpu), flush=True)
            against("%s, %d objects: resident" % (name, count), whole, 64, "MB", bounds)
            against("%s, %d objects: resident, without mapped files" % (name, count), anonymous, 64, "MB", bounds)
            if words == ["fsck"]: against("fsck of %d objects" % count, wall, 60, "s", bounds)


def evidence(o, build, work, rows, bounds):
    """A round over all objects, with the responders' time-stamp on loopback in it, beside hashing the same packs with openssl; then
    records put together one by one. Each round on a copy of the archive that has no evidence yet."""
    ltvault = os.path.join(build, "ltvault")
    count = int(o.objects.split(",")[-1])
    source, archive = filled(build, work, count), os.path.join(work, "evidence-archive")
    rounds = min(o.rounds, 3)
    with Responders(build, work) as served:
        def ours():
            shutil.rmtree(archive, ignore_errors=True)
            subprocess.run(["cp", "-r", "--reflink=auto", source, archive], check=True)
            served.trusted(archive)
            os.sync()
            return timed([ltvault, "-q", "-C", archive, "evidence", "create"], codes=(0,))

        packs = [os.path.join(source, "packs", n) for n in sorted(os.listdir(source + "/packs"))]
        walls = []
        def counted():
            result = ours()
            walls.append(result[0])
            return result
        pair("round of %d leaves" % count, counted, lambda: timed(["openssl", "dgst", "-sha512"] + packs), rounds, count, rows, "obj/s")
        against("round over %d leaves, time-stamp included" % count, median(walls[1:]), 10, "s", bounds)
        said = timed([os.path.join(build, "tests", "many_objects"), "records", archive, "1000"], codes=(0,))[3].decode().split()
        print("  " + " ".join(said))
        against("one evidence record of %d, median of %s" % (count, said[1]), float(said[3]) / 1000, 5, "ms", bounds)
        against("one evidence record of %d, 95 of 100 below" % count, float(said[5]) / 1000, 5, "ms", bounds)
    shutil.rmtree(archive, ignore_errors=True)
