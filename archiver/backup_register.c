#include "archiver/backup.h"

#include "archiver/medium_file.h"
#include "base/mem.h"
#include "store/batch.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Anything but the folder a fresh file system has would be someone else's data. */
static int expect_empty(const char *path, struct error *err) {
	char *label = xasprintf("%s/" MEDIUM_LABEL, path);
	bool medium = access(label, F_OK) == 0;
	free(label);
	if (medium) return error_set(err, ERROR_EXISTS, "%s: is a medium already", path);
	DIR *folder = opendir(path);
	if (!folder) return error_errno(err, "%s", path);
	for (struct dirent *entry; !err->code && (entry = readdir(folder));) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || !strcmp(entry->d_name, "lost+found")) continue;
		error_set(err, ERROR_INPUT, "%s: not empty (%s); a medium is registered on an empty file system", path, entry->d_name);
	}
	closedir(folder);
	return err->code ? -1 : 0;
}

/* The medium's identity follows from archive, place in the ledger and time: no two are alike within one archive. */
static void make_id(const struct store_totals *totals, const char *label, utime now, size_t ordinal, unsigned char id[static 16]) {
	unsigned char sum[SHA256_SIZE];
	struct buf seed = {0};
	buf_add(&seed, totals->archive_id, sizeof totals->archive_id);
	buf_printf(&seed, "medium %zu %lld %s", ordinal, (long long)now, label);
	sha256_bytes(seed.data, seed.len, sum);
	memcpy(id, sum, 16);
	buf_dispose(&seed);
}

static int write_label(const char *path, const struct store_totals *totals, const struct medium_row *row, struct error *err) {
	char archive[33], medium[33], when[UTIME_TEXT_MAX];
	json_t *label = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i}", "schema", "ltvault.medium/1", "archive_id",
	                          hex_encode(totals->archive_id, 16, archive), "medium_id", hex_encode(row->id, 16, medium), "label",
	                          row->label, "registered", utime_text(row->registered, when), "store_format", STORE_FORMAT_VERSION);
	if (!label) return error_set(err, ERROR_INPUT, "%s: the label is not UTF-8 text", row->label);
	char *text = json_dumps(label, JSON_INDENT(2) | JSON_SORT_KEYS), *file = xasprintf("%s/" MEDIUM_LABEL, path);
	int rc = medium_write(file, text, strlen(text), err);
	if (!rc) rc = medium_sync_directory(path, err);
	free(file);
	free(text);
	json_decref(label);
	return rc;
}

int backup_register(struct app *app, const char *path, const char *label, struct error *err) {
	struct medium_row *rows = NULL, row = {.written = UTIME_NONE, .verified = UTIME_NONE};
	struct store_totals totals;
	size_t count = 0;
	if (expect_empty(path, err) || store_totals(app->store, &totals, err) || store_media(app->store, &rows, &count, err)) goto out;
	row.label = label ? xstrdup(label) : xasprintf("medium-%zu", count + 1);
	row.path = xstrdup(path);
	row.uuid = xstrdup("");
	row.registered = app->now;
	make_id(&totals, row.label, app->now, count, row.id);
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].label, row.label)) error_set(err, ERROR_EXISTS, "%s: another medium has this label", row.label);
	if (err->code) goto out;
	/* The label first: a medium without a row is refused with a message, a row without its medium is a lasting finding. */
	if (write_label(path, &totals, &row, err)) goto out;
	struct batch *batch = store_begin(app->store, app->now);
	batch_put_medium(batch, &row);
	batch_commit(batch, err);
out:
	for (size_t i = 0; i < count; i++) medium_row_dispose(&rows[i]);
	free(rows);
	medium_row_dispose(&row);
	return err->code ? -1 : 0;
}
