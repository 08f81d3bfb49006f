#include "validator/pdf_compare.h"

#include "base/limits.h"
#include "validator/pdf_compare_parts.h"
#include "validator/pdf_damage.h"
#include "validator/pdf_signature.h"

#include <stdlib.h>
#include <string.h>

bool pdf_next_key(struct pdf_key_walk *w) {
	size_t m = pdf_is_dict(w->a) ? w->a->dict.count : 0, n = pdf_is_dict(w->b) ? w->b->dict.count : 0;
	if (w->i == m && w->j == n) return false;
	int order = w->i == m   ? 1
		    : w->j == n ? -1
				: pdf_text_compare(w->a->dict.entries[w->i].key, w->b->dict.entries[w->j].key);
	w->key = order <= 0 ? w->a->dict.entries[w->i].key.data : w->b->dict.entries[w->j].key.data;
	w->old = order <= 0 ? &w->a->dict.entries[w->i++].value : NULL;
	w->new = order >= 0 ? &w->b->dict.entries[w->j++].value : NULL;
	return true;
}

bool pdf_key_in(const char *key, const char *const *list) {
	for (; *list; list++)
		if (!strcmp(key, *list)) return true;
	return false;
}

bool pdf_equal_shown(struct pdf_equality *e, const struct pdf_key_walk *w) {
	static const char *const drawn[] = {"Resources", "Contents", "Group",        "AP",  "MK",
					    "DR",        "OC",       "OCProperties", "XFA", NULL};
	return pdf_key_in(w->key, drawn) ? pdf_equal_drawn(e, w->old, w->new) : pdf_equal(e, w->old, w->new);
}

/* ---- catalog and trailer ---- */

static void compare_version(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	bool names = (old->type == PDF_NAME || old->type == PDF_NULL) && new->type == PDF_NAME;
	bool raised = names && (old->type == PDF_NULL || pdf_text_compare(old->text, new->text) <= 0);
	pdf_change_add(&c->changes, raised ? PDF_ROW_VERSION_RAISED : PDF_ROW_VERSION_LOWERED, NULL,
		       "catalog /Version");
}

/* One developer's declaration, or several in an array: every old one must still be there at its level or above. */
static bool extension_kept(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	if (old->type == PDF_ARRAY) {
		for (size_t i = 0; i < old->array.count && i < LIMIT_PDF_LOCKS; i++)
			if (!extension_kept(c, pdf_resolve(base, &old->array.items[i]), new)) return false;
		return old->array.count <= LIMIT_PDF_LOCKS;
	}
	size_t count = new->type == PDF_ARRAY ? new->array.count : 1;
	for (size_t i = 0; i < count && old->type == PDF_DICT; i++) {
		const struct pdf_value *n = new->type == PDF_ARRAY ? pdf_resolve(final, &new->array.items[i]) : new;
		const struct pdf_value *b0 = pdf_get(base, old, "BaseVersion"), *b1 = pdf_get(final, n, "BaseVersion");
		if (b0->type == PDF_NAME && b1->type == PDF_NAME && pdf_text_compare(b0->text, b1->text) <= 0 &&
		    pdf_number(pdf_get(base, old, "ExtensionLevel")) <= pdf_number(pdf_get(final, n, "ExtensionLevel")))
			return true;
	}
	return false;
}

static void compare_extensions(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	struct pdf_key_walk w = {.a = old, .b = new};
	bool good = old->type == PDF_NULL || old->type == PDF_DICT;
	while (good && pdf_next_key(&w)) {
		if (!w.old || pdf_equal(&c->equality, w.old, w.new)) continue;
		good = w.new &&extension_kept(c, pdf_resolve(c->equality.base, w.old),
					      pdf_resolve(c->equality.final, w.new));
	}
	good = good && new->type == PDF_DICT;
	pdf_change_add(&c->changes, good ? PDF_ROW_EXTENSION_ADDED : PDF_ROW_EXTENSION_LOWERED, NULL,
		       "catalog /Extensions");
}

static bool is_xmp(struct pdf_file *file, const struct pdf_value *stream) {
	unsigned char *data;
	size_t len;
	if (stream->type != PDF_STREAM || !pdf_file_stream(file, stream->id, true, &data, &len)) return false;
	bool xmp = pdf_is_plain_xmp(data, len);
	free(data);
	return xmp;
}

static void compare_metadata(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	bool good = (old->type == PDF_NULL || is_xmp(c->equality.base, old)) && is_xmp(c->equality.final, new);
	pdf_change_add(&c->changes, good ? PDF_ROW_METADATA_REPLACED : PDF_ROW_METADATA_BROKEN, NULL,
		       "catalog /Metadata");
}

static void compare_perms(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new) {
	struct pdf_key_walk w = {.a = old, .b = new};
	bool changed = new->type != PDF_DICT;
	while (pdf_next_key(&w))
		if (w.old && !pdf_equal(&c->equality, w.old, w.new)) changed = true;
	pdf_change_add(&c->changes, changed ? PDF_ROW_PERMS_CHANGED : PDF_ROW_PERMS_ADDED, NULL, "catalog /Perms");
}

