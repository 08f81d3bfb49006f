/* The interactive form: fields by object number, each by its own rules (rows 23 to 47). */
#include "validator/pdf_compare_parts.h"
#include "validator/pdf_signature.h"

#include <stdlib.h>
#include <string.h>

#define FLAGS_OF_SIGHT 0x23 /* annotation flags Invisible, Hidden, NoView */

static const char *const looks[] = {"AP", NULL};
static const char *const values[] = {"V", "I", "RV", "AS", NULL};
static const char *const fill[] = {"DA", "Q", "M", "Ff", NULL};
static const char *const places[] = {"Rect", "MK", "BS", "Border", "C", "H", "OC", NULL};
static const char *const identity[] = {"Parent", "P", NULL};
static const char *const elsewhere[] = {"Kids", "StructParent", NULL};
static const char *const signing[] = {"AP", "AS", "F", "DA", "Q", "M", "Ff", "Type", NULL};

bool pdf_is_invisible(struct pdf_file *file, const struct pdf_value *widget) {
	const struct pdf_value *flags = pdf_get(file, widget, "F"), *rect = pdf_get(file, widget, "Rect");
	if (flags->type == PDF_INTEGER && flags->integer & 2) return true;
	if (rect->type != PDF_ARRAY || rect->array.count != 4) return true; /* nothing to draw in */
	double r[4];
	for (int i = 0; i < 4; i++) r[i] = pdf_number(pdf_resolve(file, &rect->array.items[i]));
	return r[0] == r[2] || r[1] == r[3];
}

static bool is_signature_field(const struct pdf_field *f) {
	return pdf_is_name(f->type, "Sig");
}

/* A signature's value must be an object of its own under a number that nothing used before. */
static bool takes_free_number(struct pdf_comparison *c, const struct pdf_field *f) {
	const struct pdf_value *v = pdf_entry(f->value, "V");
	return v && v->type == PDF_REFERENCE && pdf_file_object(c->equality.base, v->id)->type == PDF_NULL;
}

/* ---- new fields ---- */

static bool field_is_invisible(struct pdf_comparison *c, size_t index) {
	const struct pdf_trees *t = c->final_trees;
	if (!t->fields[index].has_kids) return pdf_is_invisible(c->equality.final, t->fields[index].value);
	bool widgets = false;
	for (size_t i = index + 1; i < t->field_count; i++) {
		if (t->fields[i].parent < (int)index) break; /* all that is below it comes right after it */
		if (t->fields[i].parent != (int)index || !t->fields[i].widget_only) continue;
		widgets = true;
		if (!pdf_is_invisible(c->equality.final, t->fields[i].value)) return false;
	}
	return widgets || pdf_is_invisible(c->equality.final, t->fields[index].value);
}

/* FNV-1a; the top bit is left for the set. */
static uint64_t hash_name(const char *name) {
	uint64_t h = 0xcbf29ce484222325U;
	for (; *name; name++) h = (h ^ (unsigned char)*name) * 0x100000001b3U;
	return h >> 1;
}

static bool name_is_taken(struct pdf_comparison *c, const struct pdf_field *f) {
	const struct pdf_trees *t = c->base_trees;
	for (size_t i = 0; i < t->field_count && !c->has_names; i++)
		if (!t->fields[i].widget_only) pdf_set_add(&c->base_names, hash_name(t->fields[i].name), 0);
	c->has_names = true;
	return pdf_set_has(&c->base_names, hash_name(f->name));
}

