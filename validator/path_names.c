#include "validator/path_internal.h"

#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

/* Comparing every name with every subtree is quadratic in what an attacker writes; real ones need a few hundred. */
#define MAX_COMPARISONS 1000000

/* Name constraints, RFC 5280 4.2.1.10 and 6.1.4 (g). Instead of carrying intersections down the path, every name is
 * held against the constraints of every CA above it: the same set of accepted names. */
struct subject {
	struct der name; /* GeneralName; tag 0xa4 with `canonical` for directory names */
	struct buf canonical;
	char *text; /* e-mail address out of the subject's attributes; NULL */
};

static bool ends_with(const unsigned char *name, size_t len, const unsigned char *tail, size_t tail_len) {
	if (tail_len > len) return false;
	return !strncasecmp((const char *)name + len - tail_len, (const char *)tail, tail_len);
}

static bool host_in(const unsigned char *host, size_t len, const struct der *base) {
	if (base->len && base->data[0] == '.') return len > base->len && ends_with(host, len, base->data, base->len);
	return len == base->len && ends_with(host, len, base->data, base->len);
}

static bool mail_in(const unsigned char *mail, size_t len, const struct der *base) {
	const unsigned char *at = memrchr(mail, '@', len), *base_at = memrchr(base->data, '@', base->len);
	if (!at) return false;
	const unsigned char *host = at + 1;
	size_t host_len = len - (size_t)(host - mail);
	if (!base_at) return host_in(host, host_len, base);
	size_t local = (size_t)(at - mail), base_local = (size_t)(base_at - base->data);
	return local == base_local && !memcmp(mail, base->data, local) && len == base->len &&
	       ends_with(host, host_len, base_at + 1, base->len - base_local - 1);
}

static bool dns_in(const struct der *name, const struct der *base) {
	if (base->len == 0) return true;
	if (!ends_with(name->data, name->len, base->data, base->len)) return false;
	return name->len == base->len || base->data[0] == '.' || name->data[name->len - base->len - 1] == '.';
}

/* The host part of a URI; false when it has none or is an address, to which no constraint can apply. */
static bool uri_host(const struct der *uri, const unsigned char **host, size_t *len) {
	const unsigned char *end = uri->data + uri->len, *p = memmem(uri->data, uri->len, "://", 3);
	if (!p) return false;
	p += 3;
	const unsigned char *stop = p;
	while (stop < end && *stop != '/' && *stop != '?' && *stop != '#') stop++;
	const unsigned char *user = memrchr(p, '@', (size_t)(stop - p));
	if (user) p = user + 1;
	const unsigned char *port = memchr(p, ':', (size_t)(stop - p));
	if (port) stop = port;
	*host = p;
	*len = (size_t)(stop - p);
	return *len > 0 && *p != '[';
}

static bool address_in(const struct der *name, const struct der *base) {
	if ((name->len != 4 && name->len != 16) || base->len != 2 * name->len) return false;
	for (size_t i = 0; i < name->len; i++)
		if ((name->data[i] ^ base->data[i]) & base->data[name->len + i]) return false;
	return true;
}

static bool directory_in(const struct subject *subject, const struct der *base) {
	struct der_walk w = der_walk_in(base);
	struct der name;
	struct buf canonical = {0};
	bool in = der_expect(&w, DER_SEQUENCE, &name) && name_canonical(&name, &canonical) &&
		  name_starts_with(&subject->canonical, &canonical);
	buf_dispose(&canonical);
	return in;
}

enum match { MATCH_NO, MATCH_YES, MATCH_UNSUPPORTED };

static enum match matches(const struct subject *subject, const struct der *base) {
	const struct der *name = &subject->name;
	const unsigned char *host;
	size_t len;
	switch (name->tag) {
	case 0x81:
		return mail_in(name->data, name->len, base) ? MATCH_YES : MATCH_NO;
	case 0x82:
		return dns_in(name, base) ? MATCH_YES : MATCH_NO;
	case 0xa4:
		return directory_in(subject, base) ? MATCH_YES : MATCH_NO;
	case 0x86:
		if (!uri_host(name, &host, &len)) return MATCH_UNSUPPORTED;
		return host_in(host, len, base) ? MATCH_YES : MATCH_NO;
	case 0x87:
		return address_in(name, base) ? MATCH_YES : MATCH_NO;
	default:
		return MATCH_UNSUPPORTED;
	}
}

struct subtrees {
	bool any, match, unsupported, malformed;
};

