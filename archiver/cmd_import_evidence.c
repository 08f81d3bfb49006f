#include "archiver/command.h"

#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/import_evidence.h"
#include "archiver/output.h"
#include "archiver/search.h"

#include <stdio.h>
#include <stdlib.h>

static void tell_text(const json_t *file) {
	const json_t *pieces = json_object_get(file, "pieces"), *piece, *number;
	const char *path = json_string_value(json_object_get(file, "file"));
	size_t i, k;
	if (!json_array_size(pieces)) printf(_("%s: neither certificate, revocation list, OCSP answer nor time-stamp\n"), path);
	json_array_foreach(pieces, i, piece) {
		long long records = (long long)json_integer_value(json_object_get(piece, "records"));
		const char *name = json_string_value(json_object_get(piece, "name"));
		printf("%s: %s %s%s", path, json_string_value(json_object_get(piece, "kind")), name, *name ? ", " : "");
		printf(_("helps %lld records"), records);
		json_array_foreach(json_object_get(piece, "numbers"), k, number)
			printf("%s%lld", k ? ", " : ": ", (long long)json_integer_value(number));
		printf("%s\n", records > (long long)k ? " ..." : "");
	}
}

static void tell(void *user, const json_t *file) {
	struct app *app = user;
	if (!json_array_size(json_object_get(file, "pieces"))) app_worsen(app, EXIT_FINDINGS);
	if (app->json) {
		output_json(file);
	} else if (app->verbosity >= 0) {
		tell_text(file);
	}
}

static int run(struct app *app, const struct args *args) {
	struct import_evidence_counts counts;
	struct error err = {0};
	const char *const *paths;
	size_t count = args_words(args, &paths);
	if (!count) error_set(&err, ERROR_USAGE, "import-evidence: no files were named");
	if (err.code || guard_catalogue(app, &err) || app_open_store(app, STORE_WRITE, &err) || app_refuse_medium(app, &err))
		return app_fail(app, &err);
	if (import_evidence(app, paths, count, tell, app, &counts, &err)) app_fail(app, &err);
	search_follow(app);
	return app->status;
}

static const struct option_row options[] = {{NULL, 0, NULL, NULL}};

const struct command command_import_evidence = {
	.name = "import-evidence",
	.arguments = "FILE...",
	.summary = N_("take in certificates, revocation lists, OCSP answers and time-stamps that were carried by hand"),
	.manual = "Reads files, or the files in folders, that hold certificates, revocation lists, OCSP answers or time-stamps, in DER or PEM, and "
		  "CMS bundles of them: for an archive that has no network (network.offline), or for what an authority hands out otherwise.\n\n"
		  "What can be read is stored and linked to every record that it may help, and those records are due at once, so that the "
		  "next verify or nightly judges them with it: a certificate helps what it issued, a list what its issuer issued, an "
		  "answer the certificates that it names, a time-stamp what the data in it help. Records are found by the certificates "
		  "that their newest verdicts rest on. Nothing is trusted for having been imported: it counts when it is signed by whom "
		  "it must be.\n\n"
		  "With --json there is one line a file, with its pieces and for each the number of records and the first of them.\n\n"
		  "Exit status 1: a file is none of these.",
	.options = options,
	.run = run,
};
