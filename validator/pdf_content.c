#include "validator/pdf_content.h"

#include "base/limits.h"
#include "validator/pdf_find.h"

#include <stdlib.h>
#include <string.h>

struct item {
	const struct pdf_value *value;
	const char *key; /* of the dictionary entry that it is, or is in; NULL at the top */
};

struct look {
	struct pdf_file *file;
	const unsigned char *data;
	size_t len;
	const struct pdf_xref *xref;
	struct finding_list *findings;
	struct item *stack;
	size_t count, cap;
	struct pdf_set seen; /* object numbers met */
	uint64_t values;     /* looked at so far */
	bool cut_short;
	unsigned dangling, fonts, unused;
};

static bool in_list(const char *word, const char *const *list) {
	while (*list && strcmp(word, *list) != 0) list++;
	return *list;
}

static const char *name_of(const struct pdf_value *v) {
	return v->type == PDF_NAME ? v->text.data : "";
}

static bool is_empty(const struct pdf_value *v) {
	if (v->type == PDF_ARRAY) return v->array.count == 0;
	return v->type != PDF_DICT || v->dict.count == 0;
}

static void tell(struct look *l, enum finding_code code, const char *what) {
	finding_add(l->findings, code, "%.64s", what);
}

/* ---- active content ---- */

static void look_for_actions(struct look *l, const struct pdf_value *dict) {
	/* Actions that run, send, fetch, hide or swap something; the list of ISO 32000-2 12.8.7 and what acts like it. */
	static const char *const actions[] = {"JavaScript", "Launch", "SubmitForm",  "ImportData",      "GoToE",
					      "Hide",       "Movie",  "SetOCGState", "RichMediaExecute", "Rendition",
					      "GoTo3DView", NULL};
	static const char *const players[] = {"RichMedia", "3D", "Screen", "Movie", NULL};
	const char *action = name_of(pdf_get(l->file, dict, "S"));
	const char *kind = name_of(pdf_get(l->file, dict, "Subtype"));
	if (in_list(action, actions) && !pdf_is_name(pdf_get(l->file, dict, "Type"), "StructElem"))
		tell(l, FINDING_ACTIVE_CONTENT, action);
	if (in_list(kind, players) && pdf_entry(dict, "Rect")) tell(l, FINDING_ACTIVE_CONTENT, kind);
	if (!is_empty(pdf_get(l->file, dict, "AA"))) tell(l, FINDING_ACTIVE_CONTENT, "AA");
	if (pdf_entry(dict, "XFA")) tell(l, FINDING_ACTIVE_CONTENT, "XFA");
	/* A place to begin reading at is no action. */
	const struct pdf_value *open = pdf_get(l->file, dict, "OpenAction");
	if (open->type == PDF_DICT && !pdf_is_name(pdf_get(l->file, open, "S"), "GoTo"))
		tell(l, FINDING_ACTIVE_CONTENT, "OpenAction");
}

/* ---- optional content ---- */

static bool is_off(struct look *l, const struct pdf_value *usage, const char *use, const char *key) {
	return pdf_is_name(pdf_get(l->file, pdf_get(l->file, usage, use), key), "OFF");
}

static void look_for_layers(struct look *l, const struct pdf_value *dict) {
	const struct pdf_value *d = pdf_get(l->file, pdf_get(l->file, dict, "OCProperties"), "D");
	const struct pdf_value *base = pdf_get(l->file, d, "BaseState"), *usage = pdf_get(l->file, dict, "Usage");
	if (!is_empty(pdf_get(l->file, d, "OFF")) || (base->type == PDF_NAME && !pdf_is_name(base, "ON")))
		tell(l, FINDING_VIEW_DEPENDS_ON_SETTINGS, "layers that are off");
	if (!is_empty(pdf_get(l->file, d, "AS")))
		tell(l, FINDING_VIEW_DEPENDS_ON_SETTINGS, "layers that depend on use");
	if (pdf_is_name(pdf_get(l->file, dict, "Type"), "OCG") &&
	    is_off(l, usage, "View", "ViewState") != is_off(l, usage, "Print", "PrintState"))
		tell(l, FINDING_VIEW_DEPENDS_ON_SETTINGS, "a layer differs between screen and paper");
	if (!is_empty(pdf_get(l->file, dict, "Alternates")) && pdf_is_name(pdf_get(l->file, dict, "Subtype"), "Image"))
		tell(l, FINDING_VIEW_DEPENDS_ON_SETTINGS, "an image with alternates");
}

/* ---- what is not in the file ---- */

static void look_outside(struct look *l, const struct pdf_value *dict) {
	if (dict->type == PDF_STREAM && pdf_entry(dict, "F")) tell(l, FINDING_EXTERNAL_CONTENT, "stream");
	if (dict->type == PDF_STREAM && pdf_entry(dict, "Ref") && pdf_is_name(pdf_get(l->file, dict, "Subtype"), "Form"))
		tell(l, FINDING_EXTERNAL_CONTENT, "page of another file");
}

