/* The only user of qpdf. Its errors do not surface as errors: an object that cannot be read becomes null and a warning,
 * so warnings are collected and classified, and a comparison that met damage does not say "permitted". */
#include "validator/pdf_object.h"

#include "base/limits.h"
#include "validator/pdf_damage.h"
#include "validator/pdf_flate.h"
#include "validator/pdf_plain.h"
#include "validator/pdf_set.h"

#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>

struct slot {
	struct pdf_id id;
	struct pdf_value *value; /* NULL: free */
	bool raw;                /* references to nothing may still be among its keys */
};

struct pdf_file {
	qpdf_data qpdf; /* NULL: not needed so far, or it did not open the document; through engine() */
	bool *doubt;    /* NULL, or what is told when a document opened without qpdf turns out to need interpreting */
	const unsigned char *data;
	size_t len;
	struct pdf_xref xref;
	bool xref_tried;
	bool plain; /* with a table, objects are read from the bytes where they can be */
	struct pdf_arena arena;
	struct slot *slots; /* objects read so far, open addressing, size a power of two */
	size_t slot_count, slots_used;
	struct pdf_set packed; /* numbers of object streams that were tried without qpdf */
	struct pdf_value *trailer;
	bool trailer_done;
	char **damage;
	size_t damage_count, damage_cap;
	struct pdf_file *newer; /* NULL, or where untouched objects come from */
	const unsigned char *touched;
	size_t touched_count;
	uint64_t *left; /* objects that may still be read; NULL: any number */
	bool exhausted;
};

/* Drops the pending error of the last call, if any; true when there was one. */
static bool take_error(qpdf_data qpdf) {
	bool had = qpdf_has_error(qpdf);
	if (had) (void)qpdf_get_error(qpdf);
	return had;
}

static struct pdf_file *file_new(const unsigned char *data, size_t len) {
	struct pdf_file *f = xcalloc(1, sizeof *f);
	f->data = data;
	f->len = len;
	return f;
}

/* 0 when it is open, else what qpdf says is wrong. */
static enum qpdf_error_code_e start_qpdf(struct pdf_file *f, bool recover, const char *password) {
	f->qpdf = qpdf_init();
	qpdf_silence_errors(f->qpdf);
	qpdf_set_suppress_warnings(f->qpdf, QPDF_TRUE);
	qpdf_set_attempt_recovery(f->qpdf, recover ? QPDF_TRUE : QPDF_FALSE);
	(void)qpdf_read_memory(f->qpdf, "pdf", (const char *)f->data, f->len, password);
	return qpdf_has_error(f->qpdf) ? qpdf_get_error_code(f->qpdf, qpdf_get_error(f->qpdf)) : qpdf_e_success;
}

static enum pdf_open_result open_with(const unsigned char *data, size_t len, bool recover, const char *password,
				      struct pdf_file **file) {
	struct pdf_file *f = file_new(data, len);
	enum qpdf_error_code_e code = start_qpdf(f, recover, password);
	*file = NULL;
	if (code != qpdf_e_success) {
		pdf_file_close(f);
		if (code == qpdf_e_password) return PDF_NEEDS_PASSWORD;
		return code == qpdf_e_unsupported ? PDF_UNKNOWN_ENCRYPTION : PDF_UNREADABLE;
	}
	f->xref_tried = recover;
	f->plain = !recover && !qpdf_is_encrypted(f->qpdf);
	*file = f;
	return PDF_OPENED;
}

enum pdf_open_result pdf_file_open(const unsigned char *data, size_t len, bool recover, const char *password,
				   struct pdf_file **file) {
	enum pdf_open_result result = open_with(data, len, recover, password, file);
	/* Most encrypted documents open with the empty password, which is not tried beside another one. */
	return result == PDF_NEEDS_PASSWORD && password ? open_with(data, len, recover, NULL, file) : result;
}

