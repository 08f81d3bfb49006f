/* The structure tree: it may follow annotations that came and went, and nothing else (rows 58 to 60). */
#include "validator/pdf_compare_parts.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

struct pair {
	const struct pdf_value *old, *new; /* elements, resolved */
};

struct walk {
	struct pdf_comparison *c;
	struct pair *stack;
	size_t count, cap;
	struct pdf_set seen; /* elements compared, by number in final */
};

struct kids {
	const struct pdf_value *items; /* unresolved */
	size_t count;
};

static struct kids kids_of(struct pdf_file *file, const struct pdf_value *element) {
	const struct pdf_value *k = pdf_entry(element, "K"), *resolved = pdf_resolve(file, k);
	if (!k) return (struct kids){NULL, 0};
	if (resolved->type == PDF_ARRAY) return (struct kids){resolved->array.items, resolved->array.count};
	return (struct kids){k, 1};
}

/* Every leaf below is a reference to an annotation of the set, and there is one. Recursion by depth, bounded. */
static bool only_annotations(struct pdf_comparison *c, struct pdf_file *file, const struct pdf_value *item,
			     const struct pdf_set *annotations, unsigned depth) {
	const struct pdf_value *v = pdf_resolve(file, item), *object = pdf_entry(v, "Obj");
	if (v->type != PDF_DICT || depth == LIMIT_PDF_TAG_DEPTH || c->equality.left == 0) return false;
	c->equality.left--;
	if (object && !pdf_entry(v, "S"))
		return object->type == PDF_REFERENCE && pdf_set_has(annotations, (uint64_t)object->id.number);
	struct kids k = kids_of(file, v);
	for (size_t i = 0; i < k.count; i++)
		if (!only_annotations(c, file, &k.items[i], annotations, depth + 1)) return false;
	return k.count > 0;
}

static bool matches(struct walk *w, const struct pdf_value *a, const struct pdf_value *b) {
	if (a->type == PDF_REFERENCE && b->type == PDF_REFERENCE) return a->id.number == b->id.number;
	return pdf_equal(&w->c->equality, a, b);
}

static void push(struct walk *w, const struct pdf_value *a, const struct pdf_value *b) {
	if (a->type != PDF_REFERENCE || b->type != PDF_REFERENCE || !pdf_set_add(&w->seen, (uint64_t)b->id.number, 0))
		return;
	ARRAY_GROW(w->stack, w->count, w->cap);
	w->stack[w->count++] = (struct pair){pdf_file_object(w->c->equality.base, a->id),
					     pdf_file_object(w->c->equality.final, b->id)};
}

static bool compare_kids(struct walk *w, const struct pdf_value *old, const struct pdf_value *new) {
	struct pdf_comparison *c = w->c;
	struct kids a = kids_of(c->equality.base, old), b = kids_of(c->equality.final, new);
	size_t i = 0, j = 0;
	while (i < a.count || j < b.count) {
		if (i < a.count && j < b.count && matches(w, &a.items[i], &b.items[j])) {
			push(w, &a.items[i++], &b.items[j++]);
		} else if (j < b.count &&
			   only_annotations(c, c->equality.final, &b.items[j], &c->added_annotations, 0)) {
			pdf_change_add(&c->changes, PDF_ROW_TAGS_FOLLOW, NULL, "added");
			j++;
		} else if (i < a.count &&
			   only_annotations(c, c->equality.base, &a.items[i], &c->removed_annotations, 0)) {
			pdf_change_add(&c->changes, PDF_ROW_TAGS_FOLLOW, NULL, "removed");
			i++;
		} else {
			return false;
		}
	}
	return true;
}

static void compare_element(struct walk *w, const struct pdf_value *old, const struct pdf_value *new, bool root) {
	static const char *const derived[] = {"ParentTree", "IDTree", "ParentTreeNextKey", NULL};
	struct pdf_comparison *c = w->c;
	if (old->type != PDF_DICT || new->type != PDF_DICT) {
		if (!pdf_equal(&c->equality, old, new))
			pdf_change_add(&c->changes, PDF_ROW_TAGS, NULL, "structure element");
		return;
	}
	struct pdf_key_walk k = {.a = old, .b = new};
	while (pdf_next_key(&k)) {
		if (!strcmp(k.key, "K") || (root && pdf_key_in(k.key, derived)) ||
		    pdf_equal(&c->equality, k.old, k.new))
			continue;
		pdf_change_add(&c->changes, PDF_ROW_TAGS, NULL, "structure %s %d /%.64s", root ? "root" : "element",
			       new->id.number, k.key);
	}
	if (!compare_kids(w, old, new))
		pdf_change_add(&c->changes, PDF_ROW_TAGS, NULL, "structure element %d /K", new->id.number);
}

void pdf_compare_tags(struct pdf_comparison *c) {
	const struct pdf_value *old = pdf_get(c->equality.base, c->base_root, "StructTreeRoot");
	const struct pdf_value *new = pdf_get(c->equality.final, c->final_root, "StructTreeRoot");
	if (old->type != new->type) {
		pdf_change_add(&c->changes, PDF_ROW_TAGS, NULL, "catalog /StructTreeRoot");
		return;
	}
	if (old->type == PDF_NULL) return;
	struct walk w = {.c = c};
	compare_element(&w, old, new, true);
	while (w.count) {
		struct pair p = w.stack[--w.count];
		compare_element(&w, p.old, p.new, false);
	}
	free(w.stack);
	pdf_set_dispose(&w.seen);
}
