#include "validator/asic.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER "META-INF/"

static bool ends_with(const char *text, const char *end) {
	size_t len = strlen(text), end_len = strlen(end);
	return len >= end_len && !strcasecmp(text + len - end_len, end);
}

/* EN 319 162-1 4.3.3 and 4.4.3; the parts of names that it leaves open are open here. */
static enum asic_role role_of(const char *name) {
	if (!strcmp(name, "mimetype")) return ASIC_MIMETYPE;
	if (strncmp(name, FOLDER, strlen(FOLDER))) return ASIC_DATA;
	name += strlen(FOLDER);
	if (ends_with(name, ".p7s")) return ASIC_CADES;
	if (ends_with(name, ".tst")) return ASIC_TIMESTAMP;
	if (ends_with(name, ".ers")) return ASIC_EVIDENCE_RECORD;
	if (!ends_with(name, ".xml")) return ASIC_OTHER;
	if (!strncasecmp(name, "ASiC", 4) && strcasestr(name, "manifest")) return ASIC_MANIFEST;
	if (strcasestr(name, "evidencerecord")) return ASIC_XML_EVIDENCE_RECORD;
	return strcasestr(name, "signature") ? ASIC_XADES : ASIC_OTHER;
}

static void check_mimetype(struct asic *a, struct finding_list *findings) {
	static const char simple[] = "application/vnd.etsi.asic-s+zip", extended[] = "application/vnd.etsi.asic-e+zip";
	const struct zip_member *m = zip_find(&a->zip, "mimetype");
	const char *what = !m ? "there is none" : !m->stored_first ? "it is not the first, uncompressed member" : NULL;
	size_t len = m ? m->len : 0;
	while (len && (m->data[len - 1] == '\n' || m->data[len - 1] == '\r' || m->data[len - 1] == ' ')) len--;
	a->named_simple = len == sizeof simple - 1 && !memcmp(m->data, simple, len);
	a->named_extended = len == sizeof extended - 1 && !memcmp(m->data, extended, len);
	if (m && !a->named_simple && !a->named_extended) what = "it is that of another format";
	if (what) finding_add(findings, FINDING_ASIC_MIMETYPE, "%s", what);
}

static void read_manifests(struct asic *a, struct finding_list *findings) {
	size_t references = 0;
	const char *why;
	a->manifests = xcalloc(a->role_count[ASIC_MANIFEST] + 1, sizeof *a->manifests);
	for (size_t i = 0; i < a->zip.count; i++) {
		const struct zip_member *member = &a->zip.members[i];
		struct asic_manifest *m = &a->manifests[a->manifest_count];
		if (a->roles[i] != ASIC_MANIFEST) continue;
		if (a->manifest_count == LIMIT_ASIC_MANIFESTS || references > LIMIT_ASIC_REFERENCES_ALL) {
			finding_add(findings, FINDING_LIMIT_REACHED, "manifests");
			return;
		}
		if (asic_manifest_read(member->data, member->len, m, &why)) {
			m->member = i;
			references += m->count;
			a->manifest_count++;
			if (m->misplaced) finding_add(findings, FINDING_ASIC_MANIFEST_ODD, "%s", member->shown);
		} else {
			finding_add(findings, FINDING_ASIC_MANIFEST_MALFORMED, "%s: %s", member->shown, why);
			asic_manifest_dispose(m);
		}
	}
}

bool asic_read(const unsigned char *data, size_t len, struct asic *out, struct finding_list *findings) {
	const char *why;
	*out = (struct asic){0};
	if (!zip_read(data, len, &out->zip, &why)) {
		finding_add(findings, FINDING_ASIC_UNREADABLE, "%s", why);
		return false;
	}
	out->roles = xcalloc(out->zip.count + 1, sizeof *out->roles);
	out->contents = xcalloc(out->zip.count + 1, sizeof *out->contents);
	for (size_t i = 0; i < out->zip.count; i++) {
		out->roles[i] = role_of(out->zip.members[i].name);
		out->role_count[out->roles[i]]++;
	}
	struct finding_list own = {0};
	check_mimetype(out, &own);
	read_manifests(out, &own);
	for (size_t i = 0; i < out->zip.count; i++)
		if (out->zip.members[i].damaged)
			finding_add(&own, FINDING_ASIC_MEMBER_DAMAGED, "%s", out->zip.members[i].shown);
	if (out->zip.unlisted) finding_add(&own, FINDING_ASIC_UNLISTED_BYTES, "%s", "");
	if (asic_is_container(out)) finding_append(findings, &own);
	finding_list_dispose(&own);
	return true;
}

