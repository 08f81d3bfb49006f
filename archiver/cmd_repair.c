#include "archiver/command.h"

#include "archiver/i18n.h"
#include "archiver/output.h"
#include "archiver/repair.h"
#include "archiver/run_record.h"
#include "archiver/show.h"
#include "base/mem.h"

#include <stdlib.h>

static void tell(const struct app *app, const struct repair_counts *counts) {
	const struct output_count rows[] = {
#define REPAIR_COUNT(name, text) {counts->name, text},
#include "archiver/repair_count.def"
#undef REPAIR_COUNT
	};
	if (app->json) {
		json_t *json = json_pack("{s:s, s:o}", "schema", "ltvault.repair/1", "counts", repair_counts_json(counts));
		output_json(json);
		json_decref(json);
	} else if (app->verbosity >= 0) {
		output_counts(rows, ARRAY_LEN(rows), ARRAY_LEN(rows));
	}
}

static int work(struct app *app, const struct args *args, const struct repair_media *media, struct repair_counts *counts, struct error *err) {
	const char *const *words, *reason = args_value(args, "reason");
	size_t count = args_words(args, &words);
	struct object_id *ids = xcalloc(count + 1, sizeof *ids);
	uint64_t number;
	int rc = 0;
	for (size_t i = 0; i < count && !rc; i++) rc = show_find_object(app, words[i], &ids[i], &number, err);
	if (!rc && !args_has(args, "accept-loss")) rc = repair_known(app, media, ids, count, counts, err);
	for (size_t i = 0; i < count && !rc && args_has(args, "accept-loss"); i++)
		rc = repair_accept_loss(app, media, &ids[i], reason ? reason : "", counts, err);
	free(ids);
	return rc;
}

static int check_usage(const struct args *args, struct error *err) {
	const char *const *words;
	size_t count = args_words(args, &words);
	if (count && args_has(args, "all")) return error_set(err, ERROR_USAGE, "repair: --all or records");
	if (args_has(args, "accept-loss") && !count) return error_set(err, ERROR_USAGE, "repair: --accept-loss needs records or objects");
	if (args_has(args, "reason") && !args_has(args, "accept-loss")) return error_set(err, ERROR_USAGE, "repair: --reason goes with --accept-loss");
	return 0;
}

/* Media are looked up twice: the ledger can only be read when journal and catalogue are right. */
static int repair(struct app *app, const struct args *args, struct repair_counts *counts, struct error *err) {
	const char *const *given;
	size_t count = args_values(args, "from", &given);
	struct repair_media media;
	struct repair_named named = {0};
	if (app_load_conf(app, err) || app_refuse_medium(app, err)) return -1;
	int rc = repair_named_open(&named, app, given, count, err);
	if (!rc) {
		rc = repair_media_open(&media, app, named.paths, named.count, err) || repair_open(app, &media, args_has(args, "fork"), counts, err);
		repair_media_close(&media);
	}
	if (!rc && !(rc = app_open_store(app, STORE_WRITE, err))) {
		struct run_record *record = run_record_new(app);
		rc = repair_media_open(&media, app, named.paths, named.count, err) || work(app, args, &media, counts, err);
		repair_media_close(&media);
		rc = run_record_close(record, app, "repair", rc, repair_counts_json(counts), err);
	}
	repair_named_close(&named);
	return rc;
}

static int run(struct app *app, const struct args *args) {
	struct repair_counts counts = {0};
	struct error err = {0};
	int rc = check_usage(args, &err) || repair(app, args, &counts, &err);
	if (!rc || counts.packs || counts.mended) tell(app, &counts);
	return rc ? app_fail(app, &err) : app->status;
}

static const struct option_row options[] = {
	{"all", 0, NULL, N_("everything that is known to be damaged (the default)")},
	{"from", 0, "PATH", N_("take good bytes from this medium, image or copy of the archive first; may be given several times")},
	{"fork", 0, NULL, N_("where no copy of the journal is whole: go on from the longest one, and make records of what came later from the packs")},
	{"accept-loss", 0, NULL, N_("the loss of these, of which no copy is good, is final: reports name it no longer on their first line")},
	{"reason", 0, "TEXT", N_("with --accept-loss: why, for the journal")},
	{NULL, 0, NULL, NULL},
};

const struct command command_repair = {
	.name = "repair",
	.arguments = "[--all|ID...] [--from PATH]... [OPTION...]",
	.summary = N_("make damaged bytes good again from backup media"),
	.manual = "Takes what the last scrubs found damaged, missing, substituted or misplaced, and writes the packs concerned anew: what is "
		  "right is kept, what is not is taken from another place in the archive or from the mounted media, the newest first, "
		  "where its digest is right. The new pack is the old one byte for byte, is read back before it takes the old one's "
		  "place, and the old one is set aside in damaged/, which nothing ever empties. The journal says what came from where.\n\n"
		  "Before that the journal is held against its hashes: damaged events come back from a medium, and a single wrong bit "
		  "is found with the hashes beside it. A catalogue that is damaged is remade (as rebuild does).\n\n"
		  "Where the end of the journal is on no medium (what a night writes after its backup is on none), repair says how far each goes. With "
		  "--fork the archive goes on from the longest one: the journal comes from there, as it was signed, and says what was given up (note "
		  "\"forked\"); documents that came later become records again from the packs, as rebuild --salvage makes them, to be judged by the "
		  "next verify. Nothing is removed: the old journal is in damaged/. A journal that is gone altogether comes back so by itself where "
		  "neither the catalogue nor another medium knows of more.\n\n"
		  "An object of which no copy is good is named on the first line of every report. It is looked for again in each repair, until "
		  "a medium that has it is mounted, the document is taken in again, or its loss is accepted: then the journal says "
		  "who decided, when and why, and its damaged bytes are kept as they are.\n\n"
		  "Of write-once images (--from with a file, a device, a mounted disc, the folder of a series) packs and journals are put together below work/ "
		  "first, which needs as much room as they have bytes.\n\n"
		  "Exit status 3: something is still damaged.",
	.options = options,
	.run = run,
};
