"""Holds the documents of extend-matrix before pyHanko, with nothing but the trust anchor and without a network.
usage: pyhanko_check.py FOLDER; exit status 77 when pyHanko (a version with LTV validation) is not there."""
import asyncio
import datetime
import logging
import sys

try:
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import ltv
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)
logging.disable(logging.CRITICAL)
folder = sys.argv[1]
root = load_cert_from_pemder(folder + "/root.der")
bad = 0
for line in open(folder + "/list.tsv"):
    name, state, at = line.split()
    made = datetime.datetime.strptime(at, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    # The signer's certificate ended in July 2026, the authority's ends in 2034.
    for later in (0, 2 * 365):
        options = {
            "trust_roots": [root], "moment": made + datetime.timedelta(days=later), "allow_fetching": False,
            "crls": [], "ocsps": [], "revocation_mode": "soft-fail", "retroactive_revinfo": True,
        }
        kind = ltv.RevocationInfoValidationType
        with open(folder + "/" + name, "rb") as stream:
            signature = PdfFileReader(stream, strict=False).embedded_regular_signatures[0]
            result = asyncio.run(ltv.async_validate_pdf_ltv_signature(
                signature, kind.PADES_LT if state == "lt" else kind.PADES_LTA, options))
        if not result.bottom_line:
            bad += 1
            print(name, "after", later, "days:", result.summary(), result.modification_level)
sys.exit(bad != 0)
