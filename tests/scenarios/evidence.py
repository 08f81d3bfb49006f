"""An evidence record (RFC 4998) held against its data by other means than ours: own DER reader and hashlib.

    evidence.py RECORD DATA OUTDIR CHAINS STAMPS

Writes each token as OUTDIR/N.tst and its imprint as OUTDIR/N.imprint (ALG HEX), for openssl. Ends with 1 and a line that says
what does not hold."""
import hashlib, sys

ALGS = {"608648016503040201": "sha256", "608648016503040202": "sha384", "608648016503040203": "sha512",
        "608648016503040208": "sha3_256", "608648016503040209": "sha3_384", "60864801650304020a": "sha3_512"}


def elements(data):
    """(tag, contents, whole) of consecutive DER elements."""
    out, at = [], 0
    while at < len(data):
        start, tag, length = at, data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at:at + count], "big")
            at += count
        assert at + length <= len(data), "cut off"
        out.append((tag, data[at:at + length], data[start:at + length]))
        at += length
    return out


def need(holds, what):
    if not holds:
        sys.exit(what)


def algorithm(contents):
    return ALGS[elements(contents)[0][1].hex()]


def imprint(token):
    signed = elements(elements(elements(token)[0][1])[1][1])[0][1]          # ContentInfo, [0], SignedData
    fields = elements(signed)
    need(fields[0][1] == b"\x03", "SignedData is not of version 3")
    need(0xA0 in [f[0] for f in fields] and 0xA1 in [f[0] for f in fields], "certificates or status data are not inside")
    certificates = [elements(c[1])[0] for c in elements([f for f in fields if f[0] == 0xA0][0][1])]
    names = [[n[2] for n in elements(c[1]) if n[0] == 0x30] for c in certificates]  # algorithm, issuer, validity, subject, key
    need(any(n[1] == n[3] for n in names), "the path does not go up to the root")
    info = elements(elements(elements(elements(fields[2][1])[1][1])[0][1])[0][1])  # eContent, OCTET STRING, TSTInfo
    alg, hashed = elements(info[2][1])
    return algorithm(alg[1]), hashed[1]


def main(record, data, out, chains_wanted, stamps_wanted):
    data, raw = open(data, "rb").read(), open(record, "rb").read()
    outer = elements(raw)
    need(len(outer) == 1 and outer[0][0] == 0x30, "not one SEQUENCE")
    version, algs, sequence = elements(outer[0][1])                         # nothing optional in it
    need(version[1] == b"\x01", "version")
    listed, used, n = {algorithm(a[1]) for a in elements(algs[1])}, set(), 0
    before = b""
    chains = elements(sequence[1])
    need(len(chains) == int(chains_wanted), "%d chains" % len(chains))
    for c, chain in enumerate(chains):
        earlier = []
        for stamp in elements(chain[1]):
            parts = elements(stamp[1])
            need(parts[0][0] == 0xA0, "digestAlgorithm is absent")
            alg = algorithm(parts[0][1])
            h = lambda b: hashlib.new(alg, b).digest()
            used.add(alg)
            lists = [[e[1] for e in elements(l[1])] for l in elements(parts[1][1])] if parts[1][0] == 0xA2 else []
            token = parts[-1][2]
            if earlier:
                members = [h(t) for t in earlier]
            elif c:
                length = len(before)
                head = b"\x30" + (bytes([length]) if length < 128 else
                                  (lambda b: bytes([0x80 | len(b)]) + b)(length.to_bytes((length.bit_length() + 7) // 8, "big")))
                members = [h(h(data) + h(head + before))]
            else:
                members = [h(data)]
            if lists:
                need(lists[0] == sorted(members), "the first list is not that of this object alone")
            node = h(b"".join(sorted(members))) if len(members) > 1 else members[0]
            for l in lists[1:]:
                need(l == sorted(l), "a list is not sorted")
                node = h(b"".join(sorted(l + [node])))
            token_alg, root = imprint(token)
            need(token_alg == alg and root == node, "the tree does not lead to the time-stamp")
            n += 1
            open("%s/%d.tst" % (out, n), "wb").write(token)
            open("%s/%d.imprint" % (out, n), "w").write("%s %s" % (alg, root.hex()))
            earlier.append(token)
        before += chain[2]
    need(listed == used, "digestAlgorithms")
    need(n == int(stamps_wanted), "%d time-stamps" % n)


main(*sys.argv[1:])
