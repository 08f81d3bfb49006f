#include "validator/pdf_find.h"

#include "base/limits.h"
#include "validator/pdf_set.h"

#include <stdlib.h>
#include <string.h>

static uint64_t id_key(struct pdf_id id) {
	return (uint64_t)(uint32_t)id.number << 16 | (uint32_t)id.generation;
}

struct node { /* of a tree still to be visited */
	const struct pdf_value *value;
	struct pdf_id id;
	char *name;                               /* of the parent; NULL: none */
	const struct pdf_value *type, *signature; /* inherited FT and V, resolved */
	unsigned depth;
};

struct search {
	struct pdf_file *file;
	struct pdf_found_list *list;
	struct finding_list *findings;
	struct node *stack;
	size_t count, cap;
	struct pdf_set fields;     /* nodes visited */
	struct pdf_set signatures; /* indirect signature dictionaries already listed, with their index */
	size_t visited;
};

static bool is_signature_dict(const struct pdf_value *v) {
	if (v->type != PDF_DICT) return false;
	if (pdf_entry(v, "Contents") || pdf_entry(v, "ByteRange")) return true;
	/* Universal Signature Forgery wants "no signature" for an emptied dictionary. */
	const struct pdf_value *type = pdf_entry(v, "Type");
	return type && (pdf_is_name(type, "Sig") || pdf_is_name(type, "DocTimeStamp"));
}

static void found(struct search *s, const struct pdf_value *dict, const char *name, enum pdf_place place,
		  const struct pdf_value *field) {
	uint32_t index;
	if (dict->id.number && pdf_set_get(&s->signatures, id_key(dict->id), &index)) {
		const char *first = s->list->items[index].name;
		if (place == PDF_IN_FORM && s->findings)
			finding_add(s->findings, FINDING_SIGNATURE_SHARED_BY_FIELDS, "%s, %s", first, name);
		return;
	}
	if (s->list->count == LIMIT_SIGNATURES) {
		if (s->findings) finding_add(s->findings, FINDING_LIMIT_REACHED, "%d signatures", LIMIT_SIGNATURES);
		return;
	}
	if (dict->id.number) pdf_set_add(&s->signatures, id_key(dict->id), (uint32_t)s->list->count);
	ARRAY_GROW(s->list->items, s->list->count, s->list->cap);
	s->list->items[s->list->count++] = (struct pdf_found){
		.name = xstrdup(name),
		.place = place,
		.field = field ? field->id : (struct pdf_id){0, 0},
		.dict = dict,
		.field_dict = field,
	};
}

/* Kids are pushed last first so that the stack gives them in their order. */
static void push_kids(struct search *s, const struct pdf_value *kids, const struct node *parent) {
	if (kids->type != PDF_ARRAY) return;
	for (size_t i = kids->array.count; i-- > 0;) {
		const struct pdf_value *kid = &kids->array.items[i];
		if (s->visited + s->count >= LIMIT_PDF_FIELDS) {
			if (s->findings)
				finding_add(s->findings, FINDING_LIMIT_REACHED, "%d form fields", LIMIT_PDF_FIELDS);
			return;
		}
		ARRAY_GROW(s->stack, s->count, s->cap);
		struct node node = {.value = kid, .type = &pdf_null, .signature = &pdf_null};
		if (parent) {
			node = *parent;
			node.value = kid;
			node.name = xstrdup(parent->name);
			node.depth = parent->depth + 1;
		}
		s->stack[s->count++] = node;
	}
}

static char *full_name(const char *parent, const char *partial) {
	char *name = !parent || !*parent ? xstrdup(partial)
		     : *partial          ? xasprintf("%s.%s", parent, partial)
					 : xstrdup(parent);
	if (strlen(name) > LIMIT_PDF_FIELD_NAME) name[LIMIT_PDF_FIELD_NAME] = 0;
	return name;
}

static void visit_field(struct search *s, struct node *n) {
	const struct pdf_value *field = pdf_resolve(s->file, n->value);
	if (field->type != PDF_DICT) return;
	if (n->value->type == PDF_REFERENCE && !pdf_set_add(&s->fields, id_key(n->value->id), 0)) return;
	s->visited++;
	char *partial = pdf_text_utf8(pdf_get(s->file, field, "T"));
	char *name = full_name(n->name, partial);
	bool named = pdf_entry(field, "T"), typed = pdf_entry(field, "FT"), valued = pdf_entry(field, "V");
	if (typed) n->type = pdf_get(s->file, field, "FT");
	if (valued) n->signature = pdf_get(s->file, field, "V");
	const struct pdf_value *kids = pdf_get(s->file, field, "Kids");
	bool is_field = named || typed || valued || kids->type == PDF_ARRAY;
	/* A kid that only inherits its parent's value is the same signature under no name of its own. */
	bool known = !valued && n->signature->id.number && pdf_set_has(&s->signatures, id_key(n->signature->id));
	if (is_field && !known && pdf_is_name(n->type, "Sig") && is_signature_dict(n->signature))
		found(s, n->signature, name, PDF_IN_FORM, field);
	if (n->depth < LIMIT_PDF_FIELD_DEPTH) {
		free(n->name);
		n->name = name;
		name = NULL;
		push_kids(s, kids, n);
	}
	free(name);
	free(partial);
}

