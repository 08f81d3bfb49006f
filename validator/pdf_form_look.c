/* What a form has prepared: the "shadow" attacks hide one field behind another, or leave one out of sight to hook it in
 * after signing. */
#include "validator/pdf_content.h"

#include "base/limits.h"
#include "validator/pdf_shown.h"

#include <stdlib.h>
#include <string.h>

#define UNSEEN 0x22  /* annotation flags Hidden, NoView */
#define TOLERANCE 1. /* points by which neighbours may overlap: cells of a table share their border */

struct place {
	struct pdf_box box;
	uint32_t page;
	int number;
	const struct pdf_field *field;
};

struct places {
	struct place *items;
	size_t count, cap;
};

static bool is_seen(struct pdf_file *file, const struct pdf_value *widget, struct pdf_box *box) {
	const struct pdf_value *flags = pdf_get(file, widget, "F");
	if (flags->type == PDF_INTEGER && flags->integer & UNSEEN) return false;
	return pdf_box_read(file, pdf_get(file, widget, "Rect"), box) && pdf_box_area(box) > 0;
}

static void look_at_field(struct pdf_file *file, const struct pdf_field *f, const struct pdf_pages *pages,
			  struct places *places, struct finding_list *findings, unsigned *told) {
	struct place p = {.number = f->id.number, .field = f};
	if (!pdf_entry(f->value, "Rect") || !is_seen(file, f->value, &p.box)) return;
	if (!pdf_pages_find(pages, f->id.number, &p.page)) {
		if ((*told)++ < LIMIT_PDF_CHANGES)
			finding_add(findings, FINDING_SIGNED_FORM_INCONSISTENT, "%.256s is on no page", f->name);
		return;
	}
	ARRAY_GROW(places->items, places->count, places->cap);
	places->items[places->count++] = p;
}

static int by_page_and_left(const void *a, const void *b) {
	const struct place *x = a, *y = b;
	if (x->page != y->page) return x->page < y->page ? -1 : 1;
	if (x->box.x0 != y->box.x0) return x->box.x0 < y->box.x0 ? -1 : 1;
	return x->number - y->number;
}

/* An organisation's signature is to cover a third of the person's (Decree 30/2020, annex I, section II). */
static bool are_signatures(const struct place *a, const struct place *b) {
	return pdf_is_name(a->field->type, "Sig") && pdf_is_name(b->field->type, "Sig");
}

static void look_for_overlaps(struct places *places, struct finding_list *findings, unsigned *told) {
	uint64_t pairs = 0;
	if (places->count) qsort(places->items, places->count, sizeof *places->items, by_page_and_left);
	for (size_t i = 0; i < places->count; i++)
		for (size_t j = i + 1; j < places->count && *told < LIMIT_PDF_CHANGES; j++) {
			const struct place *a = &places->items[i], *b = &places->items[j];
			if (a->page != b->page || b->box.x0 > a->box.x1) break;
			if (++pairs > LIMIT_PDF_WIDGET_PAIRS) {
				finding_add(findings, FINDING_CONTENT_LOOKED_AT_IN_PART, "%s", "");
				return;
			}
			struct pdf_box both = pdf_box_common(&a->box, &b->box);
			if (both.x1 - both.x0 <= TOLERANCE || both.y1 - both.y0 <= TOLERANCE || are_signatures(a, b))
				continue;
			++*told;
			finding_add(findings, FINDING_SIGNED_FORM_INCONSISTENT, "%.256s and %.256s overlap on page %u",
				    a->field->name, b->field->name, (unsigned)a->page + 1);
		}
}

