"""The test PKI and its responders on loopback, for rows that collect status data or ask for time-stamps."""
import glob, os, shutil, subprocess, urllib.request

from measure import configured


class Responders:
    """with Responders(...) as r: r.url, r.pki; certificates name the responders' own port. `time`: their clock, else the real one."""

    def __init__(self, build, work, time=None):
        self.tests, self.pki, self.time, self.process = os.path.join(build, "tests"), os.path.join(work, "bench-pki"), time, None

    def serve(self, port, time=None):
        self.stop()
        clock = ["--time", time or self.time] if time or self.time else []
        self.process = subprocess.Popen([self.tests + "/ltv-testresponders", "--pki", self.pki, "--port", str(port)] + clock,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().split()[1]
        self.port = self.url.rsplit(":", 1)[1]

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
        self.process = None

    def __enter__(self):
        shutil.rmtree(self.pki, ignore_errors=True)
        subprocess.run([self.tests + "/ltv-testpki", "make", self.pki], check=True)
        self.serve(0)                                   # finds a free port
        subprocess.run([self.tests + "/ltv-testpki", "make", self.pki, "--base-url", self.url], check=True)
        self.serve(self.port)
        return self

    def __exit__(self, *_): self.stop()

    def trusted(self, archive):
        """The archive trusts this PKI and asks its time-stamp authority."""
        for anchor in glob.glob(self.pki + "/trust/*"): shutil.copy(anchor, archive + "/trust/")
        configured(archive, allow_private="127.0.0.1", urls=self.url + "/tsa", settle="0s")

    def counted(self):
        """Requests since the responders were started, by kind."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return {k: int(v) for k, v in (l.split() for l in opener.open(self.url + "/count", timeout=10).read().decode().splitlines())}