/* The trailer as it stands; false when it is not to be read without qpdf. */
static bool read_plain_trailer(struct pdf_file *f) {
	const char *text = (const char *)f->data + f->xref.trailer;
	f->trailer = pdf_arena_get(&f->arena, sizeof *f->trailer);
	return f->xref.plain && f->xref.count && pdf_value_parse_plain(&f->arena, text, f->xref.trailer_len, f->trailer) == f->xref.trailer_len &&
	       f->trailer->type == PDF_DICT;
}

enum pdf_open_result pdf_file_open_plain(const unsigned char *data, size_t len, const char *password, bool *doubt,
					 struct pdf_file **file) {
	struct pdf_file *f = file_new(data, len);
	f->doubt = doubt;
	f->plain = f->xref_tried = true;
	*file = f;
	if (pdf_xref_read(data, len, &f->xref) && read_plain_trailer(f)) return PDF_OPENED;
	struct pdf_xref xref = f->xref;
	f->xref = (struct pdf_xref){0};
	pdf_file_close(f);
	enum pdf_open_result result = pdf_file_open(data, len, false, password, file);
	if (result == PDF_OPENED) {
		(*file)->xref = xref;
		(*file)->xref_tried = true;
	} else {
		pdf_xref_dispose(&xref);
	}
	return result;
}

/* NULL when it cannot be had: then everything that it should say is null, and to be thrown away. */
static qpdf_data engine(struct pdf_file *file) {
	const char *const *messages;
	if (file->qpdf || *file->doubt) return file->qpdf;
	if (start_qpdf(file, false, NULL) != qpdf_e_success) qpdf_cleanup(&file->qpdf);
	if (!file->qpdf || pdf_file_damage(file, &messages)) *file->doubt = true;
	return file->qpdf;
}

void pdf_file_close(struct pdf_file *file) {
	if (!file) return;
	if (file->qpdf) qpdf_cleanup(&file->qpdf);
	pdf_set_dispose(&file->packed);
	pdf_arena_dispose(&file->arena);
	for (size_t i = 0; i < file->damage_count; i++) free(file->damage[i]);
	free(file->damage);
	free(file->slots);
	pdf_xref_dispose(&file->xref);
	free(file);
}

/* ---- objects ---- */

/* The value behind a handle, references inside kept; the handle is released. */
static struct pdf_value *read_handle(struct pdf_file *f, qpdf_oh oh, struct pdf_id id) {
	struct pdf_value *value = pdf_arena_get(&f->arena, sizeof *value);
	*value = pdf_null;
	bool stream = qpdf_oh_is_stream(f->qpdf, oh);
	qpdf_oh target = stream ? qpdf_oh_get_dict(f->qpdf, oh) : oh;
	const char *text = qpdf_oh_unparse_resolved(f->qpdf, target);
	size_t len = qpdf_get_last_string_length(f->qpdf);
	if (!take_error(f->qpdf) && text && pdf_value_parse(&f->arena, text, len, value)) {
		if (stream && value->type == PDF_DICT) value->type = PDF_STREAM;
		/* An object that is itself a reference is not legal and qpdf does not follow it. */
		if (value->type == PDF_REFERENCE) *value = pdf_null;
		value->id = id;
	}
	if (target != oh) qpdf_oh_release(f->qpdf, target);
	qpdf_oh_release(f->qpdf, oh);
	return value;
}

static size_t slot_of(const struct pdf_file *f, struct pdf_id id) {
	uint64_t h = ((uint64_t)(uint32_t)id.number << 16 | (uint32_t)id.generation) * 0x9e3779b97f4a7c15U;
	size_t i = (size_t)(h >> 32) & (f->slot_count - 1);
	while (f->slots[i].value && !pdf_id_equal(f->slots[i].id, id)) i = (i + 1) & (f->slot_count - 1);
	return i;
}

