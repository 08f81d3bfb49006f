"""What every row of the benchmark needs: one command timed, two alternated, memory watched, the machine described."""
import datetime, os, platform, shutil, statistics, subprocess, sys, threading, time


LONGEST = 1800 # seconds of one command: a benchmark that hangs ends


def timed(command, stdin=None, cwd=None, codes=(0, 1)):
    """(wall seconds, processor seconds, resident MB, output) of one command; stops when it fails or takes too long."""
    start = time.monotonic()
    with open(stdin) if stdin else open(os.devnull) as source:
        process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd)
        bound = threading.Timer(LONGEST, process.kill)
        bound.start()
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        bound.cancel()
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


def versions(*commands):
    """One line for each program: what it says of itself."""
    for command in commands:
        lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout.splitlines()
        print("  %s" % (lines[0] if lines else " ".join(command) + ": ?"))


def family(pid):
    """A process and all its descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        try:
            for task in os.listdir("/proc/%d/task" % one): waiting += map(int, open("/proc/%d/task/%s/children" % (one, task)).read().split())
        except OSError: pass
    return found


def resident(pid):
    """(all, anonymous) resident MB of one process now."""
    values = {}
    try:
        for line in open("/proc/%d/status" % pid):
            if line.startswith(("VmRSS", "RssAnon")): values[line.split(":")[0]] = int(line.split()[1]) / 1024
    except OSError: pass
    return values.get("VmRSS", 0), values.get("RssAnon", 0)


def watched(command, every=0.02, **how):
    """As timed, and the largest sums, seen every so many seconds, over the process and its children: resident MB, and of these
    what is not a mapped file: (wall, cpu, all MB, anonymous MB). Mapped pages of files are in the first, once for each process."""
    peak, over = [0.0, 0.0], threading.Event()
    own = os.getpid()

    def look():
        while not over.wait(every):
            sizes = [resident(p) for p in family(own) if p != own]
            for i in (0, 1): peak[i] = max(peak[i], sum(s[i] for s in sizes))

    watcher = threading.Thread(target=look)
    watcher.start()
    try: wall, cpu, largest, _ = timed(command, **how)
    finally:
        over.set()
        watcher.join()
    return wall, cpu, max(peak[0], largest), peak[1]


def forget(*paths):
    """Takes files out of the page cache, without rights of the administrator."""
    os.sync()
    for path in paths:
        for folder, _, names in os.walk(path):
            for name in names:
                with open(os.path.join(folder, name), "rb") as f: os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def warm(*paths):
    for path in paths: subprocess.run(["find", path, "-type", "f", "-exec", "cat", "{}", "+"], stdout=subprocess.DEVNULL, check=True)


def against(name, value, bound, unit, table):
    """A row that is held against a number instead of a yardstick; below 1 keeps it."""
    table.append((name, "%.4g" % value, "%g" % bound, unit, "%.2f" % (value / bound)))
    print("  %-64s %10s of at most %8s %-6s %s" % table[-1], flush=True)


def configured(archive, **settings):
    """Changes settings in ltvault.conf; every key is there, and only once in the sections concerned."""
    conf = os.path.join(archive, "ltvault.conf")
    lines = open(conf).read().split("\n")
    for key, value in settings.items():
        places = [i for i, line in enumerate(lines) if line.startswith(key + " =")]
        if not places: sys.exit("%s: no setting %s" % (conf, key))
        for i in places: lines[i] = "%s = %s" % (key, value)
    open(conf, "w").write("\n".join(lines))


def bulk(build, work, files):
    """The generated files, made once."""
    folder = os.path.join(work, "files-%d" % files)
    if not os.path.isdir(folder):
        subprocess.run([os.path.join(build, "tests", "ltv-testpki"), "bulk", folder, str(files), "1"], check=True, stdout=subprocess.DEVNULL)
    return folder


def size_of(path):
    """Bytes of the files below."""
    return sum(os.path.getsize(os.path.join(folder, n)) for folder, _, names in os.walk(path) for n in names)
