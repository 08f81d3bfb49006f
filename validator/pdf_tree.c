#include "validator/pdf_tree.h"

#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

struct step {
	const struct pdf_value *value; /* as it stands in its parent */
	int parent;
	unsigned depth;
};

struct walk {
	struct pdf_file *file;
	struct pdf_trees *trees;
	struct step *stack;
	size_t count, cap;
};

static void push(struct walk *w, const struct pdf_value *value, int parent, unsigned depth) {
	ARRAY_GROW(w->stack, w->count, w->cap);
	w->stack[w->count++] = (struct step){value, parent, depth};
}

/* Last first, so that they come off the stack in their order. */
static void push_all(struct walk *w, const struct pdf_value *array, int parent, unsigned depth) {
	for (size_t i = array->array.count; i-- > 0;) push(w, &array->array.items[i], parent, depth);
}

static bool add_role(struct pdf_trees *t, const struct pdf_value *reference) {
	return reference->type != PDF_REFERENCE || pdf_set_add(&t->roles, (uint64_t)reference->id.number, 0);
}

/* ---- pages ---- */

static void add_annotations(struct walk *w, const struct pdf_value *page) {
	const struct pdf_value *annots = pdf_get(w->file, page, "Annots");
	for (size_t i = 0; annots->type == PDF_ARRAY && i < annots->array.count; i++)
		add_role(w->trees, &annots->array.items[i]);
}

static void walk_pages(struct walk *w, const struct pdf_value *root) {
	struct pdf_trees *t = w->trees;
	const struct pdf_value *top = pdf_entry(root, "Pages");
	if (pdf_get(w->file, root, "Pages")->type != PDF_DICT) t->pages_broken = true;
	if (top) push(w, top, -1, 0);
	while (w->count) {
		struct step s = w->stack[--w->count];
		const struct pdf_value *node = pdf_resolve(w->file, s.value);
		if (node->type != PDF_DICT || !add_role(t, s.value)) continue;
		if (t->page_count == LIMIT_PDF_PAGES) {
			t->cut_short = true;
			w->count = 0;
			return;
		}
		const struct pdf_value *kids = pdf_get(w->file, node, "Kids");
		bool leaf = kids->type != PDF_ARRAY;
		ARRAY_GROW(t->pages, t->page_count, t->page_cap);
		t->pages[t->page_count++] = (struct pdf_page_node){
			s.value->type == PDF_REFERENCE ? s.value->id : (struct pdf_id){0, 0}, node, s.depth, leaf};
		if (leaf) continue;
		if (s.depth == LIMIT_PDF_PAGE_DEPTH || kids->array.count > 2 * LIMIT_PDF_PAGES)
			t->cut_short = true;
		else
			push_all(w, kids, 0, s.depth + 1);
	}
	for (size_t i = 0; i < t->page_count; i++)
		if (t->pages[i].leaf) add_annotations(w, t->pages[i].value);
}

/* ---- fields ---- */

static char *field_name(struct walk *w, const struct pdf_value *field, const struct pdf_field *parent) {
	if (!pdf_entry(field, "T")) return xstrdup(parent ? parent->name : "");
	char *partial = pdf_text_utf8(pdf_get(w->file, field, "T"));
	char *name = parent && *parent->name ? xasprintf("%s.%s", parent->name, partial) : xstrdup(partial);
	free(partial);
	if (strlen(name) > LIMIT_PDF_FIELD_NAME) {
		name[LIMIT_PDF_FIELD_NAME] = 0;
		w->trees->cut_short = true;
	}
	return name;
}

static void add_field(struct walk *w, const struct step *s, const struct pdf_value *value) {
	struct pdf_trees *t = w->trees;
	const struct pdf_field *parent = s->parent < 0 ? NULL : &t->fields[s->parent];
	bool typed = pdf_entry(value, "FT"), valued = pdf_entry(value, "V");
	struct pdf_field f = {
		.value = value,
		.parent = s->parent,
		.name = field_name(w, value, parent),
		.type = typed    ? pdf_get(w->file, value, "FT")
			: parent ? parent->type
				 : &pdf_null,
		.signature = valued   ? pdf_get(w->file, value, "V")
			     : parent ? parent->signature
				      : &pdf_null,
		.has_kids = pdf_get(w->file, value, "Kids")->type == PDF_ARRAY,
	};
	f.widget_only = parent && !typed && !valued && !f.has_kids && !pdf_entry(value, "T");
	if (s->value->type == PDF_REFERENCE) {
		f.id = s->value->id;
		pdf_set_add(&t->field_index, (uint64_t)f.id.number, (uint32_t)t->field_count);
		pdf_set_add(&t->roles, (uint64_t)f.id.number, 0);
	}
	ARRAY_GROW(t->fields, t->field_count, t->field_cap);
	t->fields[t->field_count++] = f;
}

