/* The place of a document time-stamp: a signature field without anything to see, on the first page. */
#include "validator/extend_update.h"

#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the page ---- */

struct pages {
	struct pdf_file *file;
	size_t visited;
	struct pdf_id first;         /* of the leaves; number 0 none */
	const struct pdf_value *annots; /* of the first leaf, as it stands there */
	bool shared;                 /* another page has the same array */
	bool only_first;
};

static void visit_leaf(struct pages *p, struct pdf_id id, const struct pdf_value *page) {
	const struct pdf_value *annots = pdf_entry(page, "Annots");
	if (!p->first.number) {
		p->first = id;
		p->annots = annots;
	} else if (annots && p->annots && annots->type == PDF_REFERENCE && pdf_id_equal(annots->id, p->annots->id)) {
		p->shared = true;
	}
}

static void visit_pages(struct pages *p, const struct pdf_value *node, unsigned depth) {
	const struct pdf_value *value = pdf_resolve(p->file, node), *kids = pdf_get(p->file, value, "Kids");
	if (depth > LIMIT_PDF_PAGE_DEPTH || ++p->visited > LIMIT_PDF_PAGES || value->type != PDF_DICT) return;
	if (node->type == PDF_REFERENCE && kids->type != PDF_ARRAY) visit_leaf(p, node->id, value);
	for (size_t i = 0; kids->type == PDF_ARRAY && i < kids->array.count; i++) {
		/* Only an array of its own may be shared. */
		if (p->first.number && (!p->annots || p->annots->type != PDF_REFERENCE)) return;
		visit_pages(p, &kids->array.items[i], depth + 1);
	}
}

/* The first page, when its annotations can be added to; number 0: the widget is on none, which all readers take. */
static struct pdf_id page_for_widget(struct extend_update *u) {
	struct pages p = {.file = u->base.file};
	const struct pdf_value *tree = pdf_entry(pdf_file_object(u->base.file, u->root), "Pages");
	if (tree) visit_pages(&p, tree, 0);
	const struct pdf_value *annots = pdf_resolve(u->base.file, p.annots);
	if (p.shared || p.first.generation || (p.annots && annots->type != PDF_ARRAY)) return (struct pdf_id){0, 0};
	return p.first;
}

static void put_on_page(struct extend_update *u, struct pdf_id page, const char *reference) {
	struct extend_place annots = extend_in(&u->base, extend_at(&u->base, page), "Annots");
	if (extend_place_is_array(&annots)) {
		extend_append(annots, reference);
		return;
	}
	char *text = xasprintf("[%s]", reference);
	extend_put_entry(&u->base, extend_at(&u->base, page), "Annots", text);
	free(text);
}

/* ---- the form ---- */

static struct extend_place form_of(struct extend_update *u) {
	return extend_in(&u->base, extend_at(&u->base, u->root), "AcroForm");
}

static void put_in_form(struct extend_update *u, const char *reference) {
	struct extend_place fields = extend_in(&u->base, form_of(u), "Fields");
	if (extend_place_is_array(&fields)) {
		extend_append(fields, reference);
		return;
	}
	char *text = xasprintf("[%s]", reference);
	extend_put_entry(&u->base, form_of(u), "Fields", text);
	free(text);
}

/* Signatures exist, and nothing but appending is allowed (ISO 32000-2 Table 225). */
static void set_flags(struct extend_update *u) {
	const struct pdf_value *form = pdf_get(u->base.file, pdf_file_object(u->base.file, u->root), "AcroForm");
	const struct pdf_value *flags = pdf_get(u->base.file, form, "SigFlags");
	int64_t old = flags->type == PDF_INTEGER && flags->integer >= 0 && flags->integer < 256 ? flags->integer : 0;
	if ((old & 3) == 3) return;
	char text[24];
	snprintf(text, sizeof text, "%d", (int)(old | 3));
	extend_put_entry(&u->base, form_of(u), "SigFlags", text);
}

static bool good_form(struct extend_update *u) {
	const struct pdf_value *form = pdf_get(u->base.file, pdf_file_object(u->base.file, u->root), "AcroForm");
	const struct pdf_value *fields = pdf_get(u->base.file, form, "Fields");
	if (form->type == PDF_NULL) return true;
	return form->type == PDF_DICT && (fields->type == PDF_NULL || fields->type == PDF_ARRAY);
}

/* No field of the form's first level has this name, which has no dot. */
static bool is_free(struct extend_update *u, const char *name) {
	struct pdf_file *file = u->base.file;
	const struct pdf_value *form = pdf_get(file, pdf_file_object(file, u->root), "AcroForm");
	const struct pdf_value *fields = pdf_get(file, form, "Fields");
	bool taken = false;
	for (size_t i = 0; fields->type == PDF_ARRAY && i < fields->array.count && i < LIMIT_PDF_FIELDS && !taken; i++) {
		char *other = pdf_text_utf8(pdf_get(file, pdf_resolve(file, &fields->array.items[i]), "T"));
		taken = !strcmp(other, name);
		free(other);
	}
	return !taken;
}

static char *field_name(struct extend_update *u) {
	char *name = xasprintf("DocTimeStamp%llu", (unsigned long long)u->next);
	for (unsigned n = 2; !is_free(u, name) && n < 100; n++) {
		free(name);
		name = xasprintf("DocTimeStamp%llu-%u", (unsigned long long)u->next, n);
	}
	return name;
}

enum extend_refusal extend_put_stamp(struct extend_update *u) {
	char reference[24], on_page[32] = "";
	if (!good_form(u)) return EXTEND_FORM_MALFORMED;
	struct pdf_id page = page_for_widget(u);
	char *name = field_name(u);
	if (page.number) snprintf(on_page, sizeof on_page, "/P %d 0 R\n", page.number);
	/* 132: printed and locked, which PDF/A wants of every annotation. */
	char *text = xasprintf("<<\n/FT /Sig\n/T (%s)\n/V %llu 0 R\n/Type /Annot\n/Subtype /Widget\n/Rect [0 0 0 0]\n/F 132\n%s>>",
			       name, (unsigned long long)u->next + 1, on_page);
	snprintf(reference, sizeof reference, "%d 0 R", extend_new_object(u, EXTEND_BODY_TEXT, 0, text));
	extend_new_object(u, EXTEND_BODY_STAMP, 0, "");
	free(text);
	free(name);
	if (!form_of(u).object) {
		text = xasprintf("<</Fields [%s]/SigFlags 3>>", reference);
		extend_put_entry(&u->base, extend_at(&u->base, u->root), "AcroForm", text);
		free(text);
	} else {
		put_in_form(u, reference);
		set_flags(u);
	}
	if (page.number) put_on_page(u, page, reference);
	return u->base.failed ? EXTEND_FORM_MALFORMED : EXTEND_NONE;
}
