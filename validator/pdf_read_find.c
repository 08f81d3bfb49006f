/* The signatures of a document and the prefixes in which they are judged. */
#include "validator/pdf_read_parts.h"

#include "base/limits.h"
#include "validator/pdf_lenient.h"

#include <stdlib.h>
#include <string.h>

/* ---- prefixes ---- */

enum pdf_open_result reading_open_file(const struct reading *r, uint64_t end, struct pdf_file **file) {
	if (r->doubt) return pdf_file_open_plain(r->data, end, r->password, r->doubt, file);
	return pdf_file_open(r->data, end, false, r->password, file);
}

void reading_open_prefix(struct reading *r, uint64_t end, bool share, struct prefix *p) {
	*p = (struct prefix){.end = end, .root = &pdf_null};
	if (end == r->len && !r->recovered)
		p->file = r->final;
	else if (!r->locked && share && r->reuse.final)
		(void)reading_open_file(r, end, &p->file);
	else if (!r->locked)
		(void)pdf_file_open(r->data, end, false, r->password, &p->file);
	if (!p->file) return;
	pdf_file_limit(p->file, &r->objects_left);
	if (share) p->touched = pdf_reuse_attach(&r->reuse, p->file, &p->touched_count);
	p->root = pdf_find_root(p->file);
	pdf_find_signatures(p->file, p->root, true, &p->signatures, NULL);
}

void reading_close_prefix(struct reading *r, struct prefix *p) {
	if (p->file != r->final) pdf_file_close(p->file);
	pdf_found_list_dispose(&p->signatures);
	free(p->touched);
	*p = (struct prefix){0};
}

static bool same_value(struct pdf_file *a, const struct pdf_value *da, struct pdf_file *b, const struct pdf_value *db,
		       const char *key) {
	const struct pdf_value *x = pdf_get(a, da, key), *y = pdf_get(b, db, key);
	if (x->type != y->type) return false;
	if (x->type == PDF_STRING) return pdf_text_equal(x->text, y->text);
	if (x->type != PDF_ARRAY || x->array.count != y->array.count) return false;
	for (size_t i = 0; i < x->array.count; i++)
		if (x->array.items[i].type != PDF_INTEGER || y->array.items[i].type != PDF_INTEGER ||
		    x->array.items[i].integer != y->array.items[i].integer)
			return false;
	return true;
}

const struct pdf_found *reading_find_in(const struct prefix *p, struct pdf_file *of, const struct pdf_found *wanted) {
	const struct pdf_found *by_name = NULL;
	for (size_t i = 0; i < p->signatures.count; i++) {
		const struct pdf_found *f = &p->signatures.items[i];
		bool number = wanted->field.number && pdf_id_equal(f->field, wanted->field);
		if (!number && strcmp(f->name, wanted->name) != 0) continue;
		if (!same_value(p->file, f->dict, of, wanted->dict, "ByteRange") ||
		    !same_value(p->file, f->dict, of, wanted->dict, "Contents"))
			continue;
		if (number) return f;
		if (!by_name) by_name = f;
	}
	return by_name;
}

/* ---- finding ---- */

static struct entry *add_entry(struct reading *r, struct pdf_file *file, const struct pdf_found *found) {
	ARRAY_GROW(r->entries, r->count, r->cap);
	struct entry *e = &r->entries[r->count++];
	*e = (struct entry){.found = *found};
	e->found.name = NULL; /* the signature has a copy; the list it came from may go */
	e->strict = pdf_signature_read(r->data, r->len, file, found, &e->signature);
	e->signature.in_form = found->place == PDF_IN_FORM;
	if (file && pdf_signature_keys_twice(file, found->dict->id)) {
		finding_add(&e->signature.findings, FINDING_BYTERANGE_NOT_STANDARD, "a key is given twice");
		e->strict = false;
	}
	if (r->locked) pdf_signature_forget_texts(&e->signature); /* their bytes are encrypted */
	return e;
}

static bool end_is_known(const struct reading *r, uint64_t end) {
	for (size_t i = 0; i < r->count; i++)
		if (r->entries[i].signature.end == end) return true;
	return false;
}

/* A signature that only an earlier revision has, its range ending where that revision ends. */
static void add_lost(struct reading *r, uint64_t end) {
	struct prefix p;
	reading_open_prefix(r, end, true, &p);
	if (r->count == LIMIT_SIGNATURES)
		finding_add(&r->document->findings, FINDING_LIMIT_REACHED, "%d signatures", LIMIT_SIGNATURES);
	for (size_t i = 0; i < p.signatures.count && p.file != r->final && r->count < LIMIT_SIGNATURES; i++) {
		struct entry *e = add_entry(r, p.file, &p.signatures.items[i]);
		e->lost = true;
		e->found.dict = NULL;
		e->signature.in_form = false;
		if (e->signature.end == end) continue;
		pdf_signature_dispose(&e->signature);
		r->count--;
	}
	reading_close_prefix(r, &p);
}

static bool contents_are_known(const struct reading *r, const struct pdf_value *contents) {
	for (size_t i = 0; i < r->count; i++) {
		const struct pdf_signature *s = &r->entries[i].signature;
		if (s->contents && s->contents_len == contents->text.len &&
		    !memcmp(s->contents, contents->text.data, s->contents_len))
			return true;
	}
	return false;
}

static void add_from_bytes(struct reading *r, const struct pdf_raw_hit *hit) {
	const struct pdf_value *dict = pdf_find_raw_dict(r->data, r->len, hit->at, &r->arena);
	const struct pdf_value *contents = pdf_entry(dict, "Contents");
	char name[] = "unnamed";
	if (!contents || contents->type != PDF_STRING || contents_are_known(r, contents)) return;
	if (r->count < LIMIT_SIGNATURES)
		add_entry(r, NULL,
			  &(struct pdf_found){.name = name, .place = PDF_IN_BYTES, .dict = dict, .raw_at = hit->at});
	else
		finding_add(&r->document->findings, FINDING_LIMIT_REACHED, "%d signatures", LIMIT_SIGNATURES);
}

static void scan_bytes(struct reading *r) {
	struct pdf_raw_hit *hits;
	size_t count = pdf_find_raw(r->data, r->len, &hits), opened = 0;
	for (size_t i = 0; i < count; i++) {
		bool lost = hits[i].end > hits[i].at && !end_is_known(r, hits[i].end);
		if (!lost && hits[i].end) continue;
		if (++opened > LIMIT_PDF_LOST_REVISIONS) {
			finding_add(&r->document->findings, FINDING_LIMIT_REACHED, "removed signatures");
			break;
		}
		if (lost) add_lost(r, hits[i].end);
		/* A number too long makes qpdf drop the whole dictionary, and the signature would seem not to exist. */
		if (!lost || (!r->final && !end_is_known(r, hits[i].end))) add_from_bytes(r, &hits[i]);
	}
	free(hits);
}

void reading_find_all(struct reading *r) {
	if (r->final) {
		pdf_find_signatures(r->final, r->root, true, &r->signatures, &r->document->findings);
		for (size_t i = 0; i < r->signatures.count; i++) add_entry(r, r->final, &r->signatures.items[i]);
	}
	scan_bytes(r);
}
