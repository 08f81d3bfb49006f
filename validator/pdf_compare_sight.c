/* What an update can hide. An annotation draws only inside its rectangle, so its place gives a sound upper bound; what
 * lies below it cannot be told without drawing the page. */
#include "validator/pdf_compare_parts.h"

#include "base/limits.h"
#include "validator/pdf_box.h"

#include <stdlib.h>
#include <string.h>

#define UNSEEN 0x22       /* annotation flags Hidden, NoView */
#define TOLERANCE 1.      /* points by which neighbours may overlap */
#define LARGE_PART (1. / 4) /* of a page */

struct sight {
	struct pdf_comparison *c;
	struct pdf_file *final;
	struct finding_list *findings;
	uint64_t pairs;
	unsigned told;
};

static bool is_seen(struct pdf_file *file, const struct pdf_value *annotation, struct pdf_box *box) {
	const struct pdf_value *flags = pdf_get(file, annotation, "F");
	if (flags->type == PDF_INTEGER && flags->integer & UNSEEN) return false;
	return pdf_box_read(file, pdf_get(file, annotation, "Rect"), box) && pdf_box_area(box) > 0;
}

/* The kinds that show nothing of their own, and a note's window. */
static bool shows_nothing(struct pdf_file *file, const struct pdf_value *annotation) {
	const struct pdf_value *kind = pdf_get(file, annotation, "Subtype");
	return pdf_is_name(kind, "Link") || pdf_is_name(kind, "Popup");
}

static const char *name_of(const struct sight *s, const struct pdf_value *annotation, struct pdf_id id) {
	const struct pdf_field *field = pdf_trees_field(s->c->final_trees, id);
	const struct pdf_value *kind = pdf_get(s->final, annotation, "Subtype");
	return field && *field->name ? field->name : kind->type == PDF_NAME ? kind->text.data : "annotation";
}

static bool is_signature(const struct sight *s, struct pdf_id id) {
	const struct pdf_field *field = pdf_trees_field(s->c->final_trees, id);
	return field && pdf_is_name(field->type, "Sig");
}

/* What was there when it was signed, or takes text now. An organisation's signature is to cover a third of the person's
 * (Decree 30/2020, annex I, section II), so signatures may. */
static bool counts_below(const struct sight *s, struct pdf_id above, struct pdf_id below) {
	const struct pdf_field *field = pdf_trees_field(s->c->final_trees, below);
	if (is_signature(s, above) && is_signature(s, below)) return false;
	return pdf_file_object(s->c->equality.base, below)->type == PDF_DICT ||
	       (field && (pdf_is_name(field->type, "Tx") || pdf_is_name(field->type, "Ch")));
}

static void look_below(struct sight *s, const struct pdf_value *annots, struct pdf_id id, const struct pdf_box *box,
		       const char *name, size_t page) {
	for (size_t i = 0; annots->type == PDF_ARRAY && i < annots->array.count && s->told < LIMIT_PDF_CHANGES; i++) {
		const struct pdf_value *item = &annots->array.items[i];
		struct pdf_box other;
		if (item->type != PDF_REFERENCE || pdf_id_equal(item->id, id)) continue;
		if (++s->pairs > LIMIT_PDF_WIDGET_PAIRS) return;
		const struct pdf_value *below = pdf_file_object(s->final, item->id);
		if (shows_nothing(s->final, below) || !is_seen(s->final, below, &other)) continue;
		struct pdf_box both = pdf_box_common(box, &other);
		if (both.x1 - both.x0 <= TOLERANCE || both.y1 - both.y0 <= TOLERANCE ||
		    !counts_below(s, id, item->id))
			continue;
		s->told++;
		finding_add(s->findings, FINDING_ANNOTATION_OVERLAPS, "%.256s and %.256s on page %zu", name,
			    name_of(s, below, item->id), page);
	}
}

static void look_at(struct sight *s, const struct pdf_page *page, size_t number, struct pdf_id id) {
	const struct pdf_value *annotation = pdf_file_object(s->final, id);
	struct pdf_box box;
	if (shows_nothing(s->final, annotation) || !is_seen(s->final, annotation, &box)) return;
	box = pdf_box_common(&box, &page->box);
	double share = pdf_box_area(&page->box) > 0 ? pdf_box_area(&box) / pdf_box_area(&page->box) : 0;
	const char *name = name_of(s, annotation, id);
	if (share <= 0) return;
	if (!pdf_trees_field(s->c->final_trees, id) && pdf_can_hide(s->final, annotation))
		finding_add(s->findings, FINDING_ANNOTATION_CAN_HIDE_CONTENT, "%.256s on page %zu", name, number);
	if (share > LARGE_PART)
		finding_add(s->findings, FINDING_ANNOTATION_COVERS_PAGE, "%.256s covers %d %% of page %zu", name,
			    (int)(share * 100), number);
	look_below(s, pdf_get(s->final, page->value, "Annots"), id, &box, name, number);
}

void pdf_compare_sight(struct pdf_comparison *c, struct finding_list *findings) {
	struct sight s = {.c = c, .final = c->equality.final, .findings = findings};
	struct pdf_pages *pages = pdf_pages_read(s.final, c->final_root);
	for (size_t i = 0; i < pdf_pages_count(pages); i++) {
		const struct pdf_page *page = pdf_pages_item(pages, i);
		const struct pdf_value *annots = pdf_get(s.final, page->value, "Annots");
		for (size_t k = 0; annots->type == PDF_ARRAY && k < annots->array.count; k++) {
			const struct pdf_value *item = &annots->array.items[k];
			if (s.told >= LIMIT_PDF_CHANGES || s.pairs > LIMIT_PDF_WIDGET_PAIRS) break;
			if (item->type == PDF_REFERENCE && pdf_set_has(&c->looks, (uint64_t)item->id.number))
				look_at(&s, page, i + 1, item->id);
		}
	}
	if (s.pairs > LIMIT_PDF_WIDGET_PAIRS) finding_add(findings, FINDING_CONTENT_LOOKED_AT_IN_PART, "%s", "");
	pdf_pages_free(pages);
}
