#include "validator/pdf_appearance.h"

#include "base/limits.h"

/* ---- one widget ---- */

static int points(double x) {
	return (int)(x < 0 ? x - 0.5 : x + 0.5);
}

static void set_place(struct pdf_appearance *a, const struct pdf_box *seen, double width, double height) {
	a->page_width = points(width);
	a->page_height = points(height);
	a->width = points(seen->x1 - seen->x0);
	a->height = points(seen->y1 - seen->y0);
	a->left = points(seen->x0);
	a->top = points(seen->y0);
}

/* What an appearance may draw, by its resources: for those that cannot be run to their end. */
static void look_at_resources(struct pdf_file *file, const struct pdf_value *form, unsigned depth, unsigned *left,
			      struct pdf_appearance *a) {
	const struct pdf_value *resources = pdf_get(file, form, "Resources");
	const struct pdf_value *fonts = pdf_get(file, resources, "Font"), *all = pdf_get(file, resources, "XObject");
	if (fonts->type == PDF_DICT && fonts->dict.count) a->text = true;
	for (size_t i = 0; all->type == PDF_DICT && i < all->dict.count && *left; i++) {
		const struct pdf_value *x = pdf_resolve(file, &all->dict.entries[i].value);
		--*left;
		if (pdf_is_name(pdf_get(file, x, "Subtype"), "Image")) a->image = true;
		if (pdf_is_name(pdf_get(file, x, "Subtype"), "Form") && depth < LIMIT_PDF_APPEARANCE_DEPTH)
			look_at_resources(file, x, depth + 1, left, a);
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

/* Runs the appearance, and looks for the block of a copy where that has to be. */
static void read_text(struct pdf_fonts *fonts, struct pdf_budget *budget, const struct pdf_value *form,
		      struct pdf_matrix matrix, const struct pdf_box *seen, struct pdf_appearance *a) {
	struct pdf_drawn drawn = {.only = *seen, .pictures = *seen};
	unsigned left = LIMIT_PDF_APPEARANCE_PARTS;
	pdf_draw_form(fonts, form, matrix, budget, &drawn);
	a->image = drawn.image;
	a->text = drawn.any_text;
	if (drawn.cut_short) look_at_resources(pdf_fonts_file(fonts), form, 0, &left, a);
	pdf_copy_of_appearance(&drawn, &a->copy);
	pdf_drawn_dispose(&drawn);
}

void pdf_appearance_read(struct pdf_fonts *fonts, struct pdf_budget *budget, const struct pdf_pages *pages,
			 const struct pdf_value *field, struct pdf_appearance *appearance) {
	struct pdf_file *file = pdf_fonts_file(fonts);
	const struct pdf_value *widget = widget_of(file, field);
	const struct pdf_value *flags = pdf_get(file, widget, "F");
	const struct pdf_value *form = pdf_get(file, pdf_get(file, widget, "AP"), "N");
	uint32_t index;
	double width, height;
	struct pdf_box rect;
	*appearance = (struct pdf_appearance){.known = true};
	if (!widget->id.number || !pdf_pages_find(pages, widget->id.number, &index)) return;
	appearance->page = index + 1;
	if (!pdf_box_read(file, pdf_get(file, widget, "Rect"), &rect)) return;
	struct pdf_matrix view = pdf_matrix_view(pdf_pages_item(pages, index), &width, &height);
	struct pdf_box seen = pdf_matrix_box(&view, &rect);
	set_place(appearance, &seen, width, height);
	/* ISO 32000-2 table 167: hidden, no view. */
	bool hidden = flags->type == PDF_INTEGER && flags->integer & (2 | 32);
	appearance->visible = !hidden && form->type == PDF_STREAM && rect.x1 > rect.x0 && rect.y1 > rect.y0;
	if (form->type != PDF_STREAM) return;
	read_text(fonts, budget, form, pdf_matrix_join(pdf_matrix_of_appearance(file, form, &rect), view), &seen,
		  appearance);
	if (!appearance->visible || index || !pdf_copy_place(&seen, width, height)) pdf_copy_forget(&appearance->copy);
}