static void grow(struct pdf_file *f) {
	struct slot *old = f->slots;
	size_t count = f->slot_count;
	f->slot_count = count ? count * 2 : 256;
	f->slots = xcalloc(f->slot_count, sizeof *f->slots);
	for (size_t i = 0; i < count; i++)
		if (old[i].value) f->slots[slot_of(f, old[i].id)] = old[i];
	free(old);
}

void pdf_file_share(struct pdf_file *file, struct pdf_file *newer, const unsigned char *touched, size_t count) {
	file->newer = newer;
	file->touched = touched;
	file->touched_count = count;
}

static struct slot *slot_for(struct pdf_file *file, struct pdf_id id) {
	if (file->slots_used * 2 >= file->slot_count) grow(file);
	return &file->slots[slot_of(file, id)];
}

static void keep(struct pdf_file *file, struct slot *slot, struct pdf_id id, struct pdf_value *value) {
	*slot = (struct slot){id, value, true};
	file->slots_used++;
}

static struct slot *keep_copy(struct pdf_file *file, struct pdf_id id, const struct pdf_value *value) {
	struct slot *slot = slot_for(file, id);
	struct pdf_value *kept = pdf_arena_get(&file->arena, sizeof *kept);
	*kept = *value;
	if (!slot->value) keep(file, slot, id, kept);
	return slot;
}

/* Everything in an object stream, into the slots. */
static bool read_packed(struct pdf_file *file, uint64_t stream) {
	struct pdf_packed *objects;
	size_t count;
	if (!pdf_set_add(&file->packed, stream, 0)) return false;
	bool good = pdf_plain_read_packed(&file->arena, file->data, file->len, &file->xref, (int)stream, &objects, &count);
	for (size_t i = 0; i < count; i++) keep_copy(file, objects[i].value.id, &objects[i].value);
	free(objects);
	return good;
}

/* From the bytes, into its slot, which may be another one afterwards; NULL when qpdf has to be asked. */
static struct slot *read_plain(struct pdf_file *file, struct pdf_id id) {
	struct pdf_value value;
	struct pdf_stored stored;
	if (!file->plain || id.generation || (size_t)id.number >= file->xref.count) return NULL;
	const struct pdf_xref_entry *entry = &file->xref.entries[id.number];
	if (entry->kind == PDF_ENTRY_PACKED) {
		if (!read_packed(file, entry->where)) return NULL;
	} else {
		if (!pdf_plain_read(&file->arena, file->data, file->len, &file->xref, id.number, &value, &stored)) return NULL;
		keep_copy(file, id, &value);
	}
	struct slot *slot = slot_for(file, id);
	return slot->value ? slot : NULL;
}

static struct slot *read_through_qpdf(struct pdf_file *file, struct pdf_id id) {
	qpdf_data qpdf = engine(file);
	struct pdf_value *value = NULL;
	if (qpdf) {
		qpdf_oh oh = qpdf_get_object_by_id(qpdf, id.number, id.generation);
		if (!take_error(qpdf)) value = read_handle(file, oh, id);
	}
	if (!value) {
		value = pdf_arena_get(&file->arena, sizeof *value);
		*value = pdf_null;
	}
	struct slot *slot = slot_for(file, id);
	keep(file, slot, id, value);
	return slot;
}

/* By the table there is no such object, and qpdf gives null for it without a word. */
static bool is_absent(const struct pdf_file *file, struct pdf_id id) {
	if (!file->plain || !file->xref.count) return false;
	return (size_t)id.number >= file->xref.count || file->xref.entries[id.number].kind <= PDF_ENTRY_FREE;
}

/* Does a reference lead to nothing? What cannot be read from the bytes is qpdf's to say, and to warn of. */
static bool leads_nowhere(struct pdf_file *file, struct pdf_id id) {
	struct slot *slot = slot_for(file, id);
	if (slot->value) return slot->value->type == PDF_NULL;
	if (is_absent(file, id)) return true;
	slot = read_plain(file, id);
	if (slot) return slot->value->type == PDF_NULL;
	qpdf_data qpdf = engine(file);
	if (!qpdf) return true;
	qpdf_oh oh = qpdf_get_object_by_id(qpdf, id.number, id.generation);
	bool null = qpdf_oh_is_null(qpdf, oh);
	qpdf_oh_release(qpdf, oh);
	return take_error(qpdf) || null;
}

