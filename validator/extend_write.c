#include "validator/extend_update.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
} refusals[] = {
#define EXTEND_REFUSAL(name, text) {#name, text},
#include "validator/extend_refusal.def"
#undef EXTEND_REFUSAL
};

const char *extend_refusal_name(enum extend_refusal refusal) {
	return refusals[refusal].name;
}

const char *extend_refusal_text(enum extend_refusal refusal) {
	return refusals[refusal].text;
}

bool extend_refusal_parse(const char *name, enum extend_refusal *refusal) {
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++)
		if (!strcmp(name, refusals[i].name)) return *refusal = (enum extend_refusal)i, true;
	return false;
}

int extend_new_object(struct extend_update *u, enum extend_body body, size_t item, const char *text) {
	ARRAY_GROW(u->objects, u->count, u->cap);
	struct extend_new *o = &u->objects[u->count++];
	*o = (struct extend_new){.number = (int)u->next++, .body = body, .item = item};
	buf_add_text(&o->text, text);
	return o->number;
}

/* ---- may it be joined to? ---- */

/* The last section is followed by %%EOF and nothing else: a strict reader sees a whole file at the end of what is
 * signed. */
static bool ends_well(const struct extend_base *b) {
	static const char start[] = "startxref", end[] = "%%EOF";
	size_t low = b->len > 1054 ? b->len - 1054 : 0;
	const unsigned char *p = NULL;
	for (size_t i = low; i + sizeof start - 1 <= b->len; i++)
		if (!memcmp(b->data + i, start, sizeof start - 1)) p = b->data + i + sizeof start - 1;
	if (!p) return false;
	const unsigned char *stop = b->data + b->len;
	while (p < stop && (strchr(" \t\r\n\f", *p) || (*p >= '0' && *p <= '9'))) p++;
	if (stop - p < (ptrdiff_t)sizeof end - 1 || memcmp(p, end, sizeof end - 1) != 0) return false;
	for (p += sizeof end - 1; p < stop; p++)
		if (!strchr(" \t\r\n\f", *p) || !*p) return false;
	return true;
}

/* The number before "0 R" that ends at `r`; 0 when there is none. */
static uint64_t number_before(const unsigned char *data, size_t r) {
	size_t i = r;
	uint64_t number = 0, unit = 1;
	if (i < 4 || data[i - 1] != ' ') return 0;
	for (i--; i && data[i - 1] >= '0' && data[i - 1] <= '9'; i--)
		;
	if (i < 2 || data[i] == ' ' || data[i - 1] != ' ') return 0;
	for (i--; i && data[i - 1] >= '0' && data[i - 1] <= '9' && unit <= LIMIT_PDF_OBJECTS; i--, unit *= 10)
		number += unit * (uint64_t)(data[i - 1] - '0');
	return number <= LIMIT_PDF_OBJECTS ? number : 0;
}

/* Something may refer to an object that was never written. Under a number of ours it would come to mean what we write. */
static uint64_t first_free_number(const struct extend_base *b) {
	uint64_t next = b->tail.numbers;
	const unsigned char *end = b->data + b->len;
	for (const unsigned char *p = b->data; (p = memchr(p, 'R', (size_t)(end - p))) != NULL; p++) {
		uint64_t number = number_before(b->data, (size_t)(p - b->data));
		if (number >= next) next = number + 1;
	}
	return next;
}

static enum extend_refusal prepare(struct extend_update *u, const unsigned char *data, size_t len) {
	const struct pdf_value *root;
	const char *const *damage;
	if (u->pdf->encrypted) return EXTEND_ENCRYPTED;
	if (finding_has(&u->pdf->findings, FINDING_JUNK_BEFORE_HEADER)) return EXTEND_HEADER_NOT_FIRST;
	if (finding_has(&u->pdf->findings, FINDING_DOCUMENT_DAMAGED)) return EXTEND_NEEDS_REPAIR;
	if (!extend_base_open(&u->base, data, len)) return u->base.file ? EXTEND_SECTIONS_UNUSUAL : EXTEND_NEEDS_REPAIR;
	if (!ends_well(&u->base)) return EXTEND_SECTIONS_UNUSUAL;
	root = pdf_entry(pdf_file_trailer(u->base.file), "Root");
	if (!root || root->type != PDF_REFERENCE) return EXTEND_SECTIONS_UNUSUAL;
	u->root = root->id;
	if (pdf_file_object(u->base.file, u->root)->type != PDF_DICT) return EXTEND_NEEDS_REPAIR;
	u->next = first_free_number(&u->base);
	if (u->next > LIMIT_PDF_OBJECTS - LIMIT_EVIDENCE_COUNT - 16) return EXTEND_SECTIONS_UNUSUAL;
	return pdf_file_damage(u->base.file, &damage) ? EXTEND_NEEDS_REPAIR : EXTEND_NONE;
}

void extend_write(const unsigned char *data, size_t len, const struct pdf_document *pdf, const struct extend_order *order,
		  struct extension *out) {
	struct extend_update u = {.pdf = pdf, .order = order};
	*out = (struct extension){0};
	enum extend_refusal refusal = prepare(&u, data, len);
	if (refusal == EXTEND_NONE && !order->count && !order->token_room) refusal = EXTEND_UP_TO_DATE;
	if (refusal == EXTEND_NONE) refusal = extend_put_store(&u);
	if (refusal == EXTEND_NONE && order->token_room) refusal = extend_put_stamp(&u);
	if (refusal == EXTEND_NONE) refusal = extend_lay_out(&u, out);
	if (refusal != EXTEND_NONE) extension_dispose(out);
	out->refusal = refusal;
	for (size_t i = 0; i < u.count; i++) buf_dispose(&u.objects[i].text);
	free(u.objects);
	extend_base_close(&u.base);
}

void extension_dispose(struct extension *extension) {
	for (size_t i = 0; i < extension->stamp_count; i++) buf_dispose(&extension->stamps[i]);
	free(extension->stamps);
	free(extension->pieces);
	buf_dispose(&extension->literal);
	*extension = (struct extension){0};
}
