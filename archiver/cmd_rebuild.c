#include "archiver/command.h"
#include "archiver/i18n.h"
#include "archiver/progress.h"
#include "archiver/restore_head.h"
#include "archiver/salvage.h"
#include "archiver/search.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int rebuild_catalogue(struct app *app, struct error *err) {
	struct progress *progress = progress_clock(app, N_("Rebuilding the catalogue"));
	int rc = store_rebuild(app->archive, app->command, app->now, err);
	progress_end(progress);
	return rc;
}

/* A catalogue of a journal that lacks its end would forget documents, and their bytes would be cut off as a dead run's. */
static int check_end(struct app *app, const struct repair_media *media, const struct store_totals *known, struct error *err) {
	struct head own, other;
	struct error unread = {0};
	uint64_t events = known->events;
	char *from = events ? xstrdup("the catalogue") : NULL;
	if (head_read(app->archive, &own, &unread)) own = (struct head){0}; /* rebuilding says what is wrong with it */
	for (size_t i = 0; i < media->count && own.events; i++) {
		if (head_read(media->from[i].name, &other, &unread)) continue;
		if (!memcmp(other.archive_id, own.archive_id, sizeof own.archive_id) && other.events > events) {
			events = other.events;
			free(from);
			from = xstrdup(other.where);
		}
		free(other.where);
	}
	if (own.events && events > own.events)
		error_set(err, ERROR_DAMAGED, "journal: it ends with event %llu, and %s knows of event %llu; what is missing comes back with: ltvault repair",
			  (unsigned long long)own.events, from, (unsigned long long)events);
	free(own.where);
	free(from);
	return err->code ? -1 : 0;
}

static int from_journal(struct app *app, bool salvage, struct error *err) {
	struct error damage = {0};
	struct store_totals known;
	struct repair_media media;
	int rc = repair_media_open(&media, app, NULL, 0, err) || repair_catalogue(app, &known, &damage, err);
	if (!rc && salvage) rc = salvage_archive(app, &media, &known, true, err);
	else if (!rc) rc = check_end(app, &media, &known, err) || rebuild_catalogue(app, err);
	repair_media_close(&media);
	return rc ? -1 : 0;
}

static int rebuild(struct app *app, bool search_only, bool salvage, struct error *err) {
	if (app_load_conf(app, err) || app_refuse_medium(app, err)) return -1;
	if (!search_only && from_journal(app, salvage, err)) return -1;
	if (salvage) return 0;
	if (app_open_store(app, STORE_WRITE, err)) return -1;
	return search_rebuild(app, err);
}

static int run(struct app *app, const struct args *args) {
	struct error err = {0};
	const char *const *words;
	if (args_words(args, &words)) error_set(&err, ERROR_USAGE, "rebuild: %s: takes no arguments", words[0]);
	if (err.code || rebuild(app, args_has(args, "search"), args_has(args, "salvage"), &err)) return app_fail(app, &err);
	struct store_totals totals;
	if (store_totals(app->store, &totals, &err)) return app_fail(app, &err);
	if (app->json)
		printf("{\"events\":%llu,\"objects\":%llu,\"records\":%llu}\n", (unsigned long long)totals.events,
		       (unsigned long long)totals.objects, (unsigned long long)totals.records);
	else
		printf(_("rebuilt: %llu records, %llu objects, %llu events\n"), (unsigned long long)totals.records,
		       (unsigned long long)totals.objects, (unsigned long long)totals.events);
	return EXIT_FINE;
}

static const struct option_row options[] = {
	{"search", 0, NULL, N_("the search index alone")},
	{"salvage", 0, NULL, N_("the journal is destroyed and no medium has all of it: make a new one from the packs, and records as far as they can be known")},
	{NULL, 0, NULL, NULL},
};

const struct command command_rebuild = {
	.name = "rebuild",
	.arguments = "[--search|--salvage]",
	.summary = N_("remake the catalogue from packs and journal, and the search index from the catalogue"),
	.manual = "The catalogue and the search index are derived: everything in them follows from the packs and the journal. This command "
		  "makes both anew. The old catalogue is kept beside the new one as catalogue.old. A journal that ends before what the old "
		  "catalogue or a medium knows is damaged: then nothing is made anew, and repair brings back what is missing.\n\n"
		  "With --search only the search index is made anew; the catalogue is not touched.\n\n"
		  "With --salvage, where the journal is destroyed, a new journal is made: what is left of the old one up to its first damage, or what "
		  "a medium has of it where that is more, and behind it what the packs alone say. Documents become records again, to be judged by the next verify, with the file "
		  "name and the verdicts that stored verdicts name, and with the metadata that stands beside them in the pack. Who handed "
		  "a document in and when, decisions, and links to evidence are lost, and the note \"salvaged\" in the new journal says so. It "
		  "refuses where the journal is whole or can be repaired from a medium; the old one is set aside in damaged/.",
	.options = options,
	.run = run,
};
