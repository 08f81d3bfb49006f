#include "validator/cert_parts.h"

#include <stdlib.h>
#include <string.h>

/* Extended purposes, URLs and extensions in one certificate: real ones stay below twenty. */
#define MAX_TEXTS 128
#define MAX_EXTENSIONS 256
#define MAX_URL 2048

bool extension_next(struct der_walk *list, struct extension *out) {
	struct der whole, critical;
	*out = (struct extension){0};
	if (!der_next(list, &whole)) return false;
	struct der_walk w = der_walk_in(&whole);
	bool ok = whole.tag == DER_SEQUENCE && der_expect(&w, DER_OID, &out->oid);
	/* FALSE is the default and must not be written in DER; certificates in use have it */
	if (ok && der_optional(&w, DER_BOOLEAN, &critical)) ok = der_bool(&critical, &out->critical);
	if (!ok || !der_expect(&w, DER_OCTET_STRING, &out->octets) || !der_done(&w)) {
		list->bad = true;
		return false;
	}
	struct der_walk in = der_walk_in(&out->octets);
	if (!der_next(&in, &out->value) || !der_done(&in)) out->value = (struct der){0};
	return true;
}

bool extension_repeated(const struct der *list, const struct extension *extension) {
	struct der_walk w = der_walk_in(list);
	struct extension other;
	while (extension_next(&w, &other)) {
		if (other.oid.start == extension->oid.start) return false;
		if (other.oid.len == extension->oid.len && !memcmp(other.oid.data, extension->oid.data, other.oid.len))
			return true;
	}
	return false;
}

void cert_text_add(struct cert_texts *list, char *text) {
	if (list->count == MAX_TEXTS) {
		free(text);
		return;
	}
	ARRAY_GROW(list->items, list->count, list->cap);
	list->items[list->count++] = text;
}

/* What may be fetched at all: plain web addresses in printable ASCII. */
static bool usable_url(const struct der *name) {
	static const char *const schemes[] = {"http://", "https://"};
	bool web = false;
	if (name->len > MAX_URL) return false;
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++) {
		size_t n = strlen(schemes[i]);
		if (name->len > n && !strncasecmp((const char *)name->data, schemes[i], n)) web = true;
	}
	for (size_t i = 0; i < name->len; i++)
		if (name->data[i] <= ' ' || name->data[i] >= 0x7f) return false;
	return web;
}

static void add_url(struct cert_texts *out, const struct der *name) {
	if (usable_url(name)) cert_text_add(out, xstrndup((const char *)name->data, name->len));
}

void general_names_urls(struct der_walk names, struct cert_texts *out) {
	struct der name;
	while (der_next(&names, &name))
		if (name.tag == 0x86) add_url(out, &name);
}

static bool read_basic_constraints(struct cert *cert, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	struct der part;
	uint64_t number;
	if (value->tag != DER_SEQUENCE) return false;
	cert->has_basic_constraints = true;
	if (der_optional(&w, DER_BOOLEAN, &part) && !der_bool(&part, &cert->ca)) return false;
	if (der_optional(&w, DER_INTEGER, &part)) {
		if (!der_uint(&part, &number)) return false;
		cert->path_len = number > 1000 ? 1000 : (int)number;
	}
	return der_done(&w);
}

static bool read_key_usage(struct cert *cert, const struct der *value) {
	if (value->tag != DER_BIT_STRING || value->len < 1 || value->data[0] > 7) return false;
	cert->has_key_usage = true;
	for (unsigned i = 0; i < 7 && value->len > 1; i++)
		if (value->data[1] & (0x80 >> i)) cert->key_usage |= 1U << i;
	return true;
}

static bool read_eku(struct cert *cert, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	struct der oid;
	if (value->tag != DER_SEQUENCE) return false;
	cert->has_eku = true;
	while (der_next(&w, &oid)) {
		if (oid.tag != DER_OID) return false;
		cert_text_add(&cert->eku, der_oid_text(&oid));
	}
	return der_done(&w) && cert->eku.count > 0;
}

static bool read_aki(struct cert *cert, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	if (value->tag != DER_SEQUENCE) return false;
	der_optional(&w, 0x80, &cert->aki_key_id);
	return !w.bad;
}

static bool read_aia(struct cert *cert, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	struct der access, method, location;
	if (value->tag != DER_SEQUENCE) return false;
	while (der_next(&w, &access)) {
		struct der_walk in = der_walk_in(&access);
		if (!der_expect(&in, DER_OID, &method) || !der_next(&in, &location)) return false;
		if (location.tag != 0x86) continue;
		if (der_is_oid(&method, "1.3.6.1.5.5.7.48.1")) add_url(&cert->ocsp_urls, &location);
		if (der_is_oid(&method, "1.3.6.1.5.5.7.48.2")) add_url(&cert->issuer_urls, &location);
	}
	return !w.bad;
}

/* The URLs only; scope is matched in revocation_scope.c, over the same bytes. */
bool crl_point_urls(const struct der *value, struct cert_texts *out) {
	struct der_walk w = der_walk_in(value);
	struct der point, name, full;
	if (value->tag != DER_SEQUENCE) return false;
	while (der_next(&w, &point)) {
		struct der_walk in = der_walk_in(&point);
		if (point.tag != DER_SEQUENCE) return false;
		if (!der_optional(&in, 0xa0, &name)) continue;
		struct der_walk choice = der_walk_in(&name);
		if (der_optional(&choice, 0xa0, &full)) general_names_urls(der_walk_in(&full), out);
	}
	return !w.bad;
}

