/* The document security store (ISO 32000-2 12.8.4.3): what is there stays, in its order; what is new comes behind it. */
#include "validator/extend_update.h"

#include "base/digest.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const arrays[EXTEND_KINDS] = {"Certs", "CRLs", "OCSPs"};
static const char *const singular[EXTEND_KINDS] = {"Cert", "CRL", "OCSP"};

static void add_reference(struct buf *b, int number) {
	buf_printf(b, "%s%d 0 R", b->len ? " " : "", number);
}

static struct extend_place store_of(struct extend_update *u) {
	return extend_in(&u->base, extend_at(&u->base, u->root), "DSS");
}

/* An array of streams under numbers of their own, or nothing. */
static bool good_array(struct extend_update *u, const struct pdf_value *entry) {
	const struct pdf_value *array = pdf_resolve(u->base.file, entry);
	if (!entry) return true;
	if (array->type != PDF_ARRAY || array->array.count > LIMIT_EVIDENCE_COUNT) return false;
	for (size_t i = 0; i < array->array.count; i++)
		if (array->array.items[i].type != PDF_REFERENCE ||
		    pdf_file_object(u->base.file, array->array.items[i].id)->type != PDF_STREAM)
			return false;
	return true;
}

static bool is_known(const char *key) {
	static const char *const keys[] = {"Type", "Certs", "CRLs", "OCSPs", "VRI"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(key, keys[i])) return true;
	return false;
}

/* To write a malformed store anew would take its fault back without trace. */
static bool good_store(struct extend_update *u) {
	const struct pdf_value *root = pdf_file_object(u->base.file, u->root), *entry = pdf_entry(root, "DSS");
	const struct pdf_value *store = pdf_resolve(u->base.file, entry);
	if (!entry) return true;
	if (store->type != PDF_DICT) return false;
	for (size_t i = 0; i < store->dict.count; i++)
		if (!is_known(store->dict.entries[i].key.data)) return false;
	for (size_t k = 0; k < EXTEND_KINDS; k++)
		if (!good_array(u, pdf_entry(store, arrays[k]))) return false;
	const struct pdf_value *vri = pdf_get(u->base.file, store, "VRI");
	return vri->type == PDF_NULL || vri->type == PDF_DICT;
}

/* The references to the new streams of one kind, among all items or those of an entry. */
static struct buf references(const struct extend_update *u, enum extend_kind kind, const struct extend_entry *entry) {
	struct buf b = {0};
	size_t count = entry ? entry->count : u->order->count;
	for (size_t i = 0; i < count; i++) {
		size_t item = entry ? entry->items[i] : i;
		if (u->order->items[item].kind == kind) add_reference(&b, u->objects[item].number);
	}
	return b;
}

static void add_arrays(const struct extend_update *u, const char *const *keys, const struct extend_entry *entry,
		       struct buf *text) {
	for (size_t k = 0; k < EXTEND_KINDS; k++) {
		struct buf b = references(u, (enum extend_kind)k, entry);
		if (b.len) buf_printf(text, "/%s [%s]\n", keys[k], buf_text(&b));
		buf_dispose(&b);
	}
}

/* SHA-1 of the value of Contents with its padding, in upper case. */
static void entry_key(const struct extend_entry *entry, char key[static 41]) {
	unsigned char digest[DIGEST_MAX];
	digest_bytes(DIGEST_SHA1, entry->contents, entry->contents_len, digest);
	for (size_t i = 0; i < 20; i++) snprintf(key + 2 * i, 3, "%02X", digest[i]);
}

static void write_new_store(struct extend_update *u) {
	struct buf text = {0}, vri = {0};
	for (size_t i = 0; i < u->order->entry_count; i++) {
		struct buf entry = {0};
		char key[41];
		entry_key(&u->order->entries[i], key);
		buf_add_text(&entry, "<<\n");
		add_arrays(u, singular, &u->order->entries[i], &entry);
		buf_add_text(&entry, ">>");
		buf_printf(&vri, "/%s %d 0 R\n", key, extend_new_object(u, EXTEND_BODY_TEXT, 0, buf_text(&entry)));
		buf_dispose(&entry);
	}
	buf_add_text(&text, "<<\n/Type /DSS\n");
	add_arrays(u, arrays, NULL, &text);
	if (vri.len) buf_printf(&text, "/VRI <<\n%s>>\n", buf_text(&vri));
	buf_add_text(&text, ">>");
	char reference[24];
	snprintf(reference, sizeof reference, "%d 0 R", extend_new_object(u, EXTEND_BODY_TEXT, 0, buf_text(&text)));
	extend_put_entry(&u->base, extend_at(&u->base, u->root), "DSS", reference);
	buf_dispose(&text);
	buf_dispose(&vri);
}

static void add_to_array(struct extend_update *u, enum extend_kind kind) {
	struct buf b = references(u, kind, NULL);
	struct extend_place array = extend_in(&u->base, store_of(u), arrays[kind]);
	if (b.len && extend_place_is_array(&array)) {
		extend_append(array, buf_text(&b));
	} else if (b.len) {
		char *text = xasprintf("[%s]", buf_text(&b));
		extend_put_entry(&u->base, store_of(u), arrays[kind], text);
		free(text);
	}
	buf_dispose(&b);
}

/* An entry that is there is left alone: readers count any change of it as an attack. */
static void add_entry(struct extend_update *u, const struct extend_entry *entry) {
	char key[41], reference[24];
	entry_key(entry, key);
	struct extend_place vri = extend_in(&u->base, store_of(u), "VRI");
	if (vri.object && extend_in(&u->base, vri, key).object) return;
	struct buf text = {0};
	buf_add_text(&text, "<<\n");
	add_arrays(u, singular, entry, &text);
	buf_add_text(&text, ">>");
	snprintf(reference, sizeof reference, "%d 0 R", extend_new_object(u, EXTEND_BODY_TEXT, 0, buf_text(&text)));
	buf_dispose(&text);
	if (!vri.object) extend_put_entry(&u->base, store_of(u), "VRI", "<<\n>>");
	extend_put_entry(&u->base, extend_in(&u->base, store_of(u), "VRI"), key, reference);
}

enum extend_refusal extend_put_store(struct extend_update *u) {
	if (!good_store(u)) return EXTEND_STORE_MALFORMED;
	if (!u->order->count) return EXTEND_NONE; /* entries speak of new items only */
	for (size_t i = 0; i < u->order->count; i++) extend_new_object(u, EXTEND_BODY_STREAM, i, "");
	bool there = store_of(u).object != NULL;
	if (u->base.failed) return EXTEND_STORE_MALFORMED;
	if (!there) {
		write_new_store(u);
	} else {
		for (size_t k = 0; k < EXTEND_KINDS; k++) add_to_array(u, (enum extend_kind)k);
		for (size_t i = 0; i < u->order->entry_count; i++) add_entry(u, &u->order->entries[i]);
	}
	return u->base.failed ? EXTEND_STORE_MALFORMED : EXTEND_NONE;
}