/* Takes the keys that lead to nothing out of all dictionaries in a value: they mean the same as absent ones. qpdf 11 does
 * so itself, qpdf 12 does not. They are looked at in qpdf's order, for the messages about damage come in the same order then. */
static void drop_nowhere(struct pdf_file *file, struct pdf_value *value) {
	if (value->type == PDF_ARRAY)
		for (size_t i = 0; i < value->array.count; i++) drop_nowhere(file, &value->array.items[i]);
	if (!pdf_is_dict(value)) return;
	size_t kept = 0;
	for (size_t i = 0; i < value->dict.count; i++) {
		struct pdf_entry *e = &value->dict.entries[i];
		if (e->value.type == PDF_REFERENCE && leads_nowhere(file, e->value.id)) continue;
		drop_nowhere(file, &e->value);
		value->dict.entries[kept++] = *e;
	}
	value->dict.count = kept;
}

const struct pdf_xref *pdf_file_xref(struct pdf_file *file) {
	if (!file->xref_tried) (void)pdf_xref_read(file->data, file->len, &file->xref);
	file->xref_tried = true;
	return file->xref.count ? &file->xref : NULL;
}

const struct pdf_value *pdf_file_object(struct pdf_file *file, struct pdf_id id) {
	if (id.number <= 0) return &pdf_null;
	if (file->newer && id.generation == 0 && (size_t)id.number < file->touched_count && !file->touched[id.number])
		return pdf_file_object(file->newer, id);
	struct slot *slot = slot_for(file, id);
	if (slot->value && !slot->raw) return slot->value;
	if (file->left && *file->left == 0) {
		file->exhausted = true;
		return &pdf_null;
	}
	if (!slot->value) {
		slot = is_absent(file, id) ? keep_copy(file, id, &pdf_null) : read_plain(file, id);
		if (!slot) slot = read_through_qpdf(file, id);
	}
	struct pdf_value *value = slot->value;
	bool raw = slot->raw;
	slot->raw = false;
	if (raw) drop_nowhere(file, value); /* may move the slots */
	/* A number without object costs next to nothing. */
	if (file->left && value->type != PDF_NULL) --*file->left;
	return value;
}

void pdf_file_limit(struct pdf_file *file, uint64_t *left) {
	file->left = left;
}

bool pdf_file_exhausted(const struct pdf_file *file) {
	return file->exhausted;
}

const struct pdf_value *pdf_file_trailer(struct pdf_file *file) {
	if (!file->trailer) {
		qpdf_oh oh = qpdf_get_trailer(file->qpdf);
		if (take_error(file->qpdf)) return &pdf_null;
		file->trailer = read_handle(file, oh, (struct pdf_id){0, 0});
	}
	if (!file->trailer_done) drop_nowhere(file, file->trailer);
	file->trailer_done = true;
	return file->trailer;
}

const struct pdf_value *pdf_resolve(struct pdf_file *file, const struct pdf_value *value) {
	if (!value) return &pdf_null;
	return value->type == PDF_REFERENCE ? pdf_file_object(file, value->id) : value;
}

const struct pdf_value *pdf_get(struct pdf_file *file, const struct pdf_value *dict, const char *key) {
	return pdf_resolve(file, pdf_entry(dict, key));
}

/* qpdf decodes without a bound. Filters on filters multiply, and nothing that is decoded here has them. */
static bool may_explode(const struct pdf_value *stream) {
	const struct pdf_value *filter = pdf_entry(stream, "Filter"), *length = pdf_entry(stream, "Length");
	if (!filter) return false;
	if (filter->type == PDF_REFERENCE || (filter->type == PDF_ARRAY && filter->array.count > 1)) return true;
	return length && length->type == PDF_INTEGER && length->integer > (int64_t)LIMIT_PDF_FILTERED_BYTES;
}