/* Holds a name against one list of subtrees: those of its form only. */
static struct subtrees compare(const struct subject *subject, const struct der *list, struct path_budget *budget) {
	struct subtrees result = {0};
	struct der_walk w = der_walk_in(list);
	struct der subtree, base, rest;
	while (der_next(&w, &subtree)) {
		struct der_walk in = der_walk_in(&subtree);
		if (++budget->comparisons > MAX_COMPARISONS) {
			path_limit(budget, "comparisons of names with constraints");
			result.malformed = true;
			return result;
		}
		if (subtree.tag != DER_SEQUENCE || !der_next(&in, &base))
			result.malformed = true;
		else if (der_next(&in, &rest) && !(rest.tag == 0x80 && rest.len == 1 && rest.data[0] == 0))
			result.unsupported |=
				base.tag == subject->name.tag; /* minimum and maximum are not used in the profile */
		if (result.malformed || base.tag != subject->name.tag) continue;
		result.any = true;
		enum match match = matches(subject, &base);
		if (match == MATCH_UNSUPPORTED) result.unsupported = true;
		if (match == MATCH_YES) result.match = true;
	}
	if (w.bad) result.malformed = true;
	return result;
}

static bool name_allowed(const struct subject *subject, const struct cert *ca, struct path_budget *budget) {
	struct der_walk w = der_walk_in(&ca->name_constraints);
	struct der list;
	bool ok = true;
	if (der_optional(&w, 0xa0, &list)) {
		struct subtrees permitted = compare(subject, &list, budget);
		ok = !permitted.malformed && !permitted.unsupported && (!permitted.any || permitted.match);
	}
	if (ok && der_optional(&w, 0xa1, &list)) {
		struct subtrees excluded = compare(subject, &list, budget);
		ok = !excluded.malformed && !excluded.unsupported && !excluded.match;
	}
	return ok && der_done(&w);
}

static bool allowed_and_free(struct subject *subject, const struct cert *ca, struct path_budget *budget) {
	bool ok = name_allowed(subject, ca, budget);
	buf_dispose(&subject->canonical);
	free(subject->text);
	return ok;
}

/* Every address in the subject, whatever the alternative names say: RFC 5280 asks for it without them, and a reader may
 * show either. */
static bool mail_attributes_allowed(const struct cert *cert, const struct cert *ca, struct path_budget *budget) {
	struct name_walk w = name_walk_in(&cert->subject);
	struct der value;
	while (name_walk_next(&w, "1.2.840.113549.1.9.1", &value)) {
		struct subject mail = {.text = der_string_utf8(&value)};
		const char *text = mail.text ? mail.text : "";
		mail.name = (struct der){.tag = 0x81, .data = (const unsigned char *)text, .len = strlen(text)};
		if (!allowed_and_free(&mail, ca, budget)) return false;
	}
	return true;
}

static bool names_allowed(const struct cert *cert, const struct cert *ca, struct path_budget *budget) {
	if (cert->subject.len) {
		struct subject subject = {.name = {.tag = 0xa4}};
		buf_add(&subject.canonical, cert->subject_name.data, cert->subject_name.len);
		if (!allowed_and_free(&subject, ca, budget)) return false;
	}
	if (cert->subject_alt_name.tag) {
		struct der_walk w = der_walk_in(&cert->subject_alt_name), in;
		struct der name, directory;
		while (der_next(&w, &name)) {
			struct subject subject = {.name = name};
			in = der_walk_in(&name);
			bool readable = name.tag != 0xa4 || (der_expect(&in, DER_SEQUENCE, &directory) &&
							     name_canonical(&directory, &subject.canonical));
			if (!allowed_and_free(&subject, ca, budget) || !readable) return false;
		}
		if (w.bad) return false;
	}
	return mail_attributes_allowed(cert, ca, budget);
}

bool path_check_names(const struct chain *chain, struct path_budget *budget, struct finding_list *findings) {
	for (size_t ca = chain->count - 1; ca > 0; ca--) {
		if (!chain->certs[ca]->name_constraints.tag) continue;
		for (size_t i = 0; i < ca; i++) {
			const struct cert *cert = chain->certs[i];
			if (i > 0 && cert->self_issued) continue; /* RFC 5280 6.1.3 (b) */
			if (names_allowed(cert, chain->certs[ca], budget)) continue;
			finding_add(findings, FINDING_CERT_NAME_NOT_ALLOWED, "%s, by %s", cert->subject_text,
				    chain->certs[ca]->subject_text);
			return false;
		}
	}
	return true;
}
