#include "validator/pdf_equal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_EQUAL = 1, PAIR_VOID = 2 }; /* void: taken for equal by a comparison that then failed */

struct pair {
	const struct pdf_value *a, *b;
};

struct run {
	struct pdf_equality *e;
	struct pair *stack;
	size_t count, cap;
	uint64_t *assumed; /* keys entered by this run */
	size_t assumed_count, assumed_cap;
};

static bool push(struct run *r, const struct pdf_value *a, const struct pdf_value *b) {
	ARRAY_GROW(r->stack, r->count, r->cap);
	r->stack[r->count++] = (struct pair){a ? a : &pdf_null, b ? b : &pdf_null};
	return true;
}

static bool has_identity(const struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b) {
	if (e->drawing) return false;
	return (a->type == PDF_REFERENCE && pdf_set_has(&e->base_trees->roles, (uint64_t)a->id.number)) ||
	       (b->type == PDF_REFERENCE && pdf_set_has(&e->final_trees->roles, (uint64_t)b->id.number));
}

bool pdf_known_equal(const struct pdf_equality *e, struct pdf_id id) {
	return e->dirty && id.number > 0 && id.generation == 0 && (size_t)id.number < e->dirty_count &&
	       !e->dirty[id.number];
}

/* Both are references: have they been found equal, or assumed so while that is being found out? Enters them if not. */
static bool known(struct run *r, struct pdf_id a, struct pdf_id b) {
	/* 23 bits a number and one for how roles were taken; of generations only small ones exist outside of attacks.
	 */
	if (a.generation > 255 || b.generation > 255) {
		r->e->exhausted = true;
		return true;
	}
	uint64_t key = (uint64_t)r->e->drawing << 62 | (uint64_t)a.number << 39 | (uint64_t)b.number << 16 |
		       (uint64_t)a.generation << 8 | (uint64_t)b.generation;
	uint32_t state = PAIR_VOID;
	if (pdf_set_get(&r->e->pairs, key, &state) && state == PAIR_EQUAL) return true;
	pdf_set_put(&r->e->pairs, key, PAIR_EQUAL);
	ARRAY_GROW(r->assumed, r->assumed_count, r->assumed_cap);
	r->assumed[r->assumed_count++] = key;
	return false;
}

static bool is_length(const struct pdf_value *holder, const struct pdf_entry *entry) {
	return holder->type == PDF_STREAM && entry->key.len == 6 && !memcmp(entry->key.data, "Length", 6);
}

static bool push_entries(struct run *r, const struct pdf_value *a, const struct pdf_value *b) {
	size_t i = 0, j = 0;
	for (;;) {
		if (i < a->dict.count && is_length(a, &a->dict.entries[i])) i++;
		if (j < b->dict.count && is_length(b, &b->dict.entries[j])) j++;
		if (i == a->dict.count || j == b->dict.count) return i == a->dict.count && j == b->dict.count;
		if (!pdf_text_equal(a->dict.entries[i].key, b->dict.entries[j].key)) return false;
		push(r, &a->dict.entries[i++].value, &b->dict.entries[j++].value);
	}
}

static bool push_items(struct run *r, const struct pdf_value *a, const struct pdf_value *b) {
	if (a->array.count != b->array.count) return false;
	for (size_t i = 0; i < a->array.count; i++) push(r, &a->array.items[i], &b->array.items[i]);
	return true;
}

static bool same_bytes(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b) {
	unsigned char *x, *y;
	const struct pdf_value *length = pdf_entry(a, "Length");
	if (a == b && length && length->type == PDF_INTEGER)
		return true; /* one object of one place, read once for both */
	size_t m, n;
	bool read_a = pdf_file_stream(e->base, a->id, false, &x, &m),
	     read_b = pdf_file_stream(e->final, b->id, false, &y, &n);
	bool same = read_a && read_b && m == n && (m == 0 || !memcmp(x, y, m));
	if (!read_a && !read_b) e->exhausted = true;
	if (read_a && read_b) e->left -= (m + n) / 1024 < e->left ? (m + n) / 1024 : e->left;
	free(x);
	free(y);
	return same;
}

static bool numbers_equal(const struct pdf_value *a, const struct pdf_value *b) {
	if (a->type == PDF_INTEGER && b->type == PDF_INTEGER) return a->integer == b->integer;
	/* Exactly: a matrix may enlarge any difference. 0.5 and 0.50 are read as the same number. */
	double x = pdf_number(a), y = pdf_number(b);
	return isfinite(x) && x == y;
}

static bool step(struct run *r, const struct pdf_value *a, const struct pdf_value *b) {
	struct pdf_equality *e = r->e;
	bool both = a->type == PDF_REFERENCE && b->type == PDF_REFERENCE;
	if (has_identity(e, a, b)) return both && a->id.number == b->id.number;
	if (both && ((pdf_id_equal(a->id, b->id) && pdf_known_equal(e, a->id)) || known(r, a->id, b->id))) return true;
	a = pdf_resolve(e->base, a);
	b = pdf_resolve(e->final, b);
	if (pdf_is_number(a) && pdf_is_number(b)) return numbers_equal(a, b);
	if (a->type != b->type) return false;
	switch (a->type) {
	case PDF_BOOL:
		return a->boolean == b->boolean;
	case PDF_STRING:
	case PDF_NAME:
		return pdf_text_equal(a->text, b->text);
	case PDF_ARRAY:
		return push_items(r, a, b);
	case PDF_DICT:
		return push_entries(r, a, b);
	case PDF_STREAM:
		return push_entries(r, a, b) && same_bytes(e, a, b);
	default:
		return true; /* null */
	}
}

bool pdf_equal(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b) {
	struct run r = {.e = e};
	bool equal = push(&r, a, b);
	while (equal && r.count) {
		if (e->left == 0) e->exhausted = true;
		if (e->exhausted) break;
		e->left--;
		struct pair p = r.stack[--r.count];
		equal = step(&r, p.a, p.b);
	}
	if (!equal || e->exhausted)
		for (size_t i = 0; i < r.assumed_count; i++) pdf_set_put(&e->pairs, r.assumed[i], PAIR_VOID);
	free(r.stack);
	free(r.assumed);
	return equal;
}

bool pdf_equal_drawn(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b) {
	e->drawing = true;
	bool equal = pdf_equal(e, a, b);
	e->drawing = false;
	return equal;
}

bool pdf_equal_entry(struct pdf_equality *e, const struct pdf_value *a, const struct pdf_value *b, const char *key) {
	return pdf_equal(e, pdf_entry(a, key), pdf_entry(b, key));
}

void pdf_equality_dispose(struct pdf_equality *e) {
	pdf_set_dispose(&e->pairs);
}
