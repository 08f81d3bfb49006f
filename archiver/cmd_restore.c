#include "archiver/command.h"
#include "archiver/export.h"
#include "archiver/i18n.h"
#include "archiver/image_restore.h"
#include "archiver/output.h"
#include "archiver/repair.h"
#include "archiver/restore.h"
#include "archiver/restore_envelope.h"
#include "archiver/show.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void tell(const struct app *app, const struct restore_result *r) {
	if (app->json) {
		json_t *out = json_pack("{s:I,s:I,s:b,s:s,s:s*}", "objects", (json_int_t)r->counts.objects, "records", (json_int_t)r->counts.records,
		                        "forked", r->forked, "key_sha256", r->key, "replaced", r->replaced);
		output_json(out);
		json_decref(out);
		return;
	}
	printf(_("%s: %llu records, %llu objects, all of them read and compared\n"), app->archive, (unsigned long long)r->counts.records,
	       (unsigned long long)r->counts.objects);
	printf(_("The medium's lists are signed with the key whose SHA-256 is %s (sha256sum archive-key.pem).\n"), r->key);
	if (r->forked) puts(_("It is an older state than one that is known: a fork, and its journal says so."));
	if (r->replaced) printf(_("The earlier archive is in %s, with everything that waited in its spool.\n"), r->replaced);
}

static int expect_plain(const struct medium_place *place, struct error *err) {
	int encrypted = restore_is_encrypted(place, err);
	if (encrypted > 0) error_set(err, ERROR_INPUT, "%s: is encrypted; restore the whole medium, and export the record from there", place->path);
	return encrypted ? -1 : 0;
}

/* One record: the medium is an archive that opens read-only, and hands out like one, every object held against its digest. */
static int one_record(struct app *app, const char *medium, const char *directory, const char *id, struct error *err) {
	struct app from = {.archive = medium, .now = app->now, .command = "restore", .verbosity = app->verbosity};
	struct medium_place place = {0};
	struct medium_sums sums = {0};
	char key[SHA256_HEX], hex[SHA256_HEX];
	uint64_t number, size;
	json_t *release = NULL;
	struct export *export = NULL;
	if (place_open(&place, medium, false, err) || expect_plain(&place, err) || restore_check_medium(&place, &sums, key, err) ||
	    medium_digest(&place, "catalogue/data.mdb", NULL, hex, &size, err))
		goto out;
	if (strcmp(hex, medium_sums_get(&sums, "catalogue/data.mdb"))) {
		error_set(err, ERROR_DAMAGED, "%s/catalogue/data.mdb: damaged; restore the whole medium instead", medium);
		goto out;
	}
	if (app_open_store(&from, STORE_READ, err) || show_id(&from, id, &number, err) ||
	    !(export = export_open(&from, directory, PACKAGE_FOLDER, EXPORT_ALL, err)))
		goto out;
	if (export_record(export, number, err)) {
		export_abort(export);
		goto out;
	}
	if (export_omitted(export)) app_worsen(app, EXIT_DAMAGE);
	if (export_commit(export, id, &release, err)) goto out;
	if (app->json) output_json(release);
	else printf(_("Record %llu is in %s, every file held against its digest.\n"), (unsigned long long)number, directory);
out:
	json_decref(release);
	medium_sums_dispose(&sums);
	place_close(&place);
	store_close(from.store);
	conf_free(from.conf);
	return err->code ? -1 : 0;
}

/* Its catalogue knows how far its journal went, also where that is gone. */
static void look_at_replaced(const struct app *app, struct restore_request *request) {
	struct app replaced = {.archive = request->directory, .now = app->now, .command = app->command};
	struct error damage = {0}, unread = {0};
	if (repair_catalogue(&replaced, &request->replaced, &damage, &unread)) request->replaced = (struct store_totals){0};
}

