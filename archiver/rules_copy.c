/* Copies: known by what is declared, by the block at the top right of the first page, by the place of the signature. */
#include "archiver/fold.h"
#include "archiver/metadata.h"
#include "archiver/rules_parts.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* ---- declared ---- */

/* Decree 30/2020 annex III: the names of copies, and the abbreviations that stand first in their symbols. */
static const struct {
	const char *key, *form;
} types[] = {{"sao y", "sao-y"}, {"sao luc", "sao-luc"}, {"trich sao", "trich-sao"}, {"ban sao", NULL}},
  symbols[] = {{"sy-", "sao-y"}, {"sl-", "sao-luc"}, {"trs-", "trich-sao"}};

bool rules_declared_copy(const json_t *metadata, const char **form) {
	char *type = fold_key(metadata_text(metadata, "type"));
	char *symbol = fold_symbol(metadata_text(metadata, "symbol"));
	bool copy = !strcmp(metadata_text(metadata, "role"), "copy");
	*form = NULL;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		if (strncmp(type, types[i].key, strlen(types[i].key)) != 0) continue;
		copy = true;
		*form = types[i].form;
	}
	for (size_t i = 0; i < ARRAY_LEN(symbols) && !*form; i++) {
		if (strncmp(symbol, symbols[i].key, strlen(symbols[i].key)) != 0) continue;
		copy = true;
		*form = symbols[i].form;
	}
	free(type);
	free(symbol);
	return copy;
}

/* ---- read ---- */

static bool is_unread(const json_t *place) {
	const char *reading = metadata_text(place, "reading");
	return !strcmp(reading, "in-part") || !strcmp(reading, "not-readable");
}

static bool is_read(const json_t *place) {
	return !strcmp(metadata_text(place, "reading"), "read");
}

void rules_find_block(struct rules *r) {
	const json_t *page = json_object_get(r->report, "first_page"), *s;
	size_t i;
	json_array_foreach(json_object_get(r->report, "signatures"), i, s) {
		const json_t *a = json_object_get(s, "appearance"), *block = json_object_get(a, "copy");
		if (json_is_object(block) && !r->block) {
			r->block = block;
			r->block_signature = s;
		}
		r->block_unread |= is_unread(a) && rules_top_right(s);
		r->block_read |= is_read(a);
	}
	if (!r->block && json_is_object(json_object_get(page, "copy"))) r->block = json_object_get(page, "copy");
	r->block_unread |= is_unread(page);
	r->block_read |= is_read(page);
}

/* The organisation alone, where copies are signed; attachments in files of their own are signed there as well. */
static bool is_placed_like_copy(const struct rules *r) {
	return r->document != RULES_ATTACHMENT && !r->person_count && r->organisation_count &&
	       rules_top_right(r->organisations[0]);
}

void rules_copy(struct rules *r) {
	const char *words = metadata_text(r->block, "words"), *id = metadata_text(r->block_signature, "id");
	if (r->document == RULES_COPY)
		rules_tell(r, ARCHIVE_FINDING_COPY_DECLARED, "%s", metadata_text(r->metadata, "type"));
	if (r->block)
		rules_tell(r, ARCHIVE_FINDING_COPY_BLOCK_FOUND, "%s%s%s", id, *id ? ": " : "", words);
	else if (r->block_unread)
		rules_tell(r, ARCHIVE_FINDING_COPY_BLOCK_NOT_READABLE, "%s", "");
	else if (r->document == RULES_COPY && r->block_read)
		rules_tell(r, ARCHIVE_FINDING_COPY_BLOCK_MISSING, "%s", "");
}

/* ---- the result ---- */

json_t *rules_copy_json(const struct rules *r) {
	static const char *const numbers[] = {"left", "top", "width", "height"};
	json_t *by = json_array(), *value;
	const char *form;
	bool declared = rules_declared_copy(r->metadata, &form);
	if (declared && r->document == RULES_COPY) json_array_append_new(by, json_string("metadata"));
	if (r->block) json_array_append_new(by, json_string("text"));
	if (is_placed_like_copy(r)) json_array_append_new(by, json_string("placement"));
	if (!json_array_size(by)) {
		json_decref(by);
		return json_null();
	}
	if (r->block) form = metadata_text(r->block, "form");
	value = json_pack("{s:o, s:s?}", "by", by, "form", form);
	if (!r->block) return value;
	json_object_set(value, "words", json_object_get(r->block, "words"));
	json_object_set_new(value, "where", json_string(r->block_signature ? "signature" : "page"));
	if (r->block_signature) json_object_set(value, "signature", json_object_get(r->block_signature, "id"));
	json_object_set_new(value, "page", json_integer(1));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		json_object_set(value, numbers[i], json_object_get(r->block, numbers[i]));
	return value;
}