static void judge_new_field(struct pdf_comparison *c, size_t index) {
	const struct pdf_field *f = &c->final_trees->fields[index];
	struct pdf_file *final = c->equality.final;
	if (pdf_entry(f->value, "T") && name_is_taken(c, f))
		pdf_change_add(&c->changes, PDF_ROW_FIELDS_MALFORMED, f->name, "second field \"%s\"", f->name);
	if (!is_signature_field(f)) {
		bool group =
			f->has_kids && f->type->type == PDF_NULL; /* only holds others, which are judged themselves */
		if (!group) pdf_change_add(&c->changes, PDF_ROW_NEW_FIELD, f->name, "field \"%s\"", f->name);
		return;
	}
	enum pdf_row row = PDF_ROW_NEW_EMPTY_SIGNATURE;
	if (f->signature->type == PDF_DICT) {
		bool timestamp = pdf_signature_is_timestamp(final, f->signature);
		row = !field_is_invisible(c, index) ? PDF_ROW_NEW_VISIBLE_SIGNATURE
		      : timestamp                   ? PDF_ROW_NEW_TIMESTAMP
						    : PDF_ROW_NEW_SIGNATURE;
		if (pdf_entry(f->value, "V") && !takes_free_number(c, f))
			pdf_change_add(&c->changes, PDF_ROW_VALUE_MALFORMED, f->name, "field \"%s\" /V", f->name);
	}
	pdf_change_add(&c->changes, row, f->name, "field \"%s\"", f->name);
}

static void judge_added(struct pdf_comparison *c, size_t index) {
	const struct pdf_trees *t = c->final_trees;
	const struct pdf_field *f = &t->fields[index], *parent = f->parent < 0 ? NULL : &t->fields[f->parent];
	const struct pdf_field *old_parent = parent ? pdf_trees_field(c->base_trees, parent->id) : NULL;
	if (f->id.number) {
		pdf_set_add(&c->new_fields, (uint64_t)f->id.number, 0);
		if (old_parent && f->widget_only)
			pdf_change_add(&c->changes, PDF_ROW_WIDGETS, f->name, "field \"%s\"", f->name);
	}
	if (old_parent && !f->widget_only)
		pdf_change_add(&c->changes, old_parent->has_kids ? PDF_ROW_NEW_CHILD_FIELD : PDF_ROW_KIDS_GIVEN,
			       f->name, "field \"%s\"", f->name);
	else if (old_parent && !old_parent->has_kids)
		pdf_change_add(&c->changes, PDF_ROW_KIDS_GIVEN, f->name, "field \"%s\"", f->name);
	if (!old_parent && !f->widget_only) judge_new_field(c, index);
}

/* ---- fields that were there ---- */

struct pair {
	const struct pdf_field *old, *new;
	bool value_changed; /* of the field, whichever of its dictionaries holds the value */
};

static bool any_differs(struct pdf_comparison *c, const struct pair *p, const char *const *keys) {
	for (; *keys; keys++)
		if (!pdf_equal_entry(&c->equality, p->old->value, p->new->value, *keys)) return true;
	return false;
}

static int64_t flags_of(struct pdf_file *file, const struct pdf_value *widget) {
	const struct pdf_value *f = pdf_get(file, widget, "F");
	return f->type == PDF_INTEGER ? f->integer : 0;
}

static bool is_new_type(const struct pdf_key_walk *w) {
	return !strcmp(w->key, "Type") && !w->old && pdf_is_name(w->new, "Annot");
}

static enum pdf_row row_of_signed(const struct pdf_key_walk *w) {
	return !strcmp(w->key, "Ff") || is_new_type(w) ? PDF_ROW_SIGNED_FLAGS : PDF_ROW_SIGNED_FIELD;
}

static enum pdf_row row_of_other(struct pdf_comparison *c, const struct pair *p, const struct pdf_key_walk *w) {
	struct pdf_file *base = c->equality.base;
	if (pdf_key_in(w->key, values) || pdf_key_in(w->key, fill)) return PDF_ROW_FILLED;
	if (pdf_key_in(w->key, looks)) {
		const struct pdf_value *need =
			pdf_get(base, pdf_get(base, c->base_root, "AcroForm"), "NeedAppearances");
		if (p->value_changed) return PDF_ROW_FILLED;
		return need->type == PDF_BOOL && need->boolean ? PDF_ROW_LOOK_REGENERATED : PDF_ROW_LOOK_ONLY;
	}
	if (!strcmp(w->key, "F")) {
		int64_t toggled = flags_of(base, p->old->value) ^ flags_of(c->equality.final, p->new->value);
		return toggled & FLAGS_OF_SIGHT ? PDF_ROW_LOOK_ONLY : PDF_ROW_FILLED;
	}
	if (pdf_key_in(w->key, places)) return PDF_ROW_WIDGET_PLACE;
	return is_new_type(w) ? PDF_ROW_FIELD_TYPE_ADDED : PDF_ROW_FIELD_OTHER;
}