static int run(struct app *app, const struct args *args) {
	const char *const *words, *until = args_value(args, "until"), *record = args_value(args, "record");
	struct error err = {0};
	struct restore_result result = {0};
	struct restore_request request = {.until = UTIME_NONE, .fork = args_has(args, "fork"), .replace = args_has(args, "replace")};
	request.known_count = args_values(args, "known", &request.known);
	size_t count = args_words(args, &words);
	if (count < 2) error_set(&err, ERROR_USAGE, "restore: needs MEDIUM and a new DIRECTORY");
	bool images = count > 2 || (count == 2 && image_is_there(words[0]));
	if (until && !utime_parse(until, &request.until)) error_set(&err, ERROR_USAGE, "--until: \"%s\" is no time", until);
	request.key = args_value(args, "key");
	request.certificate = args_value(args, "certificate");
	if (request.certificate && !request.key) error_set(&err, ERROR_USAGE, "--certificate: goes with --key only");
	if (record && (request.key || until || request.fork || request.replace || request.known_count))
		error_set(&err, ERROR_USAGE, "restore: --record goes with no other option");
	if (images && (record || request.key)) error_set(&err, ERROR_USAGE, "restore: images are restored as a whole: neither --record nor --key goes with them");
	if (err.code) return app_fail(app, &err);
	if (record) return one_record(app, words[0], words[1], record, &err) ? app_fail(app, &err) : app->status;
	request.medium = words[0];
	request.directory = words[count - 1];
	if (images) {
		request.images = words;
		request.image_count = count - 1;
	}
	if (request.replace) look_at_replaced(app, &request);
	if (restore_run(app, &request, &result, &err)) return app_fail(app, &err);
	tell(app, &result);
	free(result.replaced);
	return EXIT_FINE;
}

static const struct option_row options[] = {
	{"until", 0, "TIME", N_("the archive as it was at that instant (needs --fork when something came later)")},
	{"record", 0, "ID", N_("one record only, with its evidence, as a folder of files (see export)")},
	{"replace", 0, NULL, N_("put it in the place of the archive in DIRECTORY, which is kept beside it")},
	{"key", 0, "KEY.pem", N_("private key of a recipient, for an encrypted medium")},
	{"certificate", 0, "CERT.pem", N_("the certificate of that key; without it every recipient is tried")},
	{"known", 0, "HEAD", N_("a journal head known elsewhere: EVENTS:HASH from a report, or the path of a medium")},
	{"fork", 0, NULL, N_("go on from an older state than one that is known; the journal will say so")},
	{NULL, 0, NULL, NULL},
};

const struct command command_restore = {
	.name = "restore",
	.arguments = "(MEDIUM | IMAGE...) DIRECTORY [--key KEY.pem]",
	.summary = N_("make a working archive at a new place from a backup medium"),
	.manual = "Checks the signatures of the medium's label and list, copies its files to DIRECTORY.restoring while holding each against the "
		  "list, reads and hashes every object of the new archive and compares packs, catalogue and journal (as fsck --deep does). Only "
		  "then it becomes DIRECTORY, which must not exist, or with --replace takes the place of the archive there; that one is kept as "
		  "DIRECTORY.replaced-TIME.\n\n"
		  "An older state than one that is known is refused: documents that came later would be lost, and the journal would tell another "
		  "history than the one that reports and media were given. Known are the heads of the medium itself, of the media of its ledger "
		  "that are mounted where they were seen last, of the archive that is replaced, and those given with --known. --fork goes on all "
		  "the same and writes it into the journal; a medium that was written to later refuses such an archive.\n\n"
		  "An encrypted medium is decrypted with --key; every message is held against the signed list before it is opened, and what comes "
		  "out against the signed manifest.\n\n"
		  "From a series of write-once images (media init --images) all of them are given, in any order: files, devices, the folders where discs are "
		  "mounted, or the folder where they were made. The newest backup that is whole on them is restored; each image is held against its own signed "
		  "list, and what is put together against the signed manifest. With one drive, copy each disc to a file first.\n\n"
		  "A medium whose last backup was cut off is refused: finish it with backup, or use another medium.",
	.options = options,
	.run = run,
};
