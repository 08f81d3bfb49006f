/* Pages and what is fastened to them (rows 48 to 57). */
#include "validator/pdf_compare_parts.h"

#include <stdlib.h>
#include <string.h>

/* Kinds that can cover or replace what a page shows. */
bool pdf_can_hide(struct pdf_file *file, const struct pdf_value *annotation) {
	static const char *const kinds[] = {"FreeText", "Stamp", "Redact",         "Square",    "Circle",
					    "Polygon",  "Ink",   "FileAttachment", "RichMedia", "Screen",
					    "3D",       "Movie", "Widget",         NULL};
	const struct pdf_value *kind = pdf_get(file, annotation, "Subtype");
	return kind->type == PDF_NAME && pdf_key_in(kind->text.data, kinds);
}

static enum pdf_row annotation_row(struct pdf_file *file, const struct pdf_value *annotation) {
	return pdf_can_hide(file, annotation) ? PDF_ROW_ANNOTATION_HIDING : PDF_ROW_ANNOTATION;
}

/* ---- annotations ---- */

struct list {
	const struct pdf_value *array; /* null when there is none */
	struct pdf_set numbers;
	size_t direct;
};

static void read_list(struct pdf_file *file, const struct pdf_value *page, struct list *l) {
	const struct pdf_value *array = pdf_get(file, page, "Annots");
	*l = (struct list){.array = array->type == PDF_ARRAY ? array : &pdf_null};
	for (size_t i = 0; l->array->type == PDF_ARRAY && i < array->array.count; i++) {
		if (array->array.items[i].type == PDF_REFERENCE)
			pdf_set_add(&l->numbers, (uint64_t)array->array.items[i].id.number, (uint32_t)i);
		else
			l->direct++;
	}
}

static size_t list_count(const struct list *l) {
	return l->array->type == PDF_ARRAY ? l->array->array.count : 0;
}

static void judge_added(struct pdf_comparison *c, size_t page, struct pdf_id id) {
	struct pdf_file *final = c->equality.final;
	const struct pdf_value *annotation = pdf_file_object(final, id);
	uint64_t number = (uint64_t)id.number;
	if (annotation->type == PDF_NULL) return;
	pdf_set_add(&c->added_annotations, number, 0);
	pdf_set_add(&c->looks, number, 0);
	if (pdf_set_has(&c->new_fields, number) || pdf_set_has(&c->signed_now, number)) return;
	const struct pdf_field *field = pdf_trees_field(c->final_trees, id);
	enum pdf_row row = annotation_row(final, annotation);
	if (field || pdf_is_name(pdf_get(final, annotation, "Subtype"), "Widget")) row = PDF_ROW_WIDGET_ATTACHED;
	pdf_change_add(&c->changes, row, field ? field->name : NULL, "page %zu, annotation %d", page, id.number);
}

static void judge_removed(struct pdf_comparison *c, size_t page, struct pdf_id id) {
	struct pdf_file *base = c->equality.base;
	const struct pdf_value *annotation = pdf_file_object(base, id);
	const struct pdf_field *field = pdf_trees_field(c->base_trees, id);
	if (annotation->type == PDF_NULL) return;
	pdf_set_add(&c->removed_annotations, (uint64_t)id.number, 0);
	enum pdf_row row = annotation_row(base, annotation);
	if (field)
		row = pdf_is_name(field->type, "Sig") ? PDF_ROW_SIGNATURE_WIDGET_REMOVED : PDF_ROW_WIDGETS;
	else if (pdf_is_name(pdf_get(base, annotation, "FT"), "Sig"))
		row = PDF_ROW_SIGNATURE_WIDGET_REMOVED;
	pdf_change_add(&c->changes, row, field ? field->name : NULL, "page %zu, annotation %d", page, id.number);
}

static bool looks_changed(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	static const char *const keys[] = {"Rect", "AP", "AS", "F", "Subtype"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!pdf_equal_entry(&c->equality, old, new, keys[i])) return true;
	return false;
}

static void compare_annotation(struct pdf_comparison *c, size_t page, struct pdf_id id) {
	static const char *const ignored[] = {"StructParent", NULL}, *const identity[] = {"P", "Parent", NULL};
	const struct pdf_value *old = pdf_file_object(c->equality.base, id),
			       *new = pdf_file_object(c->equality.final, id);
	if (pdf_known_equal(&c->equality, id)) return;
	if (looks_changed(c, old, new)) pdf_set_add(&c->looks, (uint64_t)id.number, 0);
	if (pdf_trees_field(c->base_trees, id) && pdf_trees_field(c->final_trees, id)) return; /* judged as a field */
	if (old->type == PDF_NULL && new->type != PDF_NULL) {
		pdf_change_add(&c->changes, PDF_ROW_ANNOTATION_DEFINED, NULL, "page %zu, annotation %d", page,
			       id.number);
		return;
	}
	if (old->type == PDF_DICT && new->type == PDF_NULL) {
		judge_removed(c, page, id);
		return;
	}
	enum pdf_row row = annotation_row(c->equality.final, new);
	if (old->type != PDF_DICT || new->type != PDF_DICT) {
		if (!pdf_equal(&c->equality, old, new))
			pdf_change_add(&c->changes, PDF_ROW_PAGE, NULL, "page %zu, annotation %d", page, id.number);
		return;
	}
	struct pdf_key_walk w = {.a = old, .b = new};
	while (pdf_next_key(&w)) {
		if (pdf_key_in(w.key, ignored) || pdf_equal_shown(&c->equality, &w)) continue;
		enum pdf_row this = !strcmp(w.key, "Subtype")     ? PDF_ROW_ANNOTATION_RETYPED
				    : pdf_key_in(w.key, identity) ? PDF_ROW_IDENTITY
								  : row;
		pdf_change_add(&c->changes, this, NULL, "page %zu, annotation %d /%.64s", page, id.number, w.key);
	}
}

