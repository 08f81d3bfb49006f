#include "archiver/cmd_validate_input.h"

static int run(struct app *app, const struct args *args) {
	return validate_command(app, args, true);
}

static const struct option_row options[] = {
	VALIDATE_TRUST,
	VALIDATE_EVIDENCE,
	VALIDATE_REVOCATION,
	{"initial-policy", 0, "OID", N_("acceptable certificate policy; may be given several times; the default is any")},
	{"require-explicit-policy", 0, NULL, N_("the path must be valid for an acceptable policy")},
	{"inhibit-policy-mapping", 0, NULL, N_("policies are not mapped to each other")},
	{"inhibit-any-policy", 0, NULL, N_("anyPolicy in a certificate matches nothing")},
	VALIDATE_POLICY,
	VALIDATE_OFFLINE,
	VALIDATE_EXPLAIN,
	{NULL, 0, NULL, NULL},
};

const struct command command_path = {
	.name = "path",
	.arguments = "[OPTION...] CERT",
	.summary = N_("judge one certificate and its path, without any archive"),
	.manual = "Builds and validates the path from one certificate, PEM or DER, to a trust anchor (RFC 5280 section 6) at the time of --at, "
		  "with the status of each certificate on it.\n\n"
		  "The options that speak of policies are the inputs of RFC 5280 section 6.1.1. Trust anchors, evidence and the network are as in "
		  "ltvault-validate(1).\n\n"
		  "With --json the report is one JSON document of schema ltvault.path/1; its indication is PASSED, INDETERMINATE or FAILED.",
	.options = options,
	.run = run,
};
