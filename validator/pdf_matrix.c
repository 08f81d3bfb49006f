#include "validator/pdf_matrix.h"

#include <math.h>

const struct pdf_matrix pdf_matrix_identity = {1, 0, 0, 1, 0, 0};

struct pdf_matrix pdf_matrix_join(struct pdf_matrix m, struct pdf_matrix n) {
	return (struct pdf_matrix){m.a * n.a + m.b * n.c, m.a * n.b + m.b * n.d,       m.c * n.a + m.d * n.c,
				   m.c * n.b + m.d * n.d, m.e * n.a + m.f * n.c + n.e, m.e * n.b + m.f * n.d + n.f};
}

struct pdf_box pdf_matrix_box(const struct pdf_matrix *m, const struct pdf_box *b) {
	double x[] = {b->x0, b->x1, b->x0, b->x1}, y[] = {b->y0, b->y0, b->y1, b->y1};
	struct pdf_box box = {HUGE_VAL, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
	for (int i = 0; i < 4; i++) {
		double u = m->a * x[i] + m->c * y[i] + m->e, v = m->b * x[i] + m->d * y[i] + m->f;
		box.x0 = fmin(box.x0, u), box.x1 = fmax(box.x1, u);
		box.y0 = fmin(box.y0, v), box.y1 = fmax(box.y1, v);
	}
	return box;
}

/* The page is turned clockwise, as its viewer shows it. */
struct pdf_matrix pdf_matrix_view(const struct pdf_page *page, double *width, double *height) {
	const struct pdf_box *b = &page->box;
	bool lying = page->rotate == 90 || page->rotate == 270;
	*width = lying ? b->y1 - b->y0 : b->x1 - b->x0;
	*height = lying ? b->x1 - b->x0 : b->y1 - b->y0;
	switch (page->rotate) {
	case 90:
		return (struct pdf_matrix){0, 1, 1, 0, -b->y0, -b->x0};
	case 180:
		return (struct pdf_matrix){-1, 0, 0, 1, b->x1, -b->y0};
	case 270:
		return (struct pdf_matrix){0, -1, -1, 0, b->y1, b->x1};
	default:
		return (struct pdf_matrix){1, 0, 0, -1, -b->x0, b->y1};
	}
}

struct pdf_matrix pdf_matrix_of_form(struct pdf_file *file, const struct pdf_value *form) {
	const struct pdf_value *m = pdf_get(file, form, "Matrix");
	double n[6];
	if (m->type != PDF_ARRAY || m->array.count != 6) return pdf_matrix_identity;
	for (size_t i = 0; i < 6; i++) n[i] = pdf_number(pdf_resolve(file, &m->array.items[i]));
	return (struct pdf_matrix){n[0], n[1], n[2], n[3], n[4], n[5]};
}

struct pdf_matrix pdf_matrix_of_appearance(struct pdf_file *file, const struct pdf_value *form,
					   const struct pdf_box *rect) {
	struct pdf_matrix own = pdf_matrix_of_form(file, form);
	struct pdf_box box;
	if (!pdf_box_read(file, pdf_get(file, form, "BBox"), &box)) box = *rect;
	box = pdf_matrix_box(&own, &box);
	double width = box.x1 - box.x0, height = box.y1 - box.y0;
	double x = width > 0 ? (rect->x1 - rect->x0) / width : 1, y = height > 0 ? (rect->y1 - rect->y0) / height : 1;
	return (struct pdf_matrix){x, 0, 0, y, rect->x0 - box.x0 * x, rect->y0 - box.y0 * y};
}