static void compare_catalog(struct pdf_comparison *c) {
	static const char *const elsewhere[] = {"Pages", "AcroForm", "DSS", "StructTreeRoot", NULL};
	static const struct {
		const char *key;
		void (*compare)(struct pdf_comparison *c, const struct pdf_value *old, const struct pdf_value *new);
	} special[] = {{"Version", compare_version},
		       {"Extensions", compare_extensions},
		       {"Metadata", compare_metadata},
		       {"Perms", compare_perms}};
	struct pdf_key_walk w = {.a = c->base_root, .b = c->final_root};
	while (pdf_next_key(&w)) {
		if (pdf_key_in(w.key, elsewhere) || pdf_equal_shown(&c->equality, &w)) continue;
		size_t i = 0;
		while (i < ARRAY_LEN(special) && strcmp(special[i].key, w.key) != 0) i++;
		if (i < ARRAY_LEN(special))
			special[i].compare(c, pdf_resolve(c->equality.base, w.old),
					   pdf_resolve(c->equality.final, w.new));
		else if (!strcmp(w.key, "MarkInfo"))
			pdf_change_add(&c->changes, PDF_ROW_MARK_INFO, NULL, "catalog /MarkInfo");
		else
			pdf_change_add(&c->changes, PDF_ROW_CATALOG, NULL, "catalog /%.64s", w.key);
	}
}

static void compare_trailer(struct pdf_comparison *c) {
	struct pdf_file *base = c->equality.base, *final = c->equality.final;
	const struct pdf_value *old = pdf_file_trailer(base), *new = pdf_file_trailer(final);
	if (!pdf_equal_entry(&c->equality, old, new, "Encrypt"))
		pdf_change_add(&c->changes, PDF_ROW_ENCRYPTION, NULL, "trailer /Encrypt");
	const struct pdf_value *a = pdf_get(base, old, "ID"), *b = pdf_get(final, new, "ID");
	if (a->type == PDF_ARRAY && a->array.count &&
	    (b->type != PDF_ARRAY || !b->array.count ||
	     !pdf_equal(&c->equality, &a->array.items[0], &b->array.items[0])))
		pdf_change_add(&c->changes, PDF_ROW_FILE_ID, NULL, "trailer /ID");
}

/* ---- damage ---- */

/* Damage that the final document has and the signed one had not: objects that became null may hide anything. Where an
 * object cannot be found at all, other readers look for it in all of the file, and bytes that nothing leads to may be
 * what they show: there it does not help that the signed state had the same damage. */
static bool newly_damaged(struct pdf_file *base, struct pdf_file *final, const char **message) {
	const char *const *old, *const *new;
	size_t m = pdf_file_damage(base, &old), n = pdf_file_damage(final, &new);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < m && strcmp(old[k], new[i]) != 0) k++;
		if (k == m || pdf_damage_loses_object(new[i])) {
			*message = new[i];
			return true;
		}
	}
	return false;
}

static void compare_all(struct pdf_comparison *c) {
	compare_trailer(c);
	compare_catalog(c);
	pdf_compare_form(c); /* says which widgets are new, before the pages ask */
	pdf_compare_pages(c);
	pdf_compare_tags(c); /* follows the annotations */
	pdf_compare_store(c);
}

enum pdf_modification pdf_compare(const struct pdf_revision *base, const struct pdf_revision *final,
				  const struct pdf_found *signature, int certified, bool certifies, uint64_t *left,
				  struct finding_list *findings) {
	struct pdf_comparison c = {
		.equality = {.base = base->file,
			     .final = final->file,
			     .base_trees = base->trees,
			     .final_trees = final->trees,
			     .dirty = base->dirty,
			     .dirty_count = base->dirty_count,
			     .left = *left},
		.base_trees = base->trees,
		.final_trees = final->trees,
		.base_root = base->root,
		.final_root = final->root,
	};
	struct pdf_permission permission;
	const char *message = "";
	if (final->trees->pages_broken)
		pdf_change_add(&c.changes, PDF_ROW_UNRESOLVED, NULL, "catalog /Pages");
	else
		compare_all(&c);
	pdf_permission_read(base->file, signature->dict, signature->field_dict, certified, certifies, &permission);
	enum pdf_modification result = pdf_changes_judge(&c.changes, &permission, findings);
	if (c.equality.exhausted || base->trees->cut_short || final->trees->cut_short ||
	    pdf_file_exhausted(base->file) || pdf_file_exhausted(final->file)) {
		finding_add(findings, FINDING_COMPARISON_LIMIT, "%s", "");
		result = PDF_UNKNOWN;
	}
	if (result == PDF_PERMITTED && newly_damaged(base->file, final->file, &message)) {
		finding_add(findings, FINDING_REVISION_DAMAGED, "%s", message);
		result = PDF_UNKNOWN;
	}
	if (c.looks.used) pdf_compare_sight(&c, findings);
	pdf_permission_dispose(&permission);
	pdf_changes_dispose(&c.changes);
	*left = c.equality.left;
	pdf_equality_dispose(&c.equality);
	struct pdf_set *sets[] = {&c.new_fields, &c.base_names, &c.signed_now, &c.added_annotations,
				  &c.removed_annotations, &c.looks};
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) pdf_set_dispose(sets[i]);
	return result;
}
