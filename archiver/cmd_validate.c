#include "archiver/cmd_validate_input.h"

static int run(struct app *app, const struct args *args) {
	return validate_command(app, args, false);
}

static const struct option_row options[] = {
	VALIDATE_TRUST,
	VALIDATE_EVIDENCE,
	{"data", 0, "PATH", N_("what a detached signature, a timestamp or an evidence record speaks about")},
	{"digest", 0, "ALG:HEX", N_("the same as a bare hash")},
	VALIDATE_PASSWORD,
	VALIDATE_REVOCATION,
	VALIDATE_POLICY,
	VALIDATE_OFFLINE,
	VALIDATE_EXPLAIN,
	{"etsi", 0, NULL, N_("the report as XML by ETSI TS 119 102-2")},
	{NULL, 0, NULL, NULL},
};

const struct command command_validate = {
	.name = "validate",
	.arguments = "[OPTION...] FILE",
	.summary = N_("judge the signatures of one file, without any archive"),
	.manual = "Judges one file: a PDF with its signatures and document timestamps, a CMS signature with or without its content, a "
		  "timestamp, an ASiC container with CAdES signatures. Nothing is ever written, and no archive is needed. Where the archive whose settings hold has the "
		  "file, its evidence records are offered as well, and the page tells what they prove.\n\n"
		  "Each signature gets one of three verdicts (ETSI EN 319 102-1): TOTAL-PASSED, the signature is valid; TOTAL-FAILED, it is "
		  "not; INDETERMINATE, what is at hand does not decide it. The verdict on the file is the worst of them, NO-SIGNATURE where "
		  "there is none. Findings say why, and what can be done.\n\n"
		  "Trust anchors come from --trust; else from the archive given with -C, else from /etc/ltvault/trust. What the signature "
		  "itself does not carry (revocation lists, OCSP answers, certificates of issuers) is fetched from the addresses that "
		  "its certificates name, unless --offline or the archive's settings forbid it.\n\n"
		  "Beside the verdict stands what the rules of decree 30/2020 and of the regulation have to say (a personal and an "
		  "organisation's signature, their order, the validity of certificates at signing); it never changes the verdict. "
		  "--explain adds every step that an expert wants to see.\n\n"
		  "With --json the report is one JSON document of schema ltvault.validation/1, with --etsi an XML document of ETSI TS "
		  "119 102-2.",
	.options = options,
	.run = run,
};