bool asic_is_container(const struct asic *asic) {
	const size_t *n = asic->role_count;
	return asic->named_simple || asic->named_extended || n[ASIC_CADES] || n[ASIC_TIMESTAMP] || n[ASIC_XADES] ||
	       n[ASIC_EVIDENCE_RECORD] || n[ASIC_XML_EVIDENCE_RECORD] || n[ASIC_MANIFEST];
}

static void cover_free(struct asic_cover *cover) {
	recognised_dispose(&cover->recognised);
	finding_list_dispose(&cover->findings);
	free(cover->candidates);
	free(cover->covers);
	free(cover);
}

void asic_dispose(struct asic *asic) {
	for (size_t i = 0; i < asic->manifest_count; i++) asic_manifest_dispose(&asic->manifests[i]);
	for (size_t i = 0; asic->contents && i < asic->zip.count; i++) content_free(asic->contents[i]);
	for (size_t i = 0; i < asic->cover_count; i++) cover_free(asic->covers[i]);
	free(asic->manifests);
	free(asic->contents);
	free(asic->roles);
	free(asic->covers);
	zip_dispose(&asic->zip);
	*asic = (struct asic){0};
}

static struct content *content_of(struct asic *asic, size_t member) {
	const struct zip_member *m = &asic->zip.members[member];
	if (!asic->contents[member]) asic->contents[member] = content_of_bytes(m->data, m->len);
	return asic->contents[member];
}

struct asic_cover *asic_cover_new(struct asic *asic, size_t member) {
	const struct zip_member *own = &asic->zip.members[member];
	struct asic_cover *cover = xcalloc(1, sizeof *cover);
	ARRAY_GROW(asic->covers, asic->cover_count, asic->cover_cap);
	asic->covers[asic->cover_count++] = cover;
	cover->member = member;
	cover->covers = xcalloc(asic->zip.count, sizeof *cover->covers);
	cover->candidates = xcalloc(asic->zip.count, sizeof *cover->candidates);
	format_recognise(own->data, own->len, &cover->recognised);
	for (size_t i = 0; i < asic->manifest_count; i++) {
		const struct asic_manifest *m = &asic->manifests[i];
		if (m->signature && !strcmp(m->signature, own->name))
			cover->candidates[cover->candidate_count++] = m->member;
	}
	cover->by_manifest = cover->candidate_count > 0;
	for (size_t i = 0; !cover->by_manifest && i < asic->zip.count; i++)
		if (asic->roles[i] == ASIC_DATA) cover->candidates[cover->candidate_count++] = i;
	if (!cover->by_manifest && asic->named_extended)
		finding_add(&cover->findings, FINDING_ASIC_MANIFEST_MISSING, "%s", "");
	if (!cover->by_manifest && cover->candidate_count > 1)
		finding_add(&cover->findings, FINDING_ASIC_SEVERAL_OBJECTS, "%zu objects", cover->candidate_count);
	cover->conforming = cover->by_manifest || cover->candidate_count == 1;
	return cover;
}

static const struct asic_manifest *manifest_of(const struct asic *asic, size_t member) {
	for (size_t i = 0; i < asic->manifest_count; i++)
		if (asic->manifests[i].member == member) return &asic->manifests[i];
	return NULL;
}

static enum content_match compare(struct asic *asic, size_t member, const struct asic_reference *r) {
	return content_check(content_of(asic, member), r->alg, r->digest, r->digest_len);
}

/* The member that a reference names. Names in an old code page cannot be compared with a reference's, so among those
 * the one with the digest is taken. zip.count when there is none. */
static size_t referenced(struct asic *asic, struct asic_cover *cover, const struct asic_reference *r) {
	const struct zip_member *found = zip_find(&asic->zip, r->name);
	if (found) return (size_t)(found - asic->zip.members);
	for (size_t i = 0; i < asic->zip.count && asic->searched < LIMIT_ASIC_SEARCHES; i++) {
		asic->searched++;
		if (asic->zip.members[i].named || compare(asic, i, r) != CONTENT_MATCHES) continue;
		finding_add(&cover->findings, FINDING_ASIC_NAME_UNREADABLE, "%s", asic->zip.members[i].shown);
		return i;
	}
	return asic->zip.count;
}

/* Of each kind so many are told by name, the rest are counted. */
static void tell(struct asic_cover *cover, size_t *count, enum finding_code code, const char *name) {
	if ((*count)++ < LIMIT_ASIC_NAMED) {
		char *shown = zip_shown_name(name);
		finding_add(&cover->findings, code, "%s", shown);
		free(shown);
	}
}

static void tell_rest(struct asic_cover *cover, size_t count, enum finding_code code) {
	if (count > LIMIT_ASIC_NAMED) finding_add(&cover->findings, code, "%zu more", count - LIMIT_ASIC_NAMED);
}

