/* Any bytes given as a PDF that is to be extended: the pieces add up, and nothing is read beyond its end. */
#include "base/digest.h"
#include "validator/extend.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const unsigned char der[] = {0x30, 0};
	const struct extend_item items[] = {{EXTEND_CERTIFICATE, der, sizeof der}, {EXTEND_CRL, der, sizeof der}};
	static const size_t all[] = {0, 1};
	const struct extend_entry entry = {.contents = der, .contents_len = sizeof der, .items = all, .count = 2};
	const struct extend_order order = {.items = items, .count = 2, .entries = &entry, .entry_count = 1, .token_room = 64};
	struct pdf_document document;
	struct extension x;
	static bool ready;
	if (!ready) digest_init();
	ready = true;
	if (!pdf_recognise(data, size)) return 0;
	pdf_read(data, size, &document);
	extend_write(data, size, &document, &order, &x);
	uint64_t at = size;
	for (size_t i = 0; i < x.count; i++) at += x.pieces[i].len;
	if (x.refusal == EXTEND_NONE && (at != x.size || x.token_at <= size || x.token_at >= x.size)) abort();
	if (x.refusal != EXTEND_NONE && (x.count || x.literal.len)) abort();
	extension_dispose(&x);
	pdf_document_dispose(&document);
	return 0;
}
