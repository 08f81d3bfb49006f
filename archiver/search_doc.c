#include "archiver/search_doc.h"

#include "archiver/fold.h"
#include "archiver/provable.h"
#include "archiver/query.h"
#include "archiver/search_certificates.h"
#include "archiver/search_deadlines.h"
#include "base/mem.h"
#include "base/limits.h"
#include "base/record.h"

#include <stdlib.h>
#include <string.h>

/* The stored object as JSON; NULL when it cannot be read as such. -1 only when the run failed. */
static int read_json(struct store *store, const struct object_id *id, size_t max, json_t **out, struct error *err) {
	unsigned char *data = NULL;
	size_t len = 0;
	*out = NULL;
	if (object_id_is_zero(id)) return 0;
	struct error why = {0};
	enum object_state state = store_read(store, id, max, &data, &len, &why);
	if (state == OBJECT_PRESENT) *out = json_loadb((const char *)data, len, 0, NULL);
	free(data);
	if (state != OBJECT_UNREADABLE || why.code == ERROR_LIMIT) return 0;
	*err = why;
	return -1;
}

static void set_text(json_t *to, const char *key, const char *text) {
	char *composed = fold_nfc(text ? text : "");
	json_object_set_new(to, key, *composed ? json_string(composed) : json_null());
	free(composed);
}

static void copy_text(json_t *to, const char *key, const json_t *from) {
	set_text(to, key, json_string_value(json_object_get(from, key)));
}

/* Appends a text to a list that holds each once. */
static void add_name(json_t *list, const char *text) {
	size_t i;
	json_t *value;
	if (!text || !*text || json_array_size(list) >= LIMIT_INDEXED_NAMES) return;
	json_array_foreach(list, i, value) if (!strcmp(json_string_value(value), text)) return;
	json_t *string = json_string(text);
	if (string) json_array_append_new(list, string); /* NULL for what is no UTF-8 */
}

/* The texts at `inner` (and at `other`, when not NULL) of a list of objects; bare texts count as well. */
static json_t *names_of(const json_t *list, const char *inner, const char *other) {
	json_t *names = json_array(), *element;
	size_t i;
	json_array_foreach(list, i, element) {
		add_name(names, json_string_value(json_is_object(element) ? json_object_get(element, inner) : element));
		if (other) add_name(names, json_string_value(json_object_get(element, other)));
	}
	return names;
}

static json_t *certificate_signers(const json_t *report) {
	json_t *names = json_array(), *signature;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, signature)
		add_name(names, json_string_value(json_object_get(json_object_get(signature, "signer"), "subject")));
	return names;
}

/* The earliest end of a signer's certificate: from then on the signature rests on proofs of existence. Certificates of
 * timestamping authorities are renewed with the timestamps and do not count. */
static void set_expires(json_t *doc, const json_t *report) {
	utime earliest = UTIME_NONE, end;
	char text[UTIME_TEXT_MAX];
	const json_t *signature;
	size_t i;
	json_array_foreach(json_object_get(report, "signatures"), i, signature) {
		const char *kind = json_string_value(json_object_get(signature, "kind"));
		const char *not_after =
			json_string_value(json_object_get(json_object_get(signature, "signer"), "not_after"));
		if ((kind && strcmp(kind, "signature") != 0) || !not_after || !utime_parse(not_after, &end)) continue;
		if (earliest == UTIME_NONE || end < earliest) earliest = end;
	}
	set_text(doc, "expires", earliest == UTIME_NONE ? "" : utime_text(earliest, text));
}

static void add_root(json_t *roots, const json_t *certificate) {
	const char *sha256 = json_string_value(json_object_get(certificate, "sha256")), *subject = json_string_value(json_object_get(certificate, "subject"));
	const json_t *there;
	size_t i;
	if (!sha256) return;
	json_array_foreach(roots, i, there) if (!strcmp(json_string_value(json_array_get(there, 0)), sha256)) return;
	json_array_append_new(roots, json_pack("[s, s]", sha256, subject ? subject : ""));
}

static void add_anchors(json_t *roots, const json_t *signature) {
	const json_t *link, *stamp;
	size_t i;
	json_array_foreach(json_object_get(signature, "chain"), i, link)
		if (json_is_true(json_object_get(link, "anchor"))) add_root(roots, link);
	json_array_foreach(json_object_get(signature, "timestamps"), i, stamp) add_anchors(roots, stamp);
}

/* The roots that the proof rests on. Verdicts of before these were told name all that their paths end at: some too many, none too
 * few. */
static json_t *roots_of(const json_t *provable, const json_t *report) {
	json_t *roots = json_array();
	const json_t *told = json_object_get(provable, "roots"), *row;
	size_t i;
	json_array_foreach(told, i, row) add_root(roots, row);
	if (!told) json_array_foreach(json_object_get(report, "signatures"), i, row) add_anchors(roots, row);
	return roots;
}