/* The row of an empty signature field that has its value now. */
static enum pdf_row row_of_signing(struct pdf_comparison *c, const struct pdf_field *new) {
	size_t index = (size_t)(new - c->final_trees->fields);
	bool timestamp = pdf_signature_is_timestamp(c->equality.final, new->signature);
	if (!timestamp) return PDF_ROW_SIGNED;
	return field_is_invisible(c, index) ? PDF_ROW_TIMESTAMPED : PDF_ROW_NEW_VISIBLE_SIGNATURE;
}

static void compare_field(struct pdf_comparison *c, const struct pair *p) {
	const struct pdf_field *old = p->old, *new = p->new;
	bool was_signed = is_signature_field(old) && old->signature->type == PDF_DICT;
	bool now_signed = is_signature_field(old) && !was_signed && new->signature->type == PDF_DICT;
	enum pdf_row signing_row = now_signed ? row_of_signing(c, new) : PDF_ROW_SIGNED;
	struct pdf_key_walk w = {.a = old->value, .b = new->value};
	if (now_signed && new->id.number) pdf_set_add(&c->signed_now, (uint64_t) new->id.number, 0);
	if (!pdf_entry(old->value, "Kids") && pdf_entry(new->value, "Kids"))
		pdf_change_add(&c->changes, PDF_ROW_KIDS_GIVEN, new->name, "field \"%s\" /Kids", new->name);
	while (pdf_next_key(&w)) {
		if (pdf_key_in(w.key, elsewhere) || pdf_equal_shown(&c->equality, &w)) continue;
		enum pdf_row row;
		if (pdf_key_in(w.key, identity))
			row = PDF_ROW_IDENTITY;
		else if (was_signed)
			row = row_of_signed(&w);
		else if (now_signed && !strcmp(w.key, "V"))
			row = takes_free_number(c, new) ? signing_row : PDF_ROW_VALUE_MALFORMED;
		else if (now_signed && pdf_key_in(w.key, signing) && w.new)
			row = signing_row == PDF_ROW_TIMESTAMPED ? signing_row : PDF_ROW_SIGNED_LOOK;
		else
			row = row_of_other(c, p, &w);
		pdf_change_add(&c->changes, row, new->name, "field \"%s\" /%.64s", new->name, w.key);
	}
}

static void judge_removed(struct pdf_comparison *c, const struct pdf_field *f) {
	if (f->id.number) pdf_set_add(&c->removed_annotations, (uint64_t)f->id.number, 0);
	bool widget = f->widget_only && !is_signature_field(f);
	pdf_change_add(&c->changes, widget ? PDF_ROW_WIDGETS : PDF_ROW_FIELD_REMOVED, f->name, "field \"%s\"", f->name);
}

static struct pdf_id parent_id(const struct pdf_trees *t, const struct pdf_field *f) {
	return f->parent < 0 ? (struct pdf_id){0, 0} : t->fields[f->parent].id;
}

/* A field written into its parent has no number to be known by, so it may not differ at all. */
static bool same_direct_field(struct pdf_comparison *c, const struct pdf_field *old) {
	const struct pdf_trees *t = c->final_trees;
	for (size_t i = 0; i < t->field_count && c->equality.left; i++, c->equality.left--)
		if (!t->fields[i].id.number && !strcmp(t->fields[i].name, old->name) &&
		    pdf_equal(&c->equality, old->value, t->fields[i].value))
			return true;
	return false;
}

