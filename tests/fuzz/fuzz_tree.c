/* Any bytes as a page (P) or a top (T, or anything else) of a hash tree of evidence records; every place in it is looked up. */
#include "archiver/evidence_tree.h"
#include "base/digest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void page_case(const unsigned char *data, size_t size) {
	const struct object_id id = {{1}};
	struct evidence_page *page = evidence_page_read(&id, xmemdup(data, size), size);
	size_t index;
	if (!page) return;
	if (!page->count || page->count > EVIDENCE_PAGE) abort();
	for (size_t i = 0; i < page->count; i++) {
		const struct evidence_leaf *leaf = &page->leaves[i];
		size_t len = leaf->count * digest_size(page->alg);
		unsigned char *members = xmemdup(leaf->members, len); /* all of them lie within the page */
		if (evidence_page_find(page, leaf->key, &index) && index >= page->count) abort();
		free(members);
	}
	evidence_page_free(page);
}

static void top_case(const unsigned char *data, size_t size) {
	const struct object_id id = {{1}};
	struct evidence_top *top = evidence_top_read(&id, data, size);
	size_t index;
	if (!top) return;
	if (!top->count || top->count > EVIDENCE_PAGE) abort();
	for (size_t i = 0; i < top->count; i++) {
		if (evidence_top_find(top, top->entries[i].key, &index) && index >= top->count) abort();
		if (evidence_top_find_page(top, top->entries[i].key, &index) && index >= top->count) abort();
	}
	evidence_top_free(top);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (!size) return 0;
	unsigned char *copy = xmemdup(data + 1, size - 1);
	digest_init();
	if (*data == 'P') page_case(copy, size - 1);
	else top_case(copy, size - 1);
	free(copy);
	return 0;
}