static void look_at_font(struct look *l, const struct pdf_value *dict) {
	static const char *const kinds[] = {"Type1", "MMType1", "TrueType", "CIDFontType0", "CIDFontType2", NULL};
	/* ISO 32000-1 9.6.2.2: every viewer has these, if not the same drawings. */
	static const char *const standard[] = {"Courier",          "Courier-Bold",         "Courier-Oblique",
					       "Helvetica",        "Helvetica-Bold",       "Helvetica-Oblique",
					       "Times-Roman",      "Times-Bold",           "Times-Italic",
					       "Symbol",           "ZapfDingbats",         "Courier-BoldOblique",
					       "Times-BoldItalic", "Helvetica-BoldOblique", NULL};
	static const char *const files[] = {"FontFile", "FontFile2", "FontFile3"};
	const struct pdf_value *descriptor = pdf_get(l->file, dict, "FontDescriptor");
	if (!pdf_is_name(pdf_get(l->file, dict, "Type"), "Font") ||
	    !in_list(name_of(pdf_get(l->file, dict, "Subtype")), kinds))
		return;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (pdf_get(l->file, descriptor, files[i])->type == PDF_STREAM) return;
	if (l->fonts++ >= LIMIT_PDF_CHANGES) return;
	char *name = pdf_text_utf8(pdf_get(l->file, dict, "BaseFont"));
	tell(l, in_list(name, standard) ? FINDING_STANDARD_FONT_NOT_EMBEDDED : FINDING_FONT_NOT_EMBEDDED, name);
	free(name);
}

/* ---- references to nothing ---- */

/* Where a reference to nothing is usual, or changes nothing that is seen. */
static const char *const bookkeeping[] = {"Parent", "P",  "Pg",      "Prev",  "Next",     "First", "Last",      "Dest",
					  "D",      "SD", "Popup",   "IRT",   "Metadata", "Thumb", "PieceInfo", "Info",
					  "Dests",  "B",  "Threads", "Limits", "Obj",     "Ref",   NULL};

static void tell_dangling(struct look *l, const char *key, struct pdf_id id) {
	if (key && in_list(key, bookkeeping)) return;
	if (l->dangling++ < LIMIT_PDF_CHANGES)
		finding_add(l->findings, FINDING_SIGNED_DANGLING_REFERENCE, "object %d in /%.64s", id.number,
			    key ? key : "");
}

static bool is_defined(const struct look *l, int number) {
	const struct pdf_xref_entry *e = &l->xref->entries[number];
	return e->kind == PDF_ENTRY_PLAIN || e->kind == PDF_ENTRY_PACKED;
}

static void scan_raw(struct look *l, const struct pdf_value *value, const char *key) {
	if (value->type == PDF_REFERENCE && value->id.number > 0 &&
	    ((size_t)value->id.number >= l->xref->count || !is_defined(l, value->id.number)))
		tell_dangling(l, key, value->id);
	for (size_t i = 0; value->type == PDF_ARRAY && i < value->array.count; i++)
		if (value->array.items[i].type != PDF_ARRAY) scan_raw(l, &value->array.items[i], key);
	for (size_t i = 0; value->type == PDF_DICT && i < value->dict.count; i++)
		scan_raw(l, &value->dict.entries[i].value, value->dict.entries[i].key.data);
}

/* Digits before *p, which moves before them; false when there are none. Too many are told as the most there can be. */
static bool number_before(const unsigned char *start, const unsigned char **p, uint64_t *out) {
	const unsigned char *end = *p;
	uint64_t scale = 1;
	for (*out = 0; *p > start && (*p)[-1] >= '0' && (*p)[-1] <= '9'; --*p) {
		if (scale <= LIMIT_PDF_OBJECTS) *out += (uint64_t)((*p)[-1] - '0') * scale;
		else if ((*p)[-1] != '0') *out = UINT64_MAX / 2;
		scale = scale <= LIMIT_PDF_OBJECTS ? scale * 10 : scale;
	}
	return *p < end;
}

/* Something in these bytes may be a reference to an object that the table does not have. */
static bool may_dangle(const struct look *l, const unsigned char *start, size_t size) {
	const unsigned char *end = start + size;
	for (const unsigned char *r = start; (r = memchr(r, 'R', (size_t)(end - r))) != NULL; r++) {
		const unsigned char *p = r;
		uint64_t number, generation;
		if (p == start || *--p != ' ' || !number_before(start, &p, &generation)) continue;
		if (p == start || *--p != ' ' || !number_before(start, &p, &number) || number == 0) continue;
		if (number >= l->xref->count || !is_defined(l, (int)number)) return true;
	}
	return false;
}

