#include "archiver/command.h"

#include "archiver/guard.h"
#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/nightly.h"
#include "archiver/repair.h"

#include <stdio.h>
#include <stdlib.h>

/* A night does not wait for people where packs, journal and media say all that the damaged part said. */
static int make_readable(struct app *app, struct error *err) {
	struct error damage = {0};
	struct repair_counts counts = {0};
	struct repair_media media;
	if (!guard_catalogue(app, &damage) && !app_open_store(app, STORE_WRITE, &damage)) return 0;
	if (damage.code != ERROR_DAMAGED) return error_set(err, damage.code, "%s", damage.text);
	if (app_load_conf(app, err) || app_refuse_medium(app, err)) return -1;
	log_event(LOG_ERROR_LEVEL, "archive-damage", "detail", damage.text, NULL);
	app_worsen(app, EXIT_DAMAGE);
	int rc = repair_media_open(&media, app, NULL, 0, err) || repair_open(app, &media, false, &counts, err);
	repair_media_close(&media);
	return rc ? -1 : 0;
}

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	struct error err = {0};
	if (args_words(args, &words)) {
		error_set(&err, ERROR_USAGE, "nightly: %s: takes no arguments", words[0]);
		return app_fail(app, &err);
	}
	if (!app->verbosity) log_set_level(LOG_INFO_LEVEL);
	if (make_readable(app, &err)) return app_fail(app, &err);
	struct run_record *record = run_record_new(app);
	log_event(LOG_INFO_LEVEL, "night-begins", "archive", app->archive, NULL);
	int rc = nightly_run(app, record, &err);
	if (rc) app_fail(app, &err);
	char *text = run_record_text(record), status[24];
	if (app->json) puts(text);
	log_event(LOG_INFO_LEVEL, "night-ends", "status", log_number((uint64_t)app->status, status), NULL);
	free(text);
	run_record_free(record);
	return app->status;
}

const struct command command_nightly = {
	.name = "nightly",
	.arguments = "",
	.summary = N_("the whole night in the right order, resumable, under one lock"),
	.manual = "Takes in the spool, verifies what is due, makes and renews the evidence records, reads a share of the archive again "
		  "(scrub), repairs from the media what is damaged, brings the search index up to date, takes a second look at what "
		  "rests on certificates found revoked, extends what "
		  "loses its proof before extend.horizon, writes the backup media of the setting "
		  "backup.media, makes a restore test when one is due and a medium for it is there (drill.automatic), and writes the report into "
		  "reports/, in this order. The archive is locked from "
		  "beginning to end; searching, "
		  "exporting and reporting go on beside it.\n\n"
		  "Where journal or catalogue are damaged so that the archive cannot be opened, they are made good first, as repair "
		  "does; the exit status is then 3 at least.\n\n"
		  "A step that fails does not keep the later ones from running. A night that was cut off is simply "
		  "started again: each step "
		  "goes on where it stopped.\n\n"
		  "Events are written to standard error, a line each in logfmt, for cron's mail or the systemd "
		  "journal. The outcome of "
		  "every step is kept in the archive's journal as one event \"run\"; --json prints it.\n\n"
		  "Exit status: the worst of the steps'. 1: findings. 3: damage. 4: a step failed. 75: another run "
		  "holds the lock.",
	.run = run,
};
