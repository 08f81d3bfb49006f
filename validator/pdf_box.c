#include "validator/pdf_box.h"

#include "base/limits.h"
#include "validator/pdf_set.h"

#include <stdlib.h>

struct pdf_pages {
	struct pdf_page *items;
	size_t count, cap;
	struct pdf_set annotations; /* object number to index of the first page that lists it */
};

/* ---- pages ---- */

struct step {
	const struct pdf_value *value, *media, *crop, *rotate; /* the last three as inherited */
	unsigned depth;
};

bool pdf_box_read(struct pdf_file *file, const struct pdf_value *array, struct pdf_box *box) {
	double n[4];
	if (array->type != PDF_ARRAY || array->array.count != 4) return false;
	for (size_t i = 0; i < 4; i++) {
		const struct pdf_value *v = pdf_resolve(file, &array->array.items[i]);
		n[i] = pdf_number(v);
		if (!pdf_is_number(v) || !(n[i] > -LIMIT_PDF_POINTS && n[i] < LIMIT_PDF_POINTS)) return false;
	}
	*box = (struct pdf_box){n[0] < n[2] ? n[0] : n[2], n[1] < n[3] ? n[1] : n[3], n[0] < n[2] ? n[2] : n[0],
			    n[1] < n[3] ? n[3] : n[1]};
	return true;
}

static void add_page(struct pdf_file *file, struct pdf_pages *pages, const struct pdf_value *node,
		     const struct step *s) {
	struct pdf_page page = {.box = {0, 0, 595, 842}, .value = node};
	if (!pdf_box_read(file, s->crop, &page.box)) pdf_box_read(file, s->media, &page.box);
	if (s->rotate->type == PDF_INTEGER) page.rotate = (int)((s->rotate->integer % 360 + 360) % 360);
	const struct pdf_value *annots = pdf_get(file, node, "Annots");
	for (size_t i = 0; annots->type == PDF_ARRAY && i < annots->array.count && i < LIMIT_PDF_FIELDS; i++) {
		const struct pdf_value *item = &annots->array.items[i];
		if (item->type == PDF_REFERENCE)
			pdf_set_add(&pages->annotations, (uint64_t)item->id.number, (uint32_t)pages->count);
	}
	ARRAY_GROW(pages->items, pages->count, pages->cap);
	pages->items[pages->count++] = page;
}

/* The node's own entry, else the inherited one. */
static const struct pdf_value *inherit(struct pdf_file *file, const struct pdf_value *node, const char *key,
				       const struct pdf_value *above) {
	return pdf_entry(node, key) ? pdf_get(file, node, key) : above;
}

struct pdf_pages *pdf_pages_read(struct pdf_file *file, const struct pdf_value *root) {
	struct pdf_pages *pages = xcalloc(1, sizeof *pages);
	struct step *stack = NULL;
	size_t count = 0, cap = 0, nodes = 0;
	struct pdf_set seen = {0};
	const struct pdf_value *top = pdf_entry(root, "Pages");
	ARRAY_GROW(stack, count, cap);
	stack[count++] = (struct step){top ? top : &pdf_null, &pdf_null, &pdf_null, &pdf_null, 0};
	while (count) {
		struct step s = stack[--count];
		if (s.value->type == PDF_REFERENCE && !pdf_set_add(&seen, (uint64_t)s.value->id.number, 0)) continue;
		const struct pdf_value *node = pdf_resolve(file, s.value), *kids = pdf_get(file, node, "Kids");
		if (node->type != PDF_DICT) continue;
		s.media = inherit(file, node, "MediaBox", s.media);
		s.crop = inherit(file, node, "CropBox", s.crop);
		s.rotate = inherit(file, node, "Rotate", s.rotate);
		if (kids->type != PDF_ARRAY) add_page(file, pages, node, &s);
		if (kids->type != PDF_ARRAY || s.depth == LIMIT_PDF_PAGE_DEPTH) continue;
		for (size_t i = kids->array.count; i-- > 0 && nodes < LIMIT_PDF_PAGES; nodes++) {
			ARRAY_GROW(stack, count, cap);
			stack[count] = s;
			stack[count].value = &kids->array.items[i];
			stack[count++].depth = s.depth + 1;
		}
	}
	free(stack);
	pdf_set_dispose(&seen);
	return pages;
}

void pdf_pages_free(struct pdf_pages *pages) {
	if (!pages) return;
	free(pages->items);
	pdf_set_dispose(&pages->annotations);
	free(pages);
}

size_t pdf_pages_count(const struct pdf_pages *pages) {
	return pages->count;
}

const struct pdf_page *pdf_pages_item(const struct pdf_pages *pages, size_t index) {
	return &pages->items[index];
}

bool pdf_pages_find(const struct pdf_pages *pages, int annotation, uint32_t *index) {
	return pdf_set_get(&pages->annotations, (uint64_t)annotation, index);
}

/* ---- boxes ---- */

double pdf_box_area(const struct pdf_box *box) {
	return box->x1 > box->x0 && box->y1 > box->y0 ? (box->x1 - box->x0) * (box->y1 - box->y0) : 0;
}

struct pdf_box pdf_box_common(const struct pdf_box *a, const struct pdf_box *b) {
	return (struct pdf_box){a->x0 > b->x0 ? a->x0 : b->x0, a->y0 > b->y0 ? a->y0 : b->y0,
				a->x1 < b->x1 ? a->x1 : b->x1, a->y1 < b->y1 ? a->y1 : b->y1};
}