/* QCStatements, of which QcType alone is read. What is malformed is only not known: the extension informs. */
static void read_statements(struct cert *cert, const struct der *value) {
	struct der_walk w = der_walk_in(value);
	struct der statement, oid, types, type;
	while (der_next(&w, &statement)) {
		struct der_walk in = der_walk_in(&statement);
		if (!der_expect(&in, DER_OID, &oid) || !der_is_oid(&oid, "0.4.0.1862.1.6")) continue;
		if (!der_expect(&in, DER_SEQUENCE, &types)) continue;
		in = der_walk_in(&types);
		while (der_next(&in, &type)) {
			cert->for_signature |= der_is_oid(&type, "0.4.0.1862.1.6.1");
			cert->for_seal |= der_is_oid(&type, "0.4.0.1862.1.6.2");
		}
	}
}

static bool sequence(const struct der *value) {
	return value->tag == DER_SEQUENCE;
}

/* What is done with each extension that we know. Those with nothing but a name are understood and need no action. */
enum action {
	NOTHING,
	BASIC,
	USAGE,
	EKU,
	SKI,
	AKI,
	SAN,
	NAMES,
	POLICIES,
	MAPPINGS,
	CONSTRAINTS,
	INHIBIT,
	POINTS,
	FRESHEST,
	AIA,
	NOCHECK,
	NO_REV,
	SHORT_TERM,
	STATEMENTS
};

static const struct {
	const char *oid;
	enum action action;
} known[] = {
	{"2.5.29.14", SKI},
	{"2.5.29.35", AKI},
	{"2.5.29.15", USAGE},
	{"2.5.29.19", BASIC},
	{"2.5.29.31", POINTS},
	{"1.3.6.1.5.5.7.1.1", AIA},
	{"2.5.29.32", POLICIES},
	{"2.5.29.37", EKU},
	{"2.5.29.17", SAN},
	{"2.5.29.18", NOTHING},
	{"2.5.29.30", NAMES},
	{"2.5.29.33", MAPPINGS},
	{"2.5.29.36", CONSTRAINTS},
	{"2.5.29.54", INHIBIT},
	{"2.5.29.46", FRESHEST},
	{"2.5.29.9", NOTHING},
	{"1.3.6.1.5.5.7.1.3", STATEMENTS},
	{"1.3.6.1.5.5.7.1.11", NOTHING},
	{"2.5.29.16", NOTHING},
	{"1.3.6.1.5.5.7.48.1.5", NOCHECK},
	{"2.5.29.56", NO_REV},
	{"0.4.0.194121.2.1", SHORT_TERM},
};

static bool act(struct cert *cert, enum action action, const struct extension *e) {
	switch (action) {
	case NOTHING:
		return true;
	case BASIC:
		return read_basic_constraints(cert, &e->value);
	case USAGE:
		return read_key_usage(cert, &e->value);
	case EKU:
		cert->eku_critical = e->critical;
		return read_eku(cert, &e->value);
	case SKI:
		cert->ski = e->value;
		return e->value.tag == DER_OCTET_STRING;
	case AKI:
		return read_aki(cert, &e->value);
	case SAN:
		cert->subject_alt_name = e->value;
		return sequence(&e->value);
	case NAMES:
		cert->name_constraints = e->value;
		return sequence(&e->value);
	case POLICIES:
		cert->policies = e->value;
		return sequence(&e->value);
	case MAPPINGS:
		cert->policy_mappings = e->value;
		return sequence(&e->value);
	case CONSTRAINTS:
		cert->policy_constraints = e->value;
		return sequence(&e->value);
	case INHIBIT:
		cert->inhibit_any = e->value;
		return e->value.tag == DER_INTEGER;
	case POINTS:
		cert->crl_points = e->value;
		return crl_point_urls(&e->value, &cert->crl_urls);
	case FRESHEST:
		cert->freshest_crl = e->value;
		return sequence(&e->value);
	case AIA:
		return read_aia(cert, &e->value);
	case NOCHECK:
		cert->ocsp_nocheck = true;
		return true;
	case NO_REV:
		cert->no_rev_avail = true;
		return true;
	case SHORT_TERM:
		cert->assured_short_term = true;
		return true;
	case STATEMENTS:
		read_statements(cert, &e->value);
		return true;
	}
	return false;
}

static void read_extension(struct cert *cert, const struct extension *e) {
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!der_is_oid(&e->oid, known[i].oid)) continue;
		if (!act(cert, known[i].action, e)) cert->faults |= CERT_FAULT_EXTENSION;
		return;
	}
	if (!e->critical || (cert->faults & CERT_FAULT_CRITICAL)) return;
	cert->faults |= CERT_FAULT_CRITICAL;
	free(cert->unknown_critical);
	cert->unknown_critical = der_oid_text(&e->oid);
}

void cert_read_extensions(struct cert *cert, const struct der *extensions) {
	struct der_walk w = der_walk_in(extensions);
	struct extension e;
	for (unsigned count = 0; extension_next(&w, &e); count++) {
		if (count == MAX_EXTENSIONS) {
			cert->faults |= CERT_FAULT_EXTENSION;
			return;
		}
		if (extension_repeated(extensions, &e))
			cert->faults |= CERT_FAULT_DUPLICATE;
		else
			read_extension(cert, &e);
	}
	if (w.bad) cert->faults |= CERT_FAULT_EXTENSION;
}