static void walk_fields(struct walk *w, const struct pdf_value *root) {
	struct pdf_trees *t = w->trees;
	const struct pdf_value *form = pdf_get(w->file, root, "AcroForm"), *top = pdf_get(w->file, form, "Fields");
	if (top->type == PDF_ARRAY && top->array.count <= LIMIT_PDF_FIELDS)
		push_all(w, top, -1, 0);
	else if (pdf_entry(form, "Fields"))
		t->malformed_fields++;
	while (w->count) {
		struct step s = w->stack[--w->count];
		const struct pdf_value *value = pdf_resolve(w->file, s.value);
		bool again =
			s.value->type == PDF_REFERENCE && pdf_set_has(&t->field_index, (uint64_t)s.value->id.number);
		if (value->type != PDF_DICT || again || s.value->type != PDF_REFERENCE) t->malformed_fields++;
		if (value->type != PDF_DICT || again) continue;
		add_field(w, &s, value);
		const struct pdf_value *kids = pdf_get(w->file, value, "Kids");
		if (pdf_entry(value, "Kids") && kids->type != PDF_ARRAY) t->malformed_fields++;
		if (kids->type != PDF_ARRAY) continue;
		if (s.depth == LIMIT_PDF_FIELD_DEPTH ||
		    t->field_count + w->count + kids->array.count > LIMIT_PDF_FIELDS)
			t->cut_short = true;
		else
			push_all(w, kids, (int)t->field_count - 1, s.depth + 1);
	}
}

/* ---- structure ---- */

static void walk_tags(struct walk *w, const struct pdf_value *root) {
	struct pdf_trees *t = w->trees;
	struct pdf_set seen = {0}; /* an element may have been met as an annotation by a crafted file */
	const struct pdf_value *top = pdf_entry(root, "StructTreeRoot");
	if (top) push(w, top, 0, 0);
	while (w->count) {
		struct step s = w->stack[--w->count];
		if (s.value->type == PDF_REFERENCE && !pdf_set_add(&seen, (uint64_t)s.value->id.number, 0)) continue;
		const struct pdf_value *element = pdf_resolve(w->file, s.value);
		if (element->type != PDF_DICT) continue;
		add_role(t, s.value);
		const struct pdf_value *k = pdf_entry(element, "K"), *kids = pdf_resolve(w->file, k);
		if (w->count + (kids->type == PDF_ARRAY ? kids->array.count : 1) > LIMIT_PDF_OBJECTS)
			t->cut_short = true;
		else if (kids->type == PDF_ARRAY)
			push_all(w, kids, 0, 0);
		else if (k)
			push(w, k, 0, 0);
	}
	pdf_set_dispose(&seen);
}

void pdf_trees_read(struct pdf_file *file, const struct pdf_value *root, struct pdf_trees *trees) {
	*trees = (struct pdf_trees){0};
	struct walk w = {.file = file, .trees = trees};
	walk_pages(&w, root);
	walk_fields(&w, root);
	walk_tags(&w, root);
	if (root->id.number) pdf_set_add(&trees->roles, (uint64_t)root->id.number, 0);
	free(w.stack);
}

void pdf_trees_dispose(struct pdf_trees *trees) {
	for (size_t i = 0; i < trees->field_count; i++) free(trees->fields[i].name);
	free(trees->fields);
	free(trees->pages);
	pdf_set_dispose(&trees->field_index);
	pdf_set_dispose(&trees->roles);
	*trees = (struct pdf_trees){0};
}

const struct pdf_field *pdf_trees_field(const struct pdf_trees *trees, struct pdf_id id) {
	uint32_t index;
	return id.number && pdf_set_get(&trees->field_index, (uint64_t)id.number, &index) ? &trees->fields[index]
											  : NULL;
}
