#include "archiver/evidence_progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *name_of(unsigned series) {
	return xasprintf("evidence/rehash/%u", series);
}

static char *entry_name(unsigned series, size_t index) {
	return xasprintf("evidence/rehash/%u/%04zu", series, index);
}

void evidence_progress_dispose(struct evidence_progress *p) {
	free(p->covers);
	free(p->entries);
	*p = (struct evidence_progress){0};
}

/* "KEY PAGE LEAVES ROOT" */
static void put_entry(struct batch *batch, unsigned series, size_t index, enum digest_alg alg,
		      const struct evidence_entry *entry) {
	char key[SHA256_HEX], page[SHA256_HEX], root[2 * DIGEST_MAX + 1];
	char *name = entry_name(series, index),
	     *text = xasprintf("%s %s %" PRIu32 " %s", hex_encode(entry->key, SHA256_SIZE, key),
			       hex_encode(entry->page.sha256, SHA256_SIZE, page), entry->leaves,
			       hex_encode(entry->root, digest_size(alg), root));
	batch_set_value(batch, name, text);
	free(name);
	free(text);
}

static bool read_entry(const char *text, enum digest_alg alg, struct evidence_entry *entry) {
	char key[SHA256_HEX] = "", page[SHA256_HEX] = "", root[2 * DIGEST_MAX + 1] = "";
	*entry = (struct evidence_entry){0};
	return sscanf(text, "%64s %64s %" SCNu32 " %128s", key, page, &entry->leaves, root) == 4 &&
	       hex_decode(key, entry->key, SHA256_SIZE) && hex_decode(page, entry->page.sha256, SHA256_SIZE) &&
	       hex_decode(root, entry->root, digest_size(alg));
}

static int load_entries(struct evidence *e, unsigned series, struct evidence_progress *p, struct error *err) {
	p->entries = xcalloc(EVIDENCE_PAGE, sizeof *p->entries);
	for (size_t i = 0; i < p->count; i++) {
		char *name = entry_name(series, i), *text = NULL;
		int rc = store_value(e->app->store, name, &text, err);
		if (rc >= 0 && (!rc || !read_entry(text, p->alg, &p->entries[i])))
			rc = error_set(err, ERROR_DAMAGED, "%s: not a page's value", name);
		free(name);
		free(text);
		if (rc < 0) return -1;
	}
	return 1;
}

static bool read_progress(const char *text, struct evidence_progress *p) {
	json_t *json = json_loads(text, 0, NULL);
	const json_t *covers = json_object_get(json, "covers");
	const char *alg = json_string_value(json_object_get(json, "digest"));
	p->alg = digest_from_name(alg ? alg : "");
	p->seen = (size_t)json_integer_value(json_object_get(json, "seen"));
	p->count = (size_t)json_integer_value(json_object_get(json, "pages"));
	p->cover_count = json_array_size(covers);
	p->covers = xcalloc(p->cover_count + 1, sizeof *p->covers);
	for (size_t i = 0; i < p->cover_count; i++)
		p->covers[i] = (uint32_t)json_integer_value(json_array_get(covers, i));
	json_decref(json);
	return p->alg && p->cover_count && p->count <= p->seen && p->seen <= EVIDENCE_PAGE;
}

int evidence_progress_load(struct evidence *e, unsigned series, struct evidence_progress *p, struct error *err) {
	char *name = name_of(series), *text = NULL;
	*p = (struct evidence_progress){0};
	int rc = store_value(e->app->store, name, &text, err);
	if (rc > 0 && !read_progress(text, p)) rc = error_set(err, ERROR_DAMAGED, "%s: not readable", name);
	if (rc > 0) rc = load_entries(e, series, p, err);
	if (rc <= 0) evidence_progress_dispose(p);
	free(name);
	free(text);
	return rc;
}

void evidence_progress_put(struct batch *batch, unsigned series, const struct evidence_progress *p,
			   const struct evidence_entry *entry) {
	json_t *covers = json_array();
	for (size_t i = 0; i < p->cover_count; i++) json_array_append_new(covers, json_integer(p->covers[i]));
	json_t *json = json_pack("{s:s, s:I, s:I, s:o}", "digest", digest_name(p->alg), "seen", (json_int_t)p->seen, "pages",
				 (json_int_t)p->count, "covers", covers);
	char *name = name_of(series), *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	batch_set_value(batch, name, text);
	if (entry) put_entry(batch, series, p->count - 1, p->alg, entry);
	json_decref(json);
	free(name);
	free(text);
}

void evidence_progress_clear(struct batch *batch, unsigned series, const struct evidence_progress *p) {
	char *name = name_of(series);
	batch_set_value(batch, name, "");
	free(name);
	for (size_t i = 0; i < p->count; i++) {
		name = entry_name(series, i);
		batch_set_value(batch, name, "");
		free(name);
	}
}

static bool is_listed(const uint32_t *list, size_t count, uint32_t number) {
	for (size_t i = 0; i < count; i++)
		if (list[i] == number) return true;
	return false;
}

int evidence_is_rehashing(struct evidence *e, const struct evidence_stamp *begin, struct error *err) {
	struct evidence_progress p;
	struct evidence_stamp waiting;
	int rc = evidence_progress_load(e, begin->series, &p, err);
	if (rc < 0) return -1;
	bool is = rc > 0 && is_listed(p.covers, p.cover_count, begin->number);
	evidence_progress_dispose(&p);
	if (is) return 1;
	rc = evidence_pending(e, begin->series, EVIDENCE_REHASH, &waiting, err);
	if (rc <= 0) return rc;
	is = evidence_covers(&waiting, begin);
	evidence_stamp_dispose(&waiting);
	return is;
}
