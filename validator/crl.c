#include "validator/crl.h"

#include "base/limits.h"
#include "validator/cert_parts.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

const char *crl_reason_name(unsigned reason) {
	static const char *const names[] = {
		"unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
		"superseded",    "cessationOfOperation", "certificateHold", "unspecified",
		"removeFromCRL", "privilegeWithdrawn",   "aACompromise",
	};
	return reason < ARRAY_LEN(names) ? names[reason] : names[0];
}

static unsigned reason_mask(const struct der *bits) {
	unsigned mask = 0;
	for (unsigned i = 1; i <= 8; i++)
		if (bits->len > 1 + i / 8 && bits->data[1 + i / 8] & (0x80 >> i % 8)) mask |= 1U << i;
	return mask;
}

static bool implicit_bool(const struct der *element, bool *out) {
	struct der plain = *element;
	plain.tag = DER_BOOLEAN;
	return der_bool(&plain, out);
}

static bool read_idp(struct crl *crl, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	struct der part;
	if (value->tag != DER_SEQUENCE) return false;
	crl->has_idp = true;
	if (der_optional(&w, 0xa0, &part)) {
		struct der_walk in = der_walk_in(&part);
		if (!der_next(&in, &crl->idp_point) || !der_done(&in)) return false;
	}
	if (der_optional(&w, 0x81, &part) && !implicit_bool(&part, &crl->only_user)) return false;
	if (der_optional(&w, 0x82, &part) && !implicit_bool(&part, &crl->only_ca)) return false;
	if (der_optional(&w, 0x83, &part)) crl->only_reasons = reason_mask(&part);
	if (der_optional(&w, 0x84, &part) && !implicit_bool(&part, &crl->indirect)) return false;
	if (der_optional(&w, 0x85, &part) && !implicit_bool(&part, &crl->only_attribute)) return false;
	return der_done(&w);
}

static bool read_extension(struct crl *crl, const struct extension *e) {
	struct der_walk in = der_walk_in(&e->value);
	if (der_is_oid(&e->oid, "2.5.29.20")) {
		crl->number = e->value;
		return e->value.tag == DER_INTEGER;
	}
	if (der_is_oid(&e->oid, "2.5.29.27")) {
		crl->base_number = e->value;
		return e->value.tag == DER_INTEGER;
	}
	if (der_is_oid(&e->oid, "2.5.29.28")) return read_idp(crl, &e->value);
	if (der_is_oid(&e->oid, "2.5.29.35")) {
		der_optional(&in, 0x80, &crl->aki_key_id);
		return e->value.tag == DER_SEQUENCE && !in.bad;
	}
	if (der_is_oid(&e->oid, "2.5.29.46")) {
		crl->freshest_crl = e->value;
		return e->value.tag == DER_SEQUENCE;
	}
	if (der_is_oid(&e->oid, "2.5.29.60")) return der_time(&e->value, false, &crl->expired_certs);
	if (der_is_oid(&e->oid, "2.5.29.18") || der_is_oid(&e->oid, "1.3.6.1.5.5.7.1.1")) return true;
	if (e->critical) crl->unknown_critical = true;
	return true;
}

static void read_extensions(struct crl *crl, const struct der *list) {
	struct der_walk w = der_walk_in(list);
	struct extension e;
	unsigned count = 0;
	while (extension_next(&w, &e))
		if (++count > 256 || extension_repeated(list, &e) || !read_extension(crl, &e)) crl->malformed = true;
	if (w.bad) crl->malformed = true;
}

/* One entry's extensions; `issuer` becomes the certificateIssuer when it names one. */
static bool read_entry_extensions(struct crl *crl, const struct der *list, struct der *issuer) {
	struct der_walk w = der_walk_in(list);
	struct extension e;
	while (extension_next(&w, &e)) {
		if (der_is_oid(&e.oid, "2.5.29.29")) {
			if (e.value.tag != DER_SEQUENCE) return false;
			*issuer = e.value;
		} else if (e.critical && !der_is_oid(&e.oid, "2.5.29.21") && !der_is_oid(&e.oid, "2.5.29.24") &&
			   !der_is_oid(&e.oid, "2.5.29.23")) {
			crl->unknown_critical = true;
		}
	}
	return !w.bad;
}