static void compare_fields(struct pdf_comparison *c) {
	const struct pdf_trees *b = c->base_trees, *f = c->final_trees;
	bool *changed = xcalloc(b->field_count, sizeof *changed); /* the value of each, or of what it belongs to */
	for (size_t i = 0; i < b->field_count; i++) {
		const struct pdf_field *old = &b->fields[i];
		struct pair p = {old, pdf_trees_field(f, old->id), false};
		if (!p.new && old->id.number) judge_removed(c, old);
		if (!old->id.number && !same_direct_field(c, old))
			pdf_change_add(&c->changes, PDF_ROW_FIELDS_MALFORMED, old->name, "field \"%s\" without number",
				       old->name);
		if (!p.new) continue;
		if (!pdf_id_equal(parent_id(b, old), parent_id(f, p.new)))
			pdf_change_add(&c->changes, PDF_ROW_FIELD_REMOVED, old->name, "field \"%s\" moved", old->name);
		bool known = pdf_known_equal(&c->equality, old->id);
		changed[i] = (!known && any_differs(c, &p, values)) || (old->parent >= 0 && changed[old->parent]);
		p.value_changed = changed[i];
		if (!known) compare_field(c, &p);
	}
	free(changed);
	for (size_t i = 0; i < f->field_count; i++)
		if (!pdf_trees_field(b, f->fields[i].id) && f->fields[i].id.number) judge_added(c, i);
	if (f->malformed_fields > b->malformed_fields)
		pdf_change_add(&c->changes, PDF_ROW_FIELDS_MALFORMED, NULL, "form /Fields");
}

/* ---- the form itself ---- */

/* Two levels: categories, then names; a name may be added and may not change. */
static enum pdf_row row_of_resources(struct pdf_comparison *c, const struct pdf_value *old,
				     const struct pdf_value *new) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	struct pdf_key_walk category = {.a = pdf_resolve(base, old), .b = pdf_resolve(final, new)};
	if (new &&category.b->type != PDF_DICT) return PDF_ROW_RESOURCES_CHANGED;
	while (pdf_next_key(&category)) {
		if (!category.old || pdf_equal_drawn(&c->equality, category.old, category.new)) continue;
		struct pdf_key_walk name = {.a = pdf_resolve(base, category.old),
					    .b = pdf_resolve(final, category.new)};
		if (name.a->type != PDF_DICT || name.b->type != PDF_DICT) return PDF_ROW_RESOURCES_CHANGED;
		while (pdf_next_key(&name))
			if (name.old && !pdf_equal_drawn(&c->equality, name.old, name.new))
				return PDF_ROW_RESOURCES_CHANGED;
	}
	return PDF_ROW_RESOURCES_ADDED;
}

static enum pdf_row row_of_flags(struct pdf_comparison *c, const struct pdf_key_walk *w) {
	const struct pdf_value *old = pdf_resolve(c->equality.base, w->old),
			       *new = pdf_resolve(c->equality.final, w->new);
	int64_t before = old->type == PDF_INTEGER ? old->integer : 0,
		after = new->type == PDF_INTEGER ? new->integer : 0;
	return before & ~after ? PDF_ROW_SIG_FLAGS_CLEARED : PDF_ROW_SIG_FLAGS_SET;
}

void pdf_compare_form(struct pdf_comparison *c) {
	const struct pdf_value *old = pdf_get(c->equality.base, c->base_root, "AcroForm");
	const struct pdf_value *new = pdf_get(c->equality.final, c->final_root, "AcroForm");
	if (old->type == PDF_NULL && new->type == PDF_NULL) return;
	if (new->type != PDF_DICT) {
		pdf_change_add(&c->changes, PDF_ROW_FORM_REMOVED, NULL, "catalog /AcroForm");
		return;
	}
	if (old->type == PDF_NULL) pdf_change_add(&c->changes, PDF_ROW_FORM_ADDED, NULL, "catalog /AcroForm");
	struct pdf_key_walk w = {.a = old, .b = new};
	while (pdf_next_key(&w)) {
		if (!strcmp(w.key, "Fields") || pdf_equal_shown(&c->equality, &w)) continue;
		enum pdf_row row = PDF_ROW_FORM_OTHER;
		if (!strcmp(w.key, "SigFlags"))
			row = row_of_flags(c, &w);
		else if (!strcmp(w.key, "DA") || !strcmp(w.key, "Q"))
			row = PDF_ROW_FORM_DEFAULTS;
		else if (!strcmp(w.key, "NeedAppearances"))
			row = PDF_ROW_NEED_APPEARANCES;
		else if (!strcmp(w.key, "DR"))
			row = row_of_resources(c, w.old, w.new);
		pdf_change_add(&c->changes, row, NULL, "form /%.64s", w.key);
	}
	compare_fields(c);
}
