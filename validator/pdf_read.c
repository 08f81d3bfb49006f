/* One document: open it, find its signatures, judge each on its own prefix (docs/pdf-changes.md). */
#include "validator/pdf.h"

#include "base/limits.h"
#include "validator/pdf_chain.h"
#include "validator/pdf_content.h"
#include "validator/pdf_lenient.h"
#include "validator/pdf_read_parts.h"

#include <stdlib.h>
#include <string.h>

static size_t header_offset(const unsigned char *data, size_t len) {
	const unsigned char *p = memmem(data, len < 1024 ? len : 1024, "%PDF-", 5);
	return p ? (size_t)(p - data) : SIZE_MAX;
}

bool pdf_recognise(const unsigned char *data, size_t len) {
	return header_offset(data, len) != SIZE_MAX;
}

/* ---- judging ---- */

static bool only_space_after(const struct reading *r, uint64_t end) {
	for (uint64_t i = end; i < r->len; i++)
		if (!memchr(" \t\r\n\f", r->data[i], 6)) return false;
	return true;
}

/* For documents that cannot be opened for want of a password: the prefix at least ends as a document does. */
static bool ends_like_document(const struct reading *r, uint64_t end) {
	uint64_t tail = end > 1054 ? 1054 : end;
	return memmem(r->data + end - tail, tail, "startxref", 9) != NULL;
}

/* The document's certification: the first signature, when it has a DocMDP transform; NULL when none. Timestamps before
 * it do not count, nor does what covers no revision: a forged entry could lift the certification. Signatures are judged
 * in their order, so all that can come before the one in hand have their coverage. */
static const struct pdf_signature *certification(const struct reading *r) {
	for (size_t i = 0; i < r->count; i++) {
		const struct pdf_signature *s = &r->entries[i].signature;
		if (s->kind == PDF_DOCUMENT_TIMESTAMP || s->coverage == PDF_PARTIAL) continue;
		return s->docmdp ? s : NULL;
	}
	return NULL;
}

static void tell_certifications(struct reading *r) {
	const struct pdf_signature *first = certification(r);
	for (size_t i = 0; i < r->count; i++) {
		struct pdf_signature *s = &r->entries[i].signature;
		if (!s->docmdp || s == first) continue;
		finding_add(&s->findings, first ? FINDING_SEVERAL_CERTIFICATIONS : FINDING_CERTIFICATION_NOT_FIRST,
			    "P=%d", s->docmdp);
	}
}

/* What is made of the final document once for all its signatures. Gives the map of what may differ from this prefix, or
 * NULL when all has to be looked at. */
static unsigned char *prepare(struct reading *r, const struct prefix *p) {
	if (!r->has_trees) pdf_trees_read(r->final, r->root, &r->trees);
	r->has_trees = true;
	if (!p->touched || ++r->compared < 2) return NULL;
	if (!r->has_reach && r->compared == 2)
		r->has_reach = pdf_reach_build(r->final, &r->trees.roles, r->reuse.xref->count, &r->reach);
	return r->has_reach ? pdf_reach_dirty(&r->reach, p->touched, p->touched_count) : NULL;
}

static enum pdf_modification compare_with(struct reading *r, struct entry *e, const struct prefix *p,
					  struct finding_list *findings) {
	const struct pdf_signature *s = &e->signature, *first = certification(r);
	struct pdf_found wanted = e->found;
	wanted.name = s->name;
	const struct pdf_found *in_base = reading_find_in(p, r->final, &wanted);
	if (!in_base) return PDF_UNKNOWN;
	struct pdf_trees trees;
	unsigned char *dirty = prepare(r, p);
	pdf_trees_read(p->file, p->root, &trees);
	struct pdf_revision base = {p->file, p->root, &trees, dirty, p->touched_count};
	struct pdf_revision final = {.file = r->final, .root = r->root, .trees = &r->trees};
	int certified = first && first->end <= s->end ? first->docmdp : 0;
	enum pdf_modification result =
		pdf_compare(&base, &final, in_base, certified, s == first, &r->values_left, findings);
	pdf_trees_dispose(&trees);
	free(dirty);
	return result;
}

static void compare(struct reading *r, struct entry *e, const struct prefix *p) {
	struct pdf_signature *s = &e->signature;
	struct finding_list findings = {0};
	/* Without pages there is nothing that could be called removed or changed (a broken chain of sections, say). */
	if (r->locked || !r->final || !p->file || pdf_get(r->final, r->root, "Pages")->type != PDF_DICT) {
		s->modification = PDF_UNKNOWN;
		return;
	}
	if (e->lost) {
		finding_add(&s->findings, FINDING_SIGNATURE_REMOVED, "%s", "");
		s->modification = PDF_FORBIDDEN;
		return;
	}
	s->modification = compare_with(r, e, p, &findings);
	if (s->modification == PDF_UNKNOWN && p->touched) {
		/* Damage that both states have is known only when both were read by themselves. */
		struct prefix own;
		finding_list_dispose(&findings);
		reading_open_prefix(r, s->end, false, &own);
		s->modification = compare_with(r, e, &own, &findings);
		reading_close_prefix(r, &own);
	}
	finding_append(&s->findings, &findings);
	finding_list_dispose(&findings);
	/* What repairs made of the file is one reading of it; it can convict, but not acquit. */
	if (r->recovered && s->modification == PDF_PERMITTED) s->modification = PDF_UNKNOWN;
}

