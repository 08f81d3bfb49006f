#include "archiver/export_private.h"

#include "store/revision.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OMISSIONS_BYTES (1U << 20) /* lines of omitted.txt; the count goes on */

void export_omit(struct export *export, uint64_t number, const char *what, enum object_state state) {
	export->omitted++;
	char *line = xasprintf("record %llu: %s is %s and was left out", (unsigned long long)number, what,
			       object_state_name(state));
	fprintf(stderr, "ltvault: %s\n", line);
	if (export->omissions.len < OMISSIONS_BYTES) buf_printf(&export->omissions, "%s\n", line);
	free(line);
	app_worsen(export->app, EXIT_DAMAGE);
}

static int into_bag(void *user, const unsigned char *data, size_t len, struct error *err) {
	return bag_data(user, data, len, err);
}

/* The bytes were whole a moment ago: other bytes now mean that the storage gives way under us. */
static int changed(const char *path, enum object_state state, struct error *err) {
	if (state == OBJECT_PRESENT) return 0;
	if (err->code) return -1;
	return error_set(err, ERROR_DAMAGED, "%s: %s when it was read again", path, object_state_name(state));
}

int export_object(struct export *export, uint64_t number, const struct object_id *id, const char *path,
		  const char *what, struct error *err) {
	struct store *store = export->app->store;
	struct object_info info;
	enum object_state state = store_stream(store, id, false, NULL, NULL, err);
	if (state == OBJECT_UNREADABLE) return -1;
	if (state == OBJECT_PRESENT && !store_object_info(store, id, &info, err)) {
		if (err->code) return -1;
		state = OBJECT_MISSING;
	}
	if (state != OBJECT_PRESENT) {
		export_omit(export, number, what, state);
		return 0;
	}
	if (bag_begin(export->bag, path, info.size, err)) return -1;
	if (changed(path, store_stream(store, id, false, into_bag, export->bag, err), err)) return -1;
	return bag_end(export->bag, err);
}

int export_revision(struct export *export, uint64_t number, const struct revision_row *revision, const char *path,
		    struct error *err) {
	struct store *store = export->app->store;
	enum object_state state = store_stream_revision(store, revision, false, NULL, NULL, NULL, err);
	if (state == OBJECT_UNREADABLE) return -1;
	if (state != OBJECT_PRESENT) {
		export_omit(export, number, path, state);
		return 0;
	}
	if (bag_begin(export->bag, path, revision->size, err)) return -1;
	if (changed(path, store_stream_revision(store, revision, false, into_bag, export->bag, NULL, err), err)) return -1;
	return bag_end(export->bag, err);
}
