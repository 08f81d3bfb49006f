"""Holds the documents of extend-matrix before pyHanko, with nothing but the trust anchor and without a network.
usage: pyhanko_check.py FOLDER; exit status 77 when pyHanko is not there.

Versions before 0.30 have the LTV validation of the PDF standard; it is asked about every document, at the time of its
extension and two years later, when the signer's certificate has long ended. Later versions have EN 319 102-1 instead,
with status required for every certificate: it is asked about those under a time-stamp, when that was made, which for
the renewed ones is two years after the signer's certificate ended."""
import asyncio
import datetime
import logging
import sys

try:
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
except ImportError as missing:
    print("skipped:", missing)
    sys.exit(77)
try:
    from pyhanko.sign.validation import ltv
except ImportError:
    ltv = None
    from pyhanko.sign.validation import ades, policy_decl as spec
    from pyhanko_certvalidator import policy_decl as rules
    from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationTimingInfo
    from pyhanko_certvalidator.registry import SimpleTrustManager
logging.disable(logging.CRITICAL)


def by_ltv(signature, state, root, when):
    options = {
        "trust_roots": [root], "moment": when, "allow_fetching": False, "crls": [], "ocsps": [],
        "revocation_mode": "soft-fail", "retroactive_revinfo": True,
    }
    kind = ltv.RevocationInfoValidationType
    result = asyncio.run(ltv.async_validate_pdf_ltv_signature(
        signature, kind.PADES_LT if state == "lt" else kind.PADES_LTA, options))
    return result.bottom_line, result.summary()


def by_standard(signature, root, when):
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build([root]), revinfo_policy=rules.CertRevTrustPolicy(rules.REQUIRE_REVINFO))
    gathering = spec.RevocationInfoGatheringSpec(online_fetching_rule=spec.RevinfoOnlineFetchingRule.LOCAL_ONLY)
    settings = spec.PdfSignatureValidationSpec(spec.SignatureValidationSpec(policy, gathering))
    timing = ValidationTimingInfo(validation_time=when, best_signature_time=when, point_in_time_validation=True)
    result = asyncio.run(ades.ades_lta_validation(signature, settings, timing_info=timing))
    return str(result.ades_subindic) == "AdESPassed.OK", result.failure_msg


folder = sys.argv[1]
root = load_cert_from_pemder(folder + "/root.der")
bad = asked = 0
for line in open(folder + "/list.tsv"):
    name, state, at = line.split()
    made = datetime.datetime.strptime(at, "%Y%m%d%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    for days in (0, 2 * 365) if ltv else (0,):
        if not ltv and state == "lt":
            continue
        when = made + datetime.timedelta(days=days)
        with open(folder + "/" + name, "rb") as stream:
            signature = PdfFileReader(stream, strict=False).embedded_regular_signatures[0]
            passed, said = by_ltv(signature, state, root, when) if ltv else by_standard(signature, root, when)
        asked += 1
        if not passed:
            bad += 1
            print(name, "after", days, "days:", said)
print(asked, "asked,", bad, "not accepted")
sys.exit(bad != 0 or asked == 0)
