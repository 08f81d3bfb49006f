#include "validator/pdf_evidence.h"

#include "base/limits.h"
#include "validator/pdf_set.h"

#include <stdlib.h>
#include <string.h>

enum kind { CERTS, CRLS, OCSPS, KINDS };
static const char *const store_keys[KINDS] = {"Certs", "CRLs", "OCSPs"};
static const char *const vri_keys[KINDS] = {"Cert", "CRL", "OCSP"};

struct walk {
	struct pdf_file *file;
	struct pdf_set seen[KINDS];                                                     /* streams, by object number */
	bool (*each)(struct walk *w, enum kind kind, unsigned char **data, size_t len); /* false: stop */
	struct pdf_document *document;
	uint64_t end, file_len;
	size_t total;
	uint64_t *left; /* NULL, or the work that may still be done */
	bool stopped;
};

static void walk_array(struct walk *w, enum kind kind, const struct pdf_value *array) {
	if (array->type != PDF_ARRAY) return;
	for (size_t i = 0; i < array->array.count && !w->stopped; i++) {
		const struct pdf_value *item = &array->array.items[i];
		if (item->type != PDF_REFERENCE || !pdf_set_add(&w->seen[kind], (uint64_t)item->id.number, 0)) continue;
		if (pdf_file_object(w->file, item->id)->type != PDF_STREAM) continue;
		unsigned char *data;
		size_t len;
		if (!pdf_file_stream(w->file, item->id, true, &data, &len)) continue;
		w->total += len;
		if (w->total > LIMIT_EVIDENCE_TOTAL || !w->each(w, kind, &data, len)) w->stopped = true;
		free(data);
	}
}

static void walk_store(struct walk *w, const struct pdf_value *root) {
	const struct pdf_value *store = pdf_get(w->file, root, "DSS"), *vri = pdf_get(w->file, store, "VRI");
	for (enum kind k = 0; k < KINDS; k++) walk_array(w, k, pdf_get(w->file, store, store_keys[k]));
	for (size_t i = 0; vri->type == PDF_DICT && i < vri->dict.count; i++) {
		const struct pdf_value *entry = pdf_resolve(w->file, &vri->dict.entries[i].value);
		for (enum kind k = 0; k < KINDS; k++) walk_array(w, k, pdf_get(w->file, entry, vri_keys[k]));
	}
	for (enum kind k = 0; k < KINDS; k++) pdf_set_dispose(&w->seen[k]);
}

static struct pdf_blob **blobs_of(struct pdf_document *d, enum kind kind, size_t **count) {
	*count = kind == CERTS ? &d->cert_count : kind == CRLS ? &d->crl_count : &d->ocsp_count;
	return kind == CERTS ? &d->certs : kind == CRLS ? &d->crls : &d->ocsps;
}

static bool take(struct walk *w, enum kind kind, unsigned char **data, size_t len) {
	size_t *count;
	struct pdf_blob **blobs = blobs_of(w->document, kind, &count);
	if (*count == LIMIT_EVIDENCE_COUNT) return false;
	if (*count % 64 == 0) *blobs = xreallocarray(*blobs, *count + 64, sizeof **blobs);
	(*blobs)[(*count)++] = (struct pdf_blob){*data, len, w->file_len};
	*data = NULL;
	return true;
}

#define TIMES_TOLD 8 /* for people; a store has an entry or two */

/* /TS is a token about the making of the entry, /TU the same as a claim. EN 319 142-1 knows no use of them for the
 * signature, so they prove nothing and are told. */
static void tell_times(struct pdf_file *file, const struct pdf_value *root, struct finding_list *findings) {
	const struct pdf_value *vri = pdf_get(file, pdf_get(file, root, "DSS"), "VRI");
	size_t told = 0;
	for (size_t i = 0; vri->type == PDF_DICT && i < vri->dict.count && told < TIMES_TOLD; i++) {
		const struct pdf_text *key = &vri->dict.entries[i].key;
		const struct pdf_value *entry = pdf_resolve(file, &vri->dict.entries[i].value);
		const struct pdf_value *claimed = pdf_get(file, entry, "TU");
		int len = key->len < 40 ? (int)key->len : 40; /* a SHA-1 in hexadecimal */
		if (pdf_get(file, entry, "TS")->type == PDF_STREAM && ++told)
			finding_add(findings, FINDING_STORE_TIME_NOT_USED, "/TS, %.*s", len, (const char *)key->data);
		if (claimed->type != PDF_STRING) continue;
		char *text = pdf_text_utf8(claimed);
		finding_add(findings, FINDING_STORE_TIME_NOT_USED, "/TU %.40s, %.*s", text, len,
			    (const char *)key->data);
		free(text);
		told++;
	}
}

void pdf_evidence_read(struct pdf_file *file, const struct pdf_value *root, uint64_t file_len,
		       struct pdf_document *document) {
	struct walk w = {.file = file, .each = take, .document = document, .file_len = file_len};
	walk_store(&w, root);
	tell_times(file, root, &document->findings);
	if (w.stopped)
		finding_add(&document->findings, FINDING_LIMIT_REACHED, "evidence in the document security store");
}

static bool mark(struct walk *w, enum kind kind, unsigned char **data, size_t len) {
	size_t *count;
	struct pdf_blob *blobs = *blobs_of(w->document, kind, &count);
	uint64_t cost = 100 + len / 256 + *count / 16;
	*w->left -= cost < *w->left ? cost : *w->left;
	for (size_t i = 0; i < *count; i++)
		if (blobs[i].len == len && blobs[i].revision_end == w->file_len &&
		    (len == 0 || !memcmp(blobs[i].data, *data, len)))
			blobs[i].revision_end = w->end;
	return *w->left > 0;
}

void pdf_evidence_mark(struct pdf_file *prefix, const struct pdf_value *root, uint64_t end, uint64_t file_len,
		       uint64_t *left, struct pdf_document *document) {
	bool open = false; /* something is still without its revision */
	for (enum kind k = 0; k < KINDS; k++) {
		size_t *count;
		struct pdf_blob *blobs = *blobs_of(document, k, &count);
		for (size_t i = 0; i < *count; i++) open = open || blobs[i].revision_end == file_len;
	}
	if (!open) return;
	struct walk w = {
		.file = prefix, .each = mark, .document = document, .end = end, .file_len = file_len, .left = left};
	walk_store(&w, root);
}
