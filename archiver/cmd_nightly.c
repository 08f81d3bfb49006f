#include "archiver/command.h"

#include "archiver/i18n.h"
#include "archiver/log.h"
#include "archiver/nightly.h"

#include <stdio.h>
#include <stdlib.h>

static int run(struct app *app, const struct args *args) {
	const char *const *words;
	struct error err = {0};
	if (args_words(args, &words)) {
		error_set(&err, ERROR_USAGE, "nightly: %s: takes no arguments", words[0]);
		return app_fail(app, &err);
	}
	if (!app->verbosity) log_set_level(LOG_INFO_LEVEL);
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
	.manual = "Takes in the spool, verifies what is due, makes and renews the evidence records, brings the search index up to date, extends what "
		  "loses its proof before extend.horizon, writes the backup media of the setting "
		  "backup.media, and writes the report into reports/, in this order. The archive is locked from "
		  "beginning to end; searching, "
		  "exporting and reporting go on beside it.\n\n"
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
