#include "archiver/verify_deep.h"

#include "archiver/record_objects.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct deep {
	struct fixity *fixity;
	struct app *app;
	struct batch *batch;
	uint64_t number;
};

/* The original was read already. */
static int check(void *user, const struct object_id *id, const char *what, struct error *err) {
	const struct deep *d = user;
	if (!strcmp(what, "original")) return 0;
	char *whose = xasprintf("%s of record %" PRIu64, what, d->number);
	int rc = fixity_check(d->fixity, d->app, d->batch, id, whose, err);
	free(whose);
	return rc;
}

int verify_deep(struct fixity *fixity, struct app *app, struct batch *batch, uint64_t number, struct error *err) {
	struct deep d = {fixity, app, batch, number};
	struct record_row row = {0};
	int rc = records_get(app->store, number, &row, err);
	if (rc > 0) rc = record_each_object(app->store, &row, check, &d, err);
	record_row_dispose(&row);
	return rc ? -1 : 0;
}