static void judge(struct reading *r, struct entry *e, const struct prefix *p) {
	struct pdf_signature *s = &e->signature;
	if (!s->ranges_usable || !e->strict) return; /* partial and forbidden, as it is from the start */
	const struct pdf_found *in_base = NULL;
	struct pdf_found wanted = e->found;
	wanted.name = s->name;
	if (p->file && r->final && e->found.place != PDF_IN_BYTES && !e->lost) in_base = reading_find_in(p, r->final, &wanted);
	bool whole = s->end == r->len;
	bool complete = in_base || (e->lost && p->file) || (r->locked && ends_like_document(r, s->end));
	if (!whole && !complete) {
		finding_add(&s->findings, FINDING_REVISION_INCOMPLETE, "%s", "");
		return;
	}
	s->coverage = whole ? PDF_WHOLE_FILE : PDF_WHOLE_REVISION;
	if (only_space_after(r, s->end))
		s->modification = PDF_UNMODIFIED;
	else
		compare(r, e, p);
	if (s->modification == PDF_UNKNOWN) finding_add(&s->findings, FINDING_CHANGES_UNKNOWN, "%s", "");
}

static int by_end(const void *a, const void *b) {
	const struct pdf_signature *x = &((const struct entry *)a)->signature,
				   *y = &((const struct entry *)b)->signature;
	if (x->end != y->end) return x->end < y->end ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The share of work of one document is used up. */
static void give_up(struct pdf_signature *s) {
	finding_add(&s->findings, FINDING_COMPARISON_LIMIT, "%s", "");
	s->modification = PDF_UNKNOWN;
}

/* Every prefix has its cross-reference data read, twice: a thousand signatures on a large document would take minutes.
 */
static void charge_for_opening(struct reading *r) {
	uint64_t cost = r->reuse.final ? r->reuse.xref->count : r->len / 64;
	r->values_left -= cost < r->values_left ? cost : r->values_left;
}

static void judge_all(struct reading *r) {
	struct prefix p = {0};
	if (r->count) qsort(r->entries, r->count, sizeof *r->entries, by_end);
	for (size_t i = 0; i < r->count; i++) {
		uint64_t end = r->entries[i].signature.end;
		if (end == 0) continue;
		if (p.end != end) {
			reading_close_prefix(r, &p);
			if (end != r->len && (!r->values_left || !r->objects_left)) {
				give_up(&r->entries[i].signature);
				continue;
			}
			reading_open_prefix(r, end, true, &p);
			charge_for_opening(r);
			if (p.file) pdf_evidence_mark(p.file, p.root, end, r->len, &r->values_left, r->document);
		}
		judge(r, &r->entries[i], &p);
	}
	reading_close_prefix(r, &p);
	tell_certifications(r);
}

/* What a reader sees of the signatures, and where copies have their block, in the document as it is now. */
static void look_at_signatures(struct reading *r, const struct pdf_pages *pages) {
	struct pdf_fonts *fonts = pdf_fonts_new(r->final);
	struct pdf_budget budget = pdf_budget_new();
	pdf_copy_of_page(fonts, pages, &r->document->first_page);
	for (size_t i = 0; i < r->count; i++) {
		struct pdf_signature *s = &r->entries[i].signature;
		if (s->in_form && r->entries[i].found.field_dict)
			pdf_appearance_read(fonts, &budget, pages, r->entries[i].found.field_dict, &s->appearance);
	}
	pdf_fonts_free(fonts);
}

/* Whether the updates were made on top of what was signed, and what was updated before. */
static void look_at_updates(struct reading *r) {
	struct pdf_chain chain;
	size_t before = r->count ? pdf_chain_updates(r->data, r->entries[0].signature.end) : 0;
	if (before)
		finding_add(&r->entries[0].signature.findings, FINDING_REVISIONS_BEFORE_SIGNING, "%zu", before);
	for (size_t i = 0; i < r->count; i++) {
		struct pdf_signature *s = &r->entries[i].signature;
		if (s->coverage != PDF_PARTIAL && !pdf_ends_with_marker(r->data, s->end))
			finding_add(&s->findings, FINDING_END_MARKER_MISSING, "%s", "");
	}
	if (r->recovered || r->locked || !pdf_chain_read(r->data, r->len, &chain)) return;
	for (size_t i = 0; i < r->count; i++) {
		struct pdf_signature *s = &r->entries[i].signature;
		if (s->coverage == PDF_WHOLE_REVISION && !pdf_chain_passes(&chain, r->data, s->end))
			finding_add(&s->findings, FINDING_XREF_CHAIN_SKIPS_REVISION, "%s", "");
	}
	pdf_chain_dispose(&chain);
}

static void look_at_all(struct reading *r) {
	look_at_updates(r);
	if (!r->final || !r->count) return;
	struct pdf_pages *pages = pdf_pages_read(r->final, r->root);
	look_at_signatures(r, pages);
	if (!r->has_trees) pdf_trees_read(r->final, r->root, &r->trees);
	r->has_trees = true;
	pdf_form_look(r->final, r->root, &r->trees, pages, &r->document->findings);
	pdf_pages_free(pages);
	bool exhausted = pdf_file_exhausted(r->final);
	if (exhausted) finding_add(&r->document->findings, FINDING_LIMIT_REACHED, "objects read");
	if (!exhausted)
		pdf_content_look(r->final, r->root, r->data, r->len, r->reuse.xref, &r->document->findings);
	if (!r->recovered) pdf_lenient_look(r->final, r->data, r->len, &r->document->findings);
}

/* ---- the document ---- */

static void open_final(struct reading *r) {
	enum pdf_open_result result = reading_open_file(r, r->len, &r->final);
	if (result == PDF_UNREADABLE) {
		r->recovered = true;
		finding_add(&r->document->findings, FINDING_DOCUMENT_DAMAGED, "%s", "");
		result = pdf_file_open(r->data, r->len, true, r->password, &r->final);
	}
	if (r->final) pdf_file_limit(r->final, &r->objects_left);
	if (r->final && !r->recovered) pdf_reuse_begin(r->final, &r->reuse);
	r->locked = result == PDF_NEEDS_PASSWORD || result == PDF_UNKNOWN_ENCRYPTION;
	r->document->encrypted = r->locked || (r->final && pdf_file_encrypted(r->final));
	r->root = r->final ? pdf_find_root(r->final) : &pdf_null;
	if (r->final && !pdf_entry(pdf_file_trailer(r->final), "Root")) {
		/* Some viewers fall back to an older trailer's catalog, so an update without one is judged by that. */
		finding_add(&r->document->findings, FINDING_DOCUMENT_DAMAGED, "the trailer names no catalog");
		r->root = pdf_file_object(r->final, pdf_find_raw_root(r->data, r->len));
		r->recovered = true;
		r->reuse = (struct pdf_reuse){0};
	}
	if (r->document->encrypted) finding_add(&r->document->findings, FINDING_ENCRYPTED, "%s", "");
	if (result == PDF_NEEDS_PASSWORD)
		finding_add(&r->document->findings,
			    r->password ? FINDING_PASSWORD_WRONG : FINDING_PASSWORD_NEEDED, "%s", "");
	if (result == PDF_UNKNOWN_ENCRYPTION)
		finding_add(&r->document->findings, FINDING_ENCRYPTION_UNKNOWN, "%s", "");
}

static void read_version(struct reading *r) {
	size_t at = header_offset(r->data, r->len);
	char text[8] = "";
	for (size_t i = 0; at != SIZE_MAX && i < 3 && at + 5 + i < r->len; i++) {
		char c = (char)r->data[at + 5 + i];
		if (!memchr("0123456789.", c, 11)) break;
		text[i] = c;
	}
	if (at != 0) finding_add(&r->document->findings, FINDING_JUNK_BEFORE_HEADER, "%s", "");
	r->document->version = xstrdup(text);
	if (!r->final) return;
	const struct pdf_value *later = pdf_get(r->final, r->root, "Version");
	if (later->type != PDF_NAME || later->text.len != 3 || strcmp(later->text.data, text) <= 0) return;
	free(r->document->version);
	r->document->version = pdf_text_utf8(later);
}

void pdf_read(const unsigned char *data, size_t len, struct pdf_document *document) {
	pdf_read_locked(data, len, NULL, document);
}

static void read_document(const unsigned char *data, size_t len, const char *password, bool *doubt,
			  struct pdf_document *document) {
	struct reading r = {.data = data,
			    .len = len,
			    .password = password,
			    .document = document,
			    .doubt = doubt,
			    .objects_left = LIMIT_PDF_OBJECTS_READ,
			    .values_left = LIMIT_PDF_COMPARED};
	*document = (struct pdf_document){0};
	open_final(&r);
	read_version(&r);
	reading_find_all(&r);
	if (r.final) pdf_evidence_read(r.final, r.root, len, document);
	judge_all(&r);
	look_at_all(&r);
	document->signatures = xcalloc(r.count, sizeof *document->signatures);
	for (size_t i = 0; i < r.count; i++) document->signatures[i] = r.entries[i].signature;
	document->signature_count = r.count;
	pdf_signatures_name(document);
	free(r.entries);
	pdf_found_list_dispose(&r.signatures);
	pdf_arena_dispose(&r.arena);
	pdf_trees_dispose(&r.trees);
	pdf_reach_dispose(&r.reach);
	pdf_file_close(r.final);
}

void pdf_read_locked(const unsigned char *data, size_t len, const char *password, struct pdf_document *document) {
	bool doubt = false;
	read_document(data, len, password, &doubt, document);
	if (!doubt) return;
	pdf_document_dispose(document);
	read_document(data, len, password, NULL, document);
}