static void look_at_page(struct pdf_file *file, const struct pdf_trees *trees, const struct pdf_value *page, size_t number,
			 struct finding_list *findings, unsigned *told) {
	const struct pdf_value *annots = pdf_get(file, page, "Annots");
	for (size_t i = 0; annots->type == PDF_ARRAY && i < annots->array.count && *told < LIMIT_PDF_CHANGES; i++) {
		const struct pdf_value *item = &annots->array.items[i], *widget = pdf_resolve(file, item);
		if (!pdf_is_name(pdf_get(file, widget, "Subtype"), "Widget")) continue;
		if (item->type == PDF_REFERENCE && pdf_trees_field(trees, item->id)) continue;
		++*told;
		finding_add(findings, FINDING_SIGNED_FORM_INCONSISTENT, "widget %d on page %zu belongs to no field",
			    item->type == PDF_REFERENCE ? item->id.number : 0, number);
	}
}

/* ---- what fields show ---- */

static void drop_spaces(char *text) {
	char *to = text;
	for (const char *from = text; *from; from++)
		if (!strchr(" \t\r\n", *from)) *to++ = *from;
	*to = 0;
}

/* Entries that a field may have from those above it. */
static bool inherits(struct pdf_file *file, const struct pdf_trees *trees, const struct pdf_field *f, const char *key,
		     const struct pdf_value **value) {
	for (;; f = &trees->fields[f->parent]) {
		*value = pdf_get(file, f->value, key);
		if ((*value)->type != PDF_NULL) return true;
		if (f->parent < 0) return false;
	}
}

/* Passwords show stars, and a script may format what is shown. */
static bool shows_its_value(struct pdf_file *file, const struct pdf_trees *trees, const struct pdf_field *f) {
	const struct pdf_value *flags, *actions;
	if (inherits(file, trees, f, "Ff", &flags) && flags->type == PDF_INTEGER && flags->integer & 1 << 13) return false;
	return !inherits(file, trees, f, "AA", &actions) || !pdf_entry(actions, "F");
}

static void look_at_text(struct pdf_file *file, const struct pdf_trees *trees, const struct pdf_field *f,
			 const struct pdf_value *defaults, uint64_t *left, struct finding_list *findings, unsigned *told) {
	struct pdf_box box;
	struct buf shown = {0};
	const struct pdf_value *form = pdf_get(file, pdf_get(file, f->value, "AP"), "N");
	if (!pdf_is_name(f->type, "Tx") || f->signature->type != PDF_STRING || form->type != PDF_STREAM ||
	    !is_seen(file, f->value, &box) || !shows_its_value(file, trees, f))
		return;
	bool simple = pdf_shown_text(file, form, defaults, left, &shown);
	char *value = pdf_text_utf8(f->signature), *text = buf_take_text(&shown);
	for (const char *p = value; *p; p++) simple &= (unsigned char)*p < 0x7f;
	drop_spaces(value), drop_spaces(text);
	if (simple && *text && strcmp(value, text) != 0 && (*told)++ < LIMIT_PDF_CHANGES)
		finding_add(findings, FINDING_APPEARANCE_DIFFERS_FROM_VALUE, "%.256s", f->name);
	free(value), free(text);
}

void pdf_form_look(struct pdf_file *file, const struct pdf_value *root, const struct pdf_trees *trees,
		   const struct pdf_pages *pages, struct finding_list *findings) {
	const struct pdf_value *defaults = pdf_get(file, pdf_get(file, root, "AcroForm"), "DR");
	uint64_t left = LIMIT_PDF_SHOWN_ALL;
	unsigned texts = 0;
	struct places places = {0};
	unsigned told = 0;
	for (size_t i = 0; i < trees->field_count; i++)
		look_at_field(file, &trees->fields[i], pages, &places, findings, &told);
	for (size_t i = 0; i < pdf_pages_count(pages) && told < LIMIT_PDF_CHANGES; i++)
		look_at_page(file, trees, pdf_pages_item(pages, i)->value, i + 1, findings, &told);
	look_for_overlaps(&places, findings, &told);
	for (size_t i = 0; i < trees->field_count; i++)
		look_at_text(file, trees, &trees->fields[i], defaults, &left, findings, &texts);
	free(places.items);
}