static bool read_stored(struct pdf_file *file, struct pdf_id id, bool decode, unsigned char **data, size_t *len) {
	struct pdf_arena arena = {0};
	struct pdf_value dict;
	struct pdf_stored stored;
	bool good = file->plain && file->xref.count && !id.generation &&
		    pdf_plain_read(&arena, file->data, file->len, &file->xref, id.number, &dict, &stored) &&
		    dict.type == PDF_STREAM;
	if (good && decode) good = pdf_flate_decode(&dict, stored.data, stored.len, LIMIT_PDF_STREAM_BYTES, data, len);
	if (good && !decode && stored.len) {
		*data = xmemdup(stored.data, stored.len);
		*len = stored.len;
	}
	pdf_arena_dispose(&arena);
	return good;
}

bool pdf_file_stream(struct pdf_file *file, struct pdf_id id, bool decode, unsigned char **data, size_t *len) {
	*data = NULL;
	*len = 0;
	if (decode && may_explode(pdf_file_object(file, id))) return false;
	if (read_stored(file, id, decode, data, len)) return true;
	qpdf_data qpdf = engine(file);
	if (!qpdf) return false;
	qpdf_oh oh = qpdf_get_object_by_id(qpdf, id.number, id.generation);
	QPDF_BOOL filtered = QPDF_FALSE;
	int result = qpdf_oh_get_stream_data(qpdf, oh, decode ? qpdf_dl_specialized : qpdf_dl_none, &filtered, data, len);
	bool good = !take_error(qpdf) && !(result & (QPDF_ERRORS)) && (!decode || *len <= LIMIT_PDF_STREAM_BYTES);
	qpdf_oh_release(qpdf, oh);
	if (!good) {
		free(*data);
		*data = NULL;
		*len = 0;
	}
	return good;
}

bool pdf_decode_stream(const unsigned char *dict, size_t dict_len, const unsigned char *stored, size_t stored_len,
		       unsigned char **data, size_t *len) {
	struct buf b = {0};
	struct pdf_file *file;
	buf_add_text(&b, "%PDF-1.7\n1 0 obj\n<</Pages<<>>>>\nendobj\n");
	size_t start = b.len;
	buf_add_text(&b, "2 0 obj\n");
	buf_add(&b, dict, dict_len);
	buf_add_text(&b, "\nstream\n");
	buf_add(&b, stored, stored_len);
	buf_add_text(&b, "\nendstream\nendobj\n");
	size_t xref = b.len;
	buf_printf(&b, "xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n%010zu 00000 n \n", start);
	buf_printf(&b, "trailer\n<</Root 1 0 R/Size 3>>\nstartxref\n%zu\n", xref);
	bool good = pdf_file_open(b.data, b.len, false, NULL, &file) == PDF_OPENED;
	good = good && pdf_file_stream(file, (struct pdf_id){2, 0}, true, data, len);
	pdf_file_close(file);
	buf_dispose(&b);
	return good;
}

bool pdf_file_encrypted(struct pdf_file *file) {
	return file->qpdf && qpdf_is_encrypted(file->qpdf);
}

size_t pdf_file_damage(struct pdf_file *file, const char *const **messages) {
	while (file->qpdf && qpdf_more_warnings(file->qpdf)) {
		qpdf_error warning = qpdf_next_warning(file->qpdf);
		const char *text = qpdf_get_error_full_text(file->qpdf, warning);
		if (!text || file->damage_count == LIMIT_PDF_WARNINGS || !pdf_damage_counts(text)) continue;
		ARRAY_GROW(file->damage, file->damage_count, file->damage_cap);
		file->damage[file->damage_count++] = xstrdup(text);
	}
	*messages = (const char *const *)file->damage;
	return file->damage_count;
}
