#include "archiver/backup.h"
#include "archiver/command.h"
#include "archiver/i18n.h"
#include "archiver/medium_file.h"
#include "archiver/progress.h"
#include "archiver/search.h"
#include "base/mem.h"
#include "store/batch.h"

#include <jansson.h>
#include <stdlib.h>

static void show_problem(void *user, const char *text) {
	(void)user;
	fprintf(stderr, "ltvault: %s\n", text);
}

/* The copy proves itself: every object is read and hashed, and only then is the restore written into its journal. */
static int prove(struct app *app, const char *medium, struct fsck_counts *counts, struct error *err) {
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	int problems = store_fsck(app->store, true, show_problem, NULL, counts, err);
	if (problems < 0) return -1;
	if (problems) return error_set(err, ERROR_DAMAGED, "%s: the restored archive has %d problems", app->archive, problems);
	json_t *note = json_pack("{s:s,s:I,s:I}", "medium", medium, "records", (json_int_t)counts->records, "objects", (json_int_t)counts->objects);
	if (!note) return error_set(err, ERROR_INPUT, "the medium's path is not UTF-8 text");
	char *text = json_dumps(note, JSON_COMPACT | JSON_SORT_KEYS);
	struct batch *batch = store_begin(app->store, app->now);
	batch_note(batch, "restored", text);
	free(text);
	json_decref(note);
	return batch_commit(batch, err) ? -1 : search_rebuild(app, err);
}

struct bar {
	struct progress *progress;
	uint64_t bytes;
};

static void moved(void *user, uint64_t bytes) {
	struct bar *bar = user;
	progress_step(bar->progress, bar->bytes += bytes);
}

static int copy(struct app *app, const char *medium, const char *directory, struct error *err) {
	struct bar bar = {progress_start(app, N_("Bytes copied and read back"), 0), 0};
	struct medium_watch watch = {moved, &bar};
	int rc = restore_archive(medium, directory, &watch, err);
	progress_end(bar.progress);
	return rc;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	struct error err = {0};
	struct fsck_counts counts = {0};
	if (args_words(args, &words) != 2) error_set(&err, ERROR_USAGE, "restore: needs MEDIUM and a new DIRECTORY");
	if (err.code || copy(app, words[0], words[1], &err)) return app_fail(app, &err);
	app->archive = words[1];
	if (prove(app, words[0], &counts, &err)) return app_fail(app, &err);
	if (app->json)
		printf("{\"objects\":%llu,\"records\":%llu}\n", (unsigned long long)counts.objects, (unsigned long long)counts.records);
	else
		printf(_("%s: %llu records, %llu objects, all of them read and compared\n"), app->archive, (unsigned long long)counts.records,
		       (unsigned long long)counts.objects);
	return EXIT_FINE;
}

const struct command command_restore = {
	.name = "restore",
	.arguments = "MEDIUM DIRECTORY",
	.summary = N_("make a working archive at a new place from a backup medium"),
	.manual = "Checks the medium's files against its SHA256SUMS while copying them to DIRECTORY, which must not exist, then reads and "
		  "hashes every object of the new archive and compares packs, catalogue and journal (as fsck --deep does).\n\n"
		  "A medium whose last backup was cut off is refused: finish it with backup, or use another medium. What was cut off in "
		  "copying is left in DIRECTORY.restoring.\n\n"
		  "The restore is an event of the new archive's journal. The archive restored from is not changed.",
	.run = run,
};
