#include "archiver/show_set.h"

#include "archiver/content.h"
#include "archiver/explain.h"
#include "archiver/i18n.h"
#include "archiver/intake_set.h"
#include "archiver/metadata.h"
#include "archiver/spool.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* `file` is the name it is meant by, NULL for its own. A record that is not there has number 0. */
static json_t *member(const struct record_row *row, const char *file, const struct object_id *id) {
	char text[OBJECT_ID_TEXT_MAX], *name = spool_printable(file ? file : row->number ? row->name : "");
	json_t *json = json_pack("{s:s}", "file", name);
	json_object_set_new(json, "record", row->number ? json_integer((json_int_t)row->number) : json_null());
	json_object_set_new(json, "sha256", id ? json_string(strchr(object_id_text(id, text), ':') + 1) : json_null());
	if (row->number) {
		json_object_set_new(json, "state", json_string(record_state_name(row->state)));
		json_object_set_new(json, "indication", json_string(row->indication));
		json_object_set_new(json, "sub_indication", json_string(row->sub_indication));
	}
	free(name);
	return json;
}

static int add_content(json_t *doc, struct store *store, const json_t *metadata, struct error *err) {
	struct object_id id;
	uint64_t number = 0;
	struct record_row row = {0};
	const char *said = metadata_text(metadata, CONTENT_KEY);
	bool known = content_of_metadata(metadata, &id);
	if (known && records_by_object(store, &id, &number, err) < 0) return -1;
	if (number && records_get(store, number, &row, err) < 0) return -1;
	json_object_set_new(doc, "content",
			    *said ? member(&row, known ? NULL : said, known ? &id : NULL) : json_null());
	record_row_dispose(&row);
	return 0;
}

static int add_signatures(json_t *doc, struct store *store, uint64_t number, struct error *err) {
	uint64_t numbers[64];
	json_t *list = json_array();
	int count = set_signatures(store, number, numbers, ARRAY_LEN(numbers), err);
	json_object_set_new(doc, "detached_signatures", list);
	for (int i = 0; i < count; i++) {
		struct record_row row = {0};
		if (records_get(store, numbers[i], &row, err) < 0) return -1;
		json_array_append_new(list, member(&row, NULL, &row.original));
		record_row_dispose(&row);
	}
	return count < 0 ? -1 : 0;
}

static int add_attachments(json_t *doc, struct store *store, const struct record_row *row, const json_t *metadata,
			   struct error *err) {
	json_t *list = json_array(), *name;
	size_t i;
	json_object_set_new(doc, "attachments", list);
	json_array_foreach(json_object_get(metadata, "attachments"), i, name) {
		struct record_row found = {0};
		const char *file = json_string_value(name);
		if (!file || i >= LIMIT_ATTACHMENTS) break;
		if (set_attachment(store, row, file, &found, err) < 0) return -1;
		json_array_append_new(list, member(&found, file, found.number ? &found.original : NULL));
		record_row_dispose(&found);
	}
	return 0;
}

int show_add_set(json_t *doc, struct store *store, const struct record_row *row, struct error *err) {
	const json_t *metadata = json_object_get(doc, "metadata");
	return add_content(doc, store, metadata, err) || add_signatures(doc, store, row->number, err) ||
			       add_attachments(doc, store, row, metadata, err)
		       ? -1
		       : 0;
}

/* ---- for people ---- */

static void print_member(FILE *out, const json_t *member) {
	const json_t *record = json_object_get(member, "record");
	const char *file = metadata_text(member, "file"), *sub = metadata_text(member, "sub_indication");
	char *safe = explain_safe(*file ? file : metadata_text(member, "sha256"));
	if (json_is_integer(record))
		fprintf(out, _("  %s: record %lld, %s%s%s\n"), safe, (long long)json_integer_value(record),
			metadata_text(member, "indication"), *sub ? "/" : "", sub);
	else
		fprintf(out, _("  %s: not in the archive\n"), safe);
	free(safe);
}

static void print_list(FILE *out, const char *title, const json_t *list) {
	const json_t *item;
	size_t i;
	if (json_array_size(list)) fprintf(out, "\n%s\n", title);
	json_array_foreach(list, i, item) print_member(out, item);
}

void show_print_set(FILE *out, const json_t *doc) {
	const json_t *content = json_object_get(doc, "content");
	if (json_is_object(content)) {
		fprintf(out, "\n%s\n", _("It is a signature on"));
		print_member(out, content);
	}
	print_list(out, _("Detached signatures on it"), json_object_get(doc, "detached_signatures"));
	print_list(out, _("Attachments"), json_object_get(doc, "attachments"));
}
