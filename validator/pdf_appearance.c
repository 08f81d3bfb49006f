#include "validator/pdf_appearance.h"

#include "base/limits.h"

/* ---- one widget ---- */

static int points(double x) {
	return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

/* The page turned clockwise, as its viewer shows it. */
static void set_place(struct pdf_appearance *a, const struct pdf_page *page, const struct pdf_box *r) {
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
	struct pdf_box rect;
	*appearance = (struct pdf_appearance){.known = true};
	if (!widget->id.number || !pdf_pages_find(pages, widget->id.number, &index)) return;
	appearance->page = index + 1;
	if (!pdf_box_read(file, pdf_get(file, widget, "Rect"), &rect)) return;
	set_place(appearance, pdf_pages_item(pages, index), &rect);
	/* ISO 32000-2 table 167: hidden, no view. */
	bool hidden = flags->type == PDF_INTEGER && flags->integer & (2 | 32);
	appearance->visible = !hidden && form->type == PDF_STREAM && rect.x1 > rect.x0 && rect.y1 > rect.y0;
	if (form->type == PDF_STREAM) look_at(file, form, 0, &left, appearance);
}