/* Until when it can be proven, what ends that, and the algorithms and roots that the proof rests on. */
static void set_provable(json_t *doc, json_t *index, json_t *provable, const json_t *report) {
	json_object_set_new(index, "roots", roots_of(provable, report));
	set_text(doc, "provable", json_string_value(json_object_get(provable, "until")));
	set_text(doc, "provable_limit", json_string_value(json_object_get(provable, "limit")));
	json_t *algorithms = json_object_get(provable, "algorithms");
	if (json_array_size(algorithms)) json_object_set(index, "algorithms", algorithms);
}

static void from_metadata(json_t *doc, json_t *index, const json_t *metadata) {
	static const char *const texts[] = {"number", "symbol", "date", "type", "subject"};
	json_t *given = json_object_get(metadata, "organisation"), *organisation = json_object();
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) copy_text(doc, texts[i], metadata);
	copy_text(organisation, "code", given);
	if (json_is_string(given))
		set_text(organisation, "name", json_string_value(given));
	else
		copy_text(organisation, "name", given);
	json_object_set_new(doc, "organisation", organisation);
	json_object_set_new(doc, "signers", names_of(json_object_get(metadata, "signers"), "name", NULL));
	json_object_set_new(index, "recipients", names_of(json_object_get(metadata, "recipients"), "name", "code"));
}

/* What an archivist may remember of a document besides: every text of the metadata that has no place of its own. */
static void rest_of_metadata(json_t *index, const json_t *metadata) {
	static const char *const texts[] = {"domain",  "description",    "sender",        "recipient", "set",
	                                    "urgency", "arrival_number", "source_system", "language"};
	const json_t *file = json_object_get(metadata, "file"), *signer;
	json_t *dossier = json_array(), *other = json_array();
	size_t i;
	add_name(dossier, json_string_value(json_object_get(file, "code")));
	add_name(dossier, json_string_value(json_object_get(file, "title")));
	for (i = 0; i < ARRAY_LEN(texts); i++) add_name(other, json_string_value(json_object_get(metadata, texts[i])));
	json_array_foreach(json_object_get(metadata, "signers"), i, signer)
		add_name(other, json_string_value(json_object_get(signer, "position")));
	json_object_set_new(index, "dossier", dossier);
	json_object_set_new(index, "other", other);
}

int search_doc(struct store *store, const struct record_row *row, json_t **doc, struct error *err) {
	char digest[OBJECT_ID_TEXT_MAX], when[UTIME_TEXT_MAX];
	json_t *metadata = NULL, *report = NULL, *provable = NULL, *index = json_object();
	*doc = NULL;
	if (read_json(store, &row->metadata, LIMIT_SIDECAR_BYTES, &metadata, err) ||
	    read_json(store, &row->verdict, LIMIT_REPORT_BYTES, &report, err) ||
	    provable_now(store, row->number, report, &provable, err))
		goto out;
	*doc = json_object();
	json_object_set_new(*doc, "record", json_integer((json_int_t)row->number));
	json_object_set_new(*doc, "sha256", json_string(strchr(object_id_text(&row->original, digest), ':') + 1));
	from_metadata(*doc, index, metadata);
	rest_of_metadata(index, metadata);
	set_text(*doc, "state", record_state_name(row->state));
	set_text(*doc, "indication", row->indication);
	set_text(*doc, "sub_indication", row->sub_indication);
	set_text(*doc, "taken_in", utime_text(row->taken_in, when));
	set_expires(*doc, report);
	set_provable(*doc, index, provable, report);
	set_text(*doc, "file", row->name);
	json_object_set_new(index, "certificates", certificate_signers(report));
	json_object_set_new(index, "chain", search_certificates_of(report));
	json_object_set_new(index, "deadlines", search_deadlines_of(report));
	json_object_set(*doc, "index", index);
out:
	json_decref(index);
	json_decref(metadata);
	json_decref(report);
	json_decref(provable);
	return *doc ? 0 : -1;
}

int search_doc_basis(struct store *store, const struct record_row *row, unsigned char basis[static SHA256_SIZE],
		     struct error *err) {
	struct buf b = {0};
	char *provable = provable_value(store, row->number, err);
	if (!provable) return -1;
	record_put_raw(&b, row->metadata.sha256, SHA256_SIZE);
	record_put_raw(&b, row->verdict.sha256, SHA256_SIZE);
	record_put_u8(&b, (uint8_t)row->state);
	record_put_text(&b, row->indication);
	record_put_text(&b, row->sub_indication);
	record_put_text(&b, provable);
	sha256_bytes(b.data, b.len, basis);
	buf_dispose(&b);
	free(provable);
	return 0;
}
