/* The document security store: evidence may be added; what was there should stay (rows 15 to 22). */
#include "validator/pdf_compare_parts.h"

#include <string.h>

static const char *const store_arrays[] = {"Certs", "CRLs", "OCSPs", NULL};
static const char *const store_keys[] = {"Type", "Certs", "CRLs", "OCSPs", "VRI", NULL};
static const char *const vri_arrays[] = {"Cert", "CRL", "OCSP", NULL};
static const char *const vri_keys[] = {"Type", "Cert", "CRL", "OCSP", "TU", "TS", NULL};

/* ---- is it well-formed? ---- */

/* An array of streams under numbers of their own. What it names may not take the place of another object. */
static bool good_array(struct pdf_comparison *c, const struct pdf_value *entry, size_t *count) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	const struct pdf_value *array = pdf_resolve(final, entry);
	if (!entry) return true;
	if (array->type != PDF_ARRAY) return false;
	for (size_t i = 0; i < array->array.count; i++) {
		const struct pdf_value *item = &array->array.items[i];
		if (item->type != PDF_REFERENCE || pdf_file_object(final, item->id)->type != PDF_STREAM) return false;
		if (pdf_file_object(base, item->id)->type != PDF_NULL && !pdf_equal(&c->equality, item, item))
			return false;
	}
	*count += array->array.count;
	return true;
}

static bool good_dict(struct pdf_comparison *c, const struct pdf_value *dict, const char *const *keys,
		      const char *const *arrays, size_t *count) {
	if (dict->type != PDF_DICT) return false;
	for (size_t i = 0; i < dict->dict.count; i++)
		if (!pdf_key_in(dict->dict.entries[i].key.data, keys)) return false;
	for (; *arrays; arrays++)
		if (!good_array(c, pdf_entry(dict, *arrays), count)) return false;
	return true;
}

static int number_of(const struct pdf_value *reference) {
	return reference && reference->type == PDF_REFERENCE ? reference->id.number : 0;
}

/* A dictionary of the store may replace its predecessor in place, but no other object. */
static bool good_place(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	if (!number_of(new) || number_of(new) == number_of(old)) return true;
	return pdf_file_object(c->equality.base, new->id)->type == PDF_NULL || pdf_equal(&c->equality, new, new);
}

static bool is_hex(const char *key) {
	return *key && strspn(key, "0123456789abcdefABCDEF") == strlen(key);
}

static bool is_usual_key(const char *key) {
	return strlen(key) == 40 && strspn(key, "0123456789ABCDEF") == 40;
}

static bool good_vri_entry(struct pdf_comparison *c, const struct pdf_value *entry) {
	struct pdf_file *final = c->equality.final;
	const struct pdf_value *v = pdf_resolve(final, entry), *stamp = pdf_entry(v, "TS");
	size_t count = 0;
	return good_dict(c, v, vri_keys, vri_arrays, &count) &&
	       (!stamp || pdf_resolve(final, stamp)->type == PDF_STREAM);
}

/* ---- what became of it? ---- */

/* Numbers that the old array names and the new one does not. */
static bool lost_entries(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	const struct pdf_value *a = pdf_resolve(c->equality.base, old), *b = pdf_resolve(c->equality.final, new);
	struct pdf_set kept = {0};
	bool lost = false;
	for (size_t i = 0; b->type == PDF_ARRAY && i < b->array.count; i++)
		pdf_set_add(&kept, (uint64_t)b->array.items[i].id.number, 0);
	for (size_t i = 0; a->type == PDF_ARRAY && i < a->array.count; i++)
		lost = lost || !pdf_set_has(&kept, (uint64_t)a->array.items[i].id.number);
	pdf_set_dispose(&kept);
	return lost;
}

/* Dropping one entry in place is a targeted deletion; another tool that wrote a new store may have known no better. */
static bool store_is_another(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	int a = number_of(pdf_entry(c->base_root, "DSS")), b = number_of(pdf_entry(c->final_root, "DSS"));
	int v = number_of(pdf_entry(old, "VRI")), w = number_of(pdf_entry(new, "VRI"));
	return a != b && (v != w || !v);
}

static void compare_vri(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	struct pdf_key_walk w = {.a = pdf_get(base, old, "VRI"), .b = pdf_get(final, new, "VRI")};
	if (w.a->type == PDF_DICT && w.b->type == PDF_NULL) {
		pdf_change_add(&c->changes, PDF_ROW_STORE_REMOVED, NULL, "store /VRI");
		return;
	}
	if ((w.b->type != PDF_NULL && w.b->type != PDF_DICT) ||
	    !good_place(c, pdf_entry(old, "VRI"), pdf_entry(new, "VRI"))) {
		pdf_change_add(&c->changes, PDF_ROW_STORE_MALFORMED, NULL, "store /VRI");
		return;
	}
	bool another = store_is_another(c, old, new);
	while (pdf_next_key(&w)) {
		if (pdf_equal(&c->equality, w.old, w.new)) continue;
		if (!strcmp(w.key, "Type")) continue;
		enum pdf_row row = w.old ? PDF_ROW_VRI_REPLACED : PDF_ROW_STORE_EXTENDED;
		if (!w.new)
			row = another ? PDF_ROW_VRI_REWRITTEN : PDF_ROW_VRI_DROPPED;
		else if (!is_hex(w.key) || !good_place(c, w.old, w.new) || !good_vri_entry(c, w.new))
			row = PDF_ROW_STORE_MALFORMED;
		else if (!is_usual_key(w.key))
			row = PDF_ROW_VRI_KEY_UNUSUAL;
		pdf_change_add(&c->changes, row, NULL, "store /VRI /%.64s", w.key);
	}
}

void pdf_compare_store(struct pdf_comparison *c) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	const struct pdf_value *old = pdf_get(base, c->base_root, "DSS"), *new = pdf_get(final, c->final_root, "DSS");
	size_t count = 0;
	if (pdf_equal(&c->equality, old, new)) return;
	if (new->type == PDF_NULL) {
		pdf_change_add(&c->changes, PDF_ROW_STORE_REMOVED, NULL, "catalog /DSS");
		return;
	}
	if (!good_dict(c, new, store_keys, store_arrays, &count) || count == 0 ||
	    !good_place(c, pdf_entry(c->base_root, "DSS"), pdf_entry(c->final_root, "DSS"))) {
		pdf_change_add(&c->changes, PDF_ROW_STORE_MALFORMED, NULL, "catalog /DSS");
		return;
	}
	pdf_change_add(&c->changes, PDF_ROW_STORE_EXTENDED, NULL, "catalog /DSS");
	for (const char *const *key = store_arrays; *key; key++)
		if (lost_entries(c, pdf_entry(old, *key), pdf_entry(new, *key)))
			pdf_change_add(&c->changes, PDF_ROW_STORE_LOST_ENTRY, NULL, "store /%s", *key);
	compare_vri(c, old, new);
}