/* Annotations written into the array itself have no identity but their order. */
static void compare_direct(struct pdf_comparison *c, size_t page, const struct list *old, const struct list *new) {
	size_t i = 0, j = 0;
	bool same = old->direct == new->direct;
	while (same && i < list_count(old) && j < list_count(new)) {
		const struct pdf_value *a = &old->array->array.items[i], *b = &new->array->array.items[j];
		if (a->type == PDF_REFERENCE)
			i++;
		else if (b->type == PDF_REFERENCE)
			j++;
		else {
			same = pdf_equal(&c->equality, a, b);
			i++;
			j++;
		}
	}
	if (!same)
		pdf_change_add(&c->changes, PDF_ROW_WIDGET_ATTACHED, NULL, "page %zu, annotations without number",
			       page);
}

static void compare_annotations(struct pdf_comparison *c, size_t page, const struct pdf_value *a,
				const struct pdf_value *b) {
	struct list old, new;
	size_t last = 0;
	bool ordered = true;
	read_list(c->equality.base, a, &old);
	read_list(c->equality.final, b, &new);
	for (size_t i = 0; i < list_count(&old); i++) {
		const struct pdf_value *item = &old.array->array.items[i];
		uint32_t at;
		if (item->type != PDF_REFERENCE) continue;
		if (!pdf_set_get(&new.numbers, (uint64_t)item->id.number, &at)) {
			judge_removed(c, page, item->id);
			continue;
		}
		ordered = ordered && at >= last;
		last = at;
		compare_annotation(c, page, item->id);
	}
	for (size_t i = 0; i < list_count(&new); i++) {
		const struct pdf_value *item = &new.array->array.items[i];
		if (item->type == PDF_REFERENCE && !pdf_set_has(&old.numbers, (uint64_t)item->id.number))
			judge_added(c, page, item->id);
	}
	compare_direct(c, page, &old, &new);
	if (!ordered) pdf_change_add(&c->changes, PDF_ROW_ANNOTATION, NULL, "page %zu, order of annotations", page);
	pdf_set_dispose(&old.numbers);
	pdf_set_dispose(&new.numbers);
}

/* ---- pages ---- */

static enum pdf_row row_of_tabs(const struct pdf_key_walk *w) {
	return !w->old && pdf_is_name(w->new, "S") ? PDF_ROW_TAB_ORDER_SET : PDF_ROW_TAB_ORDER;
}

static void compare_node(struct pdf_comparison *c, size_t page, const struct pdf_page_node *old,
			 const struct pdf_page_node *new) {
	static const char *const bookkeeping[] = {"StructParents", "LastModified", "Annots", NULL};
	struct pdf_key_walk w = {.a = old->value, .b = new->value};
	bool known =
		pdf_known_equal(&c->equality, old->id); /* but for its annotations, which are judged by themselves */
	while (!known && pdf_next_key(&w)) {
		if ((old->leaf && pdf_key_in(w.key, bookkeeping)) || !strcmp(w.key, "Kids")) continue;
		if (pdf_equal_shown(&c->equality, &w)) continue;
		enum pdf_row row = PDF_ROW_PAGE;
		if (!strcmp(w.key, "Count") || !strcmp(w.key, "Parent"))
			row = PDF_ROW_PAGE_TREE;
		else if (old->leaf && !strcmp(w.key, "Tabs"))
			row = row_of_tabs(&w);
		pdf_change_add(&c->changes, row, NULL, "page %zu /%.64s", page, w.key);
	}
	if (old->leaf) compare_annotations(c, page, old->value, new->value);
}

void pdf_compare_pages(struct pdf_comparison *c) {
	const struct pdf_trees *b = c->base_trees, *f = c->final_trees;
	size_t page = 0;
	bool same = b->page_count == f->page_count;
	for (size_t i = 0; i < b->page_count && i < f->page_count; i++) {
		const struct pdf_page_node *old = &b->pages[i], *new = &f->pages[i];
		page += old->leaf;
		same = same && pdf_id_equal(old->id, new->id) && old->depth == new->depth && old->leaf == new->leaf;
		if (!same) break;
		compare_node(c, page, old, new);
	}
	if (!same) pdf_change_add(&c->changes, PDF_ROW_PAGE_TREE, NULL, "page %zu", page ? page : 1);
}