/* The dictionary of an object as it stands in the bytes. */
static void look_at_bytes(struct look *l, int number) {
	struct pdf_arena arena = {0};
	struct pdf_value value;
	if (!l->xref || (size_t)number >= l->xref->count || l->xref->entries[number].kind != PDF_ENTRY_PLAIN) return;
	size_t at = (size_t)l->xref->entries[number].where;
	size_t most = l->len - at < LIMIT_PDF_TRAILER_BYTES ? l->len - at : LIMIT_PDF_TRAILER_BYTES;
	const unsigned char *start = memmem(l->data + at, most < 32 ? most : 32, "<<", 2);
	if (!start) return;
	most -= (size_t)(start - (l->data + at));
	size_t size = pdf_raw_dict_length(start, most);
	if (size && may_dangle(l, start, size) && pdf_value_parse(&arena, (const char *)start, size, &value))
		scan_raw(l, &value, NULL);
	pdf_arena_dispose(&arena);
}

/* ---- the walk ---- */

static void push(struct look *l, const struct pdf_value *value, const char *key) {
	if (value->type != PDF_REFERENCE && value->type != PDF_ARRAY && !pdf_is_dict(value)) return;
	ARRAY_GROW(l->stack, l->count, l->cap);
	l->stack[l->count++] = (struct item){value, key};
}

static void look_at(struct look *l, const struct item *item) {
	const struct pdf_value *value = item->value;
	if (value->type == PDF_REFERENCE) {
		if (value->id.number <= 0 || !pdf_set_add(&l->seen, (uint64_t)value->id.number, 0)) return;
		const struct pdf_value *target = pdf_file_object(l->file, value->id);
		if (pdf_is_dict(target)) look_at_bytes(l, value->id.number);
		if (target->type != PDF_NULL)
			push(l, target, item->key);
		else if (!l->xref && !pdf_file_exhausted(l->file)) tell_dangling(l, item->key, value->id);
		return;
	}
	for (size_t i = 0; value->type == PDF_ARRAY && i < value->array.count; i++)
		push(l, &value->array.items[i], item->key);
	if (!pdf_is_dict(value)) return;
	look_for_actions(l, value);
	look_for_layers(l, value);
	look_outside(l, value);
	look_at_font(l, value);
	for (size_t i = 0; i < value->dict.count; i++)
		push(l, &value->dict.entries[i].value, value->dict.entries[i].key.data);
}

/* ---- objects that nothing leads to ---- */

static void look_at_unused(struct look *l) {
	static const char *const structure[] = {"Catalog", "Pages", NULL}, *const shown[] = {"Page", "Font", NULL};
	const struct pdf_value *size = pdf_entry(pdf_file_trailer(l->file), "Size");
	int64_t end = size && size->type == PDF_INTEGER ? size->integer : 0;
	unsigned looked = 0;
	for (int64_t i = 1; i < end && i <= LIMIT_PDF_OBJECTS && l->unused < LIMIT_PDF_CHANGES; i++) {
		if (pdf_set_has(&l->seen, (uint64_t)i)) continue;
		l->cut_short = ++looked > LIMIT_PDF_LOOKED_AT;
		if (l->cut_short) return;
		const struct pdf_value *v = pdf_file_object(l->file, (struct pdf_id){(int)i, 0});
		const char *type = pdf_is_dict(v) ? name_of(pdf_get(l->file, v, "Type")) : "";
		bool image = v->type == PDF_STREAM && pdf_is_name(pdf_get(l->file, v, "Subtype"), "Image");
		if (!in_list(type, structure) && !in_list(type, shown) && !image) continue;
		l->unused++;
		finding_add(l->findings,
			    in_list(type, structure) ? FINDING_SIGNED_HIDDEN_OBJECTS : FINDING_SIGNED_UNUSED_OBJECTS,
			    "object %d, %s", (int)i, image ? "Image" : type);
	}
}

void pdf_content_look(struct pdf_file *file, const struct pdf_value *root, const unsigned char *data, size_t len,
		      const struct pdf_xref *xref, struct finding_list *findings) {
	struct look l = {.file = file, .data = data, .len = len, .xref = xref, .findings = findings};
	/* The catalog may have been found without the trailer's help, and stands for itself then. */
	if (root->id.number) pdf_set_add(&l.seen, (uint64_t)root->id.number, 0);
	if (root->id.number) look_at_bytes(&l, root->id.number);
	push(&l, root, NULL);
	push(&l, pdf_file_trailer(file), "Info");
	while (l.count && !l.cut_short) {
		struct item item = l.stack[--l.count];
		look_at(&l, &item);
		l.cut_short = pdf_file_exhausted(file) || l.seen.used > LIMIT_PDF_LOOKED_AT ||
			      ++l.values > LIMIT_PDF_LOOKED_AT_VALUES;
	}
	if (!l.cut_short) look_at_unused(&l);
	if (l.cut_short || pdf_file_exhausted(file)) finding_add(findings, FINDING_CONTENT_LOOKED_AT_IN_PART, "%s", "");
	free(l.stack);
	pdf_set_dispose(&l.seen);
}