static void search_form(struct search *s, const struct pdf_value *root) {
	const struct pdf_value *form = pdf_get(s->file, root, "AcroForm");
	push_kids(s, pdf_get(s->file, form, "Fields"), NULL);
	while (s->count) {
		struct node n = s->stack[--s->count];
		visit_field(s, &n);
		free(n.name);
	}
}

/* A widget with a signature that no field leads to. */
static void visit_annotations(struct search *s, const struct pdf_value *annots) {
	if (annots->type != PDF_ARRAY) return;
	for (size_t i = 0; i < annots->array.count && s->visited < LIMIT_PDF_FIELDS; i++) {
		const struct pdf_value *item = &annots->array.items[i];
		if (item->type == PDF_REFERENCE && pdf_set_has(&s->fields, id_key(item->id))) continue;
		const struct pdf_value *widget = pdf_resolve(s->file, item);
		s->visited++;
		if (widget->type != PDF_DICT || !pdf_is_name(pdf_get(s->file, widget, "FT"), "Sig")) continue;
		const struct pdf_value *v = pdf_get(s->file, widget, "V");
		if (!is_signature_dict(v) || (v->id.number && pdf_set_has(&s->signatures, id_key(v->id)))) continue;
		char *name = pdf_text_utf8(pdf_get(s->file, widget, "T"));
		found(s, v, name, PDF_ON_PAGE, widget);
		free(name);
	}
}

static void search_pages(struct search *s, const struct pdf_value *root) {
	struct pdf_set seen = {0};
	const struct pdf_value *tree = pdf_entry(root, "Pages");
	size_t pages = 0;
	ARRAY_GROW(s->stack, s->count, s->cap);
	s->stack[s->count++] = (struct node){.value = tree ? tree : &pdf_null};
	while (s->count) {
		struct node n = s->stack[--s->count];
		if (n.value->type == PDF_REFERENCE && !pdf_set_add(&seen, id_key(n.value->id), 0)) continue;
		const struct pdf_value *node = pdf_resolve(s->file, n.value), *kids = pdf_get(s->file, node, "Kids");
		visit_annotations(s, pdf_get(s->file, node, "Annots"));
		if (kids->type != PDF_ARRAY || n.depth == LIMIT_PDF_PAGE_DEPTH) continue;
		for (size_t i = kids->array.count; i-- > 0 && pages < LIMIT_PDF_PAGES; pages++) {
			ARRAY_GROW(s->stack, s->count, s->cap);
			s->stack[s->count++] = (struct node){.value = &kids->array.items[i], .depth = n.depth + 1};
		}
	}
	pdf_set_dispose(&seen);
}

static void search_perms(struct search *s, const struct pdf_value *root) {
	const struct pdf_value *perms = pdf_get(s->file, root, "Perms");
	const struct pdf_value *v = pdf_get(s->file, perms, "DocMDP");
	if (is_signature_dict(v) && !(v->id.number && pdf_set_has(&s->signatures, id_key(v->id))))
		found(s, v, "DocMDP", PDF_IN_PERMS, NULL);
	if (s->findings && is_signature_dict(pdf_get(s->file, perms, "UR3")))
		finding_add(s->findings, FINDING_USAGE_RIGHTS, "%s", "");
}

void pdf_find_signatures(struct pdf_file *file, const struct pdf_value *root, bool pages, struct pdf_found_list *list,
			 struct finding_list *findings) {
	struct search s = {.file = file, .list = list, .findings = findings};
	search_form(&s, root);
	if (pages) search_pages(&s, root);
	search_perms(&s, root);
	free(s.stack);
	pdf_set_dispose(&s.fields);
	pdf_set_dispose(&s.signatures);
}

void pdf_found_list_dispose(struct pdf_found_list *list) {
	for (size_t i = 0; i < list->count; i++) free(list->items[i].name);
	free(list->items);
	*list = (struct pdf_found_list){0};
}

const struct pdf_value *pdf_find_root(struct pdf_file *file) {
	return pdf_get(file, pdf_file_trailer(file), "Root");
}