/* A signature covers digests. An evidence record (`named`) covers the objects themselves, and nothing protects its
 * manifest: a name is enough, though a digest that contradicts the object is not passed over. */
static void follow(struct asic *asic, struct asic_cover *cover, const struct asic_manifest *m, bool named) {
	size_t missing = 0, changed = 0, unusable = 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct asic_reference *r = &m->references[i];
		const struct zip_member *by_name = named && r->name ? zip_find(&asic->zip, r->name) : NULL;
		if (by_name && !r->digest_len) {
			finding_add(&cover->findings, FINDING_ASIC_MANIFEST_ODD, "%s",
				    asic->zip.members[m->member].shown);
			cover->covers[by_name - asic->zip.members] = true;
			continue;
		}
		if (!r->name || !r->digest_len) {
			tell(cover, &unusable, FINDING_ASIC_REFERENCE_UNUSABLE, r->name ? r->name : "");
			continue;
		}
		size_t member = referenced(asic, cover, r);
		if (member == asic->zip.count) {
			tell(cover, &missing, FINDING_ASIC_OBJECT_MISSING, r->name);
		} else if (compare(asic, member, r) != CONTENT_MATCHES) {
			tell(cover, &changed, FINDING_ASIC_OBJECT_CHANGED, r->name);
		} else {
			cover->covers[member] = true;
			cover->algs[r->alg] = true;
		}
	}
	tell_rest(cover, missing, FINDING_ASIC_OBJECT_MISSING);
	tell_rest(cover, changed, FINDING_ASIC_OBJECT_CHANGED);
	tell_rest(cover, unusable, FINDING_ASIC_REFERENCE_UNUSABLE);
	cover->state = changed ? ASIC_CHANGED : missing || unusable ? ASIC_MISSING : ASIC_WHOLE;
}

static void find_uncovered(const struct asic *asic, struct asic_cover *cover) {
	size_t count = 0;
	for (size_t i = 0; i < asic->zip.count; i++)
		if (asic->roles[i] == ASIC_DATA && !cover->covers[i])
			tell(cover, &count, FINDING_ASIC_NOT_COVERED, asic->zip.members[i].name);
	tell_rest(cover, count, FINDING_ASIC_NOT_COVERED);
	cover->partial = count > 0;
}

static bool is_content(struct asic *asic, size_t member, enum digest_alg alg, const unsigned char *digest, size_t len) {
	return content_check(content_of(asic, member), alg, digest, len) == CONTENT_MATCHES;
}

struct content *asic_cover_bind(struct asic *asic, struct asic_cover *cover, enum digest_alg alg,
				const unsigned char *digest, size_t len) {
	size_t chosen = cover->candidate_count ? cover->candidates[0] : asic->zip.count;
	for (size_t i = 0; i < cover->candidate_count && !cover->bound; i++) {
		size_t member = cover->candidates[i];
		cover->bound = len ? is_content(asic, member, alg, digest, len) : cover->candidate_count == 1;
		if (cover->bound) chosen = member;
	}
	for (size_t i = 0; i < asic->zip.count && cover->by_manifest && !cover->bound && len; i++) {
		if (asic->roles[i] != ASIC_DATA || !is_content(asic, i, alg, digest, len)) continue;
		cover->bound = true;
		cover->by_manifest = cover->conforming = false;
		chosen = i;
		finding_add(&cover->findings, FINDING_ASIC_MANIFEST_NOT_SIGNED, "%s", asic->zip.members[i].shown);
	}
	if (cover->bound) {
		const struct asic_manifest *m = cover->by_manifest ? manifest_of(asic, chosen) : NULL;
		cover->covers[chosen] = true;
		if (m) follow(asic, cover, m, false);
	}
	find_uncovered(asic, cover);
	return chosen < asic->zip.count ? content_of(asic, chosen) : NULL;
}

struct content *asic_cover_objects(struct asic *asic, struct asic_cover *cover) {
	struct val_blob *blobs = xcalloc(asic->zip.count + 1, sizeof *blobs);
	const struct asic_manifest *m = cover->by_manifest ? manifest_of(asic, cover->candidates[0]) : NULL;
	size_t count = 0;
	if (m) follow(asic, cover, m, true);
	for (size_t i = 0; i < cover->candidate_count && !m; i++) cover->covers[cover->candidates[i]] = true;
	cover->bound = cover->candidate_count > 0;
	for (size_t i = 0; i < asic->zip.count; i++)
		if (cover->covers[i])
			blobs[count++] = (struct val_blob){asic->zip.members[i].data, asic->zip.members[i].len};
	find_uncovered(asic, cover);
	struct val_request offers = {.data = blobs, .data_count = count};
	struct content *content = content_of_offers(&offers);
	free(blobs);
	return content;
}
