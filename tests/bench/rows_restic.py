"""Intake and verification beside a backup program that stores by content and checks what it stored: restic."""
import os, shutil

from measure import bulk, configured, forget, pair, size_of, timed, versions, warm


def restic(o, build, work, rows, bounds):
    """The same files into an archive and into a repository on the same disk, then everything read back and compared.

    restic: a new repository each time, --no-cache for both commands (what it would cache is in the page cache here) and
    --compression off, because the files do not compress; the rest as it comes. ltvault: `ingest --defer`, so that neither side
    looks into the files. Sources are in memory before each intake. The check is measured twice: with everything in memory, and with
    everything out of it; ltvault's own way past the page cache is measured in the second."""
    ltvault, files = os.path.join(build, "ltvault"), bulk(build, work, o.files)
    archive, repository = os.path.join(work, "restic-archive"), os.path.join(work, "restic-repository")
    size = size_of(files) / 1e6
    os.environ.update(RESTIC_PASSWORD="benchmark", RESTIC_REPOSITORY=repository, RESTIC_PROGRESS_FPS="0.1")
    versions(["restic", "version"], [ltvault, "--version"])
    print("  restic backup --no-cache --compression off; restic check --read-data --no-cache; %.0f MB" % size, flush=True)

    def ours():
        shutil.rmtree(archive, ignore_errors=True)
        timed([ltvault, "init", archive])
        os.sync()
        return timed([ltvault, "-q", "-C", archive, "ingest", "--defer", files])

    def theirs():
        shutil.rmtree(repository, ignore_errors=True)
        timed(["restic", "init", "-q"], codes=(0,))
        os.sync()
        return timed(["restic", "backup", "-q", "--no-cache", "--compression", "off", files], codes=(0,))

    warm(files)
    pair("intake, restic backup", ours, theirs, o.rounds, size, rows)
    configured(archive, idle="no")
    scrub = [ltvault, "-q", "-C", archive, "scrub", "--all"]
    check = ["restic", "check", "-q", "--read-data", "--no-cache"]
    warm(archive, repository)
    pair("scrub, restic check, cached", lambda: timed(scrub + ["--cached"], codes=(0,)), lambda: timed(check, codes=(0,)), o.rounds, size, rows)

    def cold(path, command):
        forget(path)
        return timed(command, codes=(0,))

    pair("scrub, restic check, disk", lambda: cold(archive, scrub), lambda: cold(repository, check), o.rounds, size, rows)
    for folder in (archive, repository): shutil.rmtree(folder, ignore_errors=True)