static int by_serial(const void *a, const void *b) {
	const struct crl_entry *x = a, *y = b;
	if (x->serial_len != y->serial_len) return x->serial_len < y->serial_len ? -1 : 1;
	int order = memcmp(x->serial, y->serial, x->serial_len);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool read_entries(struct crl *crl, const struct der *list) {
	struct der_walk w = der_walk_in(list);
	struct der entry, serial, when, extensions, issuer = {0};
	size_t cap = 0;
	while (der_next(&w, &entry)) {
		struct der_walk in = der_walk_in(&entry);
		utime t;
		if (entry.tag != DER_SEQUENCE || !der_expect(&in, DER_INTEGER, &serial)) return false;
		const unsigned char *rest = in.p;
		if (!der_next(&in, &when) || !der_time(&when, false, &t)) return false;
		if (der_optional(&in, DER_SEQUENCE, &extensions) && !read_entry_extensions(crl, &extensions, &issuer))
			return false;
		if (!der_done(&in)) return false;
		ARRAY_GROW(crl->entries, crl->entry_count, cap);
		crl->entries[crl->entry_count] = (struct crl_entry){
			.serial = serial.data,
			.serial_len = (uint32_t)serial.len,
			.rest_len = (uint32_t)(in.end - rest),
			.issuer = issuer.start,
			.issuer_len = (uint32_t)issuer.full,
			.order = (uint32_t)crl->entry_count,
		};
		crl->entry_count++;
	}
	if (crl->entry_count) qsort(crl->entries, crl->entry_count, sizeof *crl->entries, by_serial);
	return !w.bad;
}

static bool read_tbs(struct crl *crl) {
	struct der_walk w = der_walk_in(&crl->tbs);
	struct der version, when, list, wrapper;
	unsigned char tag;
	der_optional(&w, DER_INTEGER, &version);
	if (!der_expect(&w, DER_SEQUENCE, &crl->inner_algorithm) || !der_expect(&w, DER_SEQUENCE, &crl->issuer))
		return false;
	if (!der_next(&w, &when) || !der_time(&when, false, &crl->this_update)) return false;
	if (der_peek(&w, &tag) && (tag == DER_UTCTIME || tag == DER_GENERALIZEDTIME))
		if (!der_next(&w, &when) || !der_time(&when, false, &crl->next_update)) return false;
	if (der_optional(&w, DER_SEQUENCE, &list) && !read_entries(crl, &list)) return false;
	if (der_optional(&w, 0xa0, &wrapper)) {
		struct der_walk in = der_walk_in(&wrapper);
		if (!der_expect(&in, DER_SEQUENCE, &list) || !der_done(&in)) return false;
		read_extensions(crl, &list);
	}
	return der_done(&w) && name_canonical(&crl->issuer, &crl->issuer_name);
}

static bool read_list(struct crl *crl) {
	struct der_walk w = der_walk_bytes(crl->der, crl->len), in;
	struct der outer, bits;
	if (!der_expect(&w, DER_SEQUENCE, &outer) || !der_done(&w)) return false;
	in = der_walk_in(&outer);
	if (!der_expect(&in, DER_SEQUENCE, &crl->tbs) || !der_expect(&in, DER_SEQUENCE, &crl->algorithm) ||
	    !der_expect(&in, DER_BIT_STRING, &bits) || !der_done(&in) || bits.len < 1)
		return false;
	crl->signature = bits.data + 1;
	/* a value with unused bits verifies under no key, which is for the path to say */
	crl->signature_len = bits.data[0] == 0 ? bits.len - 1 : 0;
	if (!read_tbs(crl)) return false;
	if (crl->algorithm.full != crl->inner_algorithm.full ||
	    memcmp(crl->algorithm.start, crl->inner_algorithm.start, crl->algorithm.full) != 0)
		crl->malformed = true;
	return true;
}

struct crl *crl_parse(const unsigned char *der, size_t len) {
	if (!der || len == 0 || len > LIMIT_EVIDENCE_BYTES) return NULL;
	struct crl *crl = xcalloc(1, sizeof *crl);
	*crl = (struct crl){.refs = 1,
			    .len = len,
			    .next_update = UTIME_NONE,
			    .expired_certs = UTIME_NONE,
			    .only_reasons = CRL_ALL_REASONS};
	crl->der = xmemdup(der, len);
	if (!read_list(crl)) {
		crl_unref(crl);
		return NULL;
	}
	sha256_bytes(crl->der, len, crl->sha256);
	crl->issuer_text = name_text(&crl->issuer);
	return crl;
}

struct crl *crl_ref(struct crl *crl) {
	crl->refs++;
	return crl;
}

void crl_unref(struct crl *crl) {
	if (!crl || --crl->refs > 0) return;
	buf_dispose(&crl->issuer_name);
	free(crl->issuer_text);
	free(crl->entries);
	free(crl->der);
	free(crl);
}

static bool entry_is_of(const struct crl *crl, const struct crl_entry *entry, const struct buf *issuer_name) {
	if (!entry->issuer) return name_equal(&crl->issuer_name, issuer_name);
	struct der_walk w = der_walk_bytes(entry->issuer, entry->issuer_len);
	struct der names, name, directory;
	bool same = false;
	if (!der_next(&w, &names)) return false;
	w = der_walk_in(&names);
	while (!same && der_next(&w, &name)) {
		struct der_walk in = der_walk_in(&name);
		struct buf canonical = {0};
		if (name.tag == 0xa4 && der_expect(&in, DER_SEQUENCE, &directory) &&
		    name_canonical(&directory, &canonical))
			same = name_equal(&canonical, issuer_name);
		buf_dispose(&canonical);
	}
	return same;
}

static void read_status(const struct crl_entry *entry, struct crl_status *out) {
	struct der_walk w = der_walk_bytes(entry->serial + entry->serial_len, entry->rest_len);
	struct der when, list;
	struct extension e;
	uint64_t reason;
	*out = (struct crl_status){.revoked_at = UTIME_NONE, .invalid_since = UTIME_NONE};
	if (!der_next(&w, &when) || !der_time(&when, false, &out->revoked_at)) return;
	if (!der_optional(&w, DER_SEQUENCE, &list)) return;
	w = der_walk_in(&list);
	while (extension_next(&w, &e)) {
		if (der_is_oid(&e.oid, "2.5.29.21") && der_uint(&e.value, &reason) && reason <= CRL_AA_COMPROMISE)
			out->reason = (unsigned)reason;
		if (der_is_oid(&e.oid, "2.5.29.24")) der_time(&e.value, true, &out->invalid_since);
	}
}

bool crl_find(const struct crl *crl, const struct der *serial, const struct buf *issuer_name, struct crl_status *out) {
	struct crl_entry key = {.serial = serial->data, .serial_len = (uint32_t)serial->len};
	size_t low = 0, high = crl->entry_count;
	while (low < high) { /* the first entry of this serial: orders begin at 0 */
		size_t middle = low + (high - low) / 2;
		if (by_serial(&crl->entries[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = false;
	for (; low < crl->entry_count; low++) {
		const struct crl_entry *entry = &crl->entries[low];
		if (entry->serial_len != key.serial_len || memcmp(entry->serial, key.serial, key.serial_len) != 0)
			break;
		if (!entry_is_of(crl, entry, issuer_name)) continue;
		struct crl_status status;
		read_status(entry, &status);
		if (!found || status.revoked_at < out->revoked_at)
			*out = status; /* listed twice: the earliest counts */
		found = true;
	}
	return found;
}
