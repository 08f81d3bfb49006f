#include "validator/pdf_appearance.h"

#include "base/limits.h"
#include "validator/pdf_set.h"

#include <stdlib.h>

struct box {
	double x0, y0, x1, y1;
};

struct page {
	struct box box;
	int rotate;
};

struct pdf_pages {
	struct page *items;
	size_t count, cap;
	struct pdf_set annotations; /* object number to index of the first page that lists it */
};

/* ---- pages ---- */

struct step {
	const struct pdf_value *value, *media, *crop, *rotate; /* the last three as inherited */
	unsigned depth;
};

static bool read_box(struct pdf_file *file, const struct pdf_value *array, struct box *box) {
	double n[4];
	if (array->type != PDF_ARRAY || array->array.count != 4) return false;
	for (size_t i = 0; i < 4; i++) {
		const struct pdf_value *v = pdf_resolve(file, &array->array.items[i]);
		n[i] = pdf_number(v);
		if (!pdf_is_number(v) || !(n[i] > -LIMIT_PDF_POINTS && n[i] < LIMIT_PDF_POINTS)) return false;
	}
	*box = (struct box){n[0] < n[2] ? n[0] : n[2], n[1] < n[3] ? n[1] : n[3], n[0] < n[2] ? n[2] : n[0],
			    n[1] < n[3] ? n[3] : n[1]};
	return true;
}

static void add_page(struct pdf_file *file, struct pdf_pages *pages, const struct pdf_value *node,
		     const struct step *s) {
	struct page page = {.box = {0, 0, 595, 842}};
	if (!read_box(file, s->crop, &page.box)) read_box(file, s->media, &page.box);
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

/* ---- one widget ---- */

static int points(double x) {
	return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

/* The page turned clockwise, as its viewer shows it. */
static void set_place(struct pdf_appearance *a, const struct page *page, const struct box *r) {
	double width = page->box.x1 - page->box.x0, height = page->box.y1 - page->box.y0;
	double left = r->x0 - page->box.x0, right = r->x1 - page->box.x0;
	double low = r->y0 - page->box.y0, high = r->y1 - page->box.y0;
	bool lying = page->rotate == 90 || page->rotate == 270;
	a->page_width = points(lying ? height : width);
	a->page_height = points(lying ? width : height);
	a->width = points(lying ? high - low : right - left);
	a->height = points(lying ? right - left : high - low);
	a->left = points(page->rotate == 90    ? low
			 : page->rotate == 180 ? width - right
			 : page->rotate == 270 ? height - high
					       : left);
	a->top = points(page->rotate == 90    ? left
			: page->rotate == 180 ? low
			: page->rotate == 270 ? width - right
					      : height - high);
}

/* What an appearance is made of, by its resources: its drawing is not run. */
static void look_at(struct pdf_file *file, const struct pdf_value *form, unsigned depth, unsigned *left,
		    struct pdf_appearance *a) {
	const struct pdf_value *resources = pdf_get(file, form, "Resources");
	const struct pdf_value *fonts = pdf_get(file, resources, "Font"), *all = pdf_get(file, resources, "XObject");
	if (fonts->type == PDF_DICT && fonts->dict.count) a->text = true;
	for (size_t i = 0; all->type == PDF_DICT && i < all->dict.count && *left; i++) {
		const struct pdf_value *x = pdf_resolve(file, &all->dict.entries[i].value);
		--*left;
		if (pdf_is_name(pdf_get(file, x, "Subtype"), "Image")) a->image = true;
		if (pdf_is_name(pdf_get(file, x, "Subtype"), "Form") && depth < LIMIT_PDF_APPEARANCE_DEPTH)
			look_at(file, x, depth + 1, left, a);
	}
}

/* The field itself where it is merged with its widget, else the first kid with a place. */
static const struct pdf_value *widget_of(struct pdf_file *file, const struct pdf_value *field) {
	const struct pdf_value *kids = pdf_get(file, field, "Kids");
	if (pdf_entry(field, "Rect")) return field;
	for (size_t i = 0; kids->type == PDF_ARRAY && i < kids->array.count && i < LIMIT_PDF_APPEARANCE_PARTS; i++) {
		const struct pdf_value *kid = pdf_resolve(file, &kids->array.items[i]);
		if (pdf_entry(kid, "Rect")) return kid;
	}
	return field;
}

void pdf_appearance_read(struct pdf_file *file, const struct pdf_pages *pages, const struct pdf_value *field,
			 struct pdf_appearance *appearance) {
	const struct pdf_value *widget = widget_of(file, field);
	const struct pdf_value *flags = pdf_get(file, widget, "F");
	const struct pdf_value *form = pdf_get(file, pdf_get(file, widget, "AP"), "N");
	unsigned left = LIMIT_PDF_APPEARANCE_PARTS;
	uint32_t index;
	struct box rect;
	*appearance = (struct pdf_appearance){.known = true};
	if (!widget->id.number || !pdf_set_get(&pages->annotations, (uint64_t)widget->id.number, &index)) return;
	appearance->page = index + 1;
	if (!read_box(file, pdf_get(file, widget, "Rect"), &rect)) return;
	set_place(appearance, &pages->items[index], &rect);
	/* ISO 32000-2 table 167: hidden, no view. */
	bool hidden = flags->type == PDF_INTEGER && flags->integer & (2 | 32);
	appearance->visible = !hidden && form->type == PDF_STREAM && rect.x1 > rect.x0 && rect.y1 > rect.y0;
	if (form->type == PDF_STREAM) look_at(file, form, 0, &left, appearance);
}
