#include "validator/path_internal.h"

#include "validator/names.h"

#include <string.h>

/* Which CRLs speak about which certificates: RFC 5280 6.3.3 (b) and (d). */

/* Most names one distribution point may have; real ones have one to four. */
#define MAX_NAMES 64

struct point_names {
	struct buf names[MAX_NAMES]; /* kind byte, then canonical directory name or the bytes of another form */
	size_t count;
};

static void add_directory(struct point_names *list, const struct buf *canonical) {
	if (list->count == MAX_NAMES) return;
	struct buf *name = &list->names[list->count++];
	buf_add_byte(name, 0xa4);
	buf_add(name, canonical->data, canonical->len);
}

static void add_general_names(struct point_names *list, struct der_walk names) {
	struct der name, directory;
	while (der_next(&names, &name) && list->count < MAX_NAMES) {
		if (name.tag == 0xa4) {
			struct der_walk in = der_walk_in(&name);
			struct buf canonical = {0};
			if (der_expect(&in, DER_SEQUENCE, &directory) && name_canonical(&directory, &canonical))
				add_directory(list, &canonical);
			buf_dispose(&canonical);
		} else {
			struct buf *out = &list->names[list->count++];
			buf_add_byte(out, name.tag);
			buf_add(out, name.data, name.len);
		}
	}
}

/* A DistributionPointName: full names, or one relative to an issuer's name. */
static void add_point(struct point_names *list, const struct der *point, const struct buf *issuer) {
	if (point->tag == 0xa0) {
		add_general_names(list, der_walk_in(point));
	} else if (point->tag == 0xa1) {
		struct buf whole = {0};
		buf_add(&whole, issuer->data, issuer->len);
		if (name_canonical_rdn(point, &whole)) add_directory(list, &whole);
		buf_dispose(&whole);
	}
}

static bool intersect(const struct point_names *a, const struct point_names *b) {
	for (size_t i = 0; i < a->count; i++)
		for (size_t k = 0; k < b->count; k++)
			if (name_equal(&a->names[i], &b->names[k])) return true;
	return false;
}

static void dispose(struct point_names *list) {
	for (size_t i = 0; i < list->count; i++) buf_dispose(&list->names[i]);
}

static unsigned reasons_of(const struct der *bits) {
	unsigned mask = 0;
	for (unsigned i = 1; i <= 8; i++)
		if (bits->len > 1 + i / 8 && bits->data[1 + i / 8] & (0x80 >> i % 8)) mask |= 1U << i;
	return mask;
}

static bool is_ca(const struct cert *cert) {
	return cert->has_basic_constraints && cert->ca;
}

static bool kind_fits(const struct crl *crl, const struct cert *cert) {
	return !crl->only_attribute && !(crl->only_user && is_ca(cert)) && !(crl->only_ca && !is_ca(cert));
}

struct point {
	struct point_names names, issuers;
	bool named, foreign; /* has a name; has a cRLIssuer */
	unsigned reasons;
};

static bool read_point(const struct der *element, const struct cert *cert, struct point *out) {
	struct der_walk w = der_walk_in(element);
	struct der name = {0}, reasons, issuer, choice;
	*out = (struct point){.reasons = CRL_ALL_REASONS};
	bool named = der_optional(&w, 0xa0, &name);
	if (der_optional(&w, 0x81, &reasons)) out->reasons = reasons_of(&reasons);
	const struct buf *base = &cert->issuer_name;
	struct buf foreign = {0};
	if (der_optional(&w, 0xa2, &issuer)) {
		out->foreign = true;
		add_general_names(&out->issuers, der_walk_in(&issuer));
		for (size_t i = 0; i < out->issuers.count && !foreign.len; i++)
			if (out->issuers.names[i].data[0] == 0xa4)
				buf_add(&foreign, out->issuers.names[i].data + 1, out->issuers.names[i].len - 1);
		base = &foreign;
	}
	if (named) {
		struct der_walk in = der_walk_in(&name);
		if (der_next(&in, &choice)) {
			out->named = true;
			add_point(&out->names, &choice, base);
		}
	}
	buf_dispose(&foreign);
	return der_done(&w);
}

static bool issuer_fits(const struct crl *crl, const struct cert *cert, const struct point *point) {
	if (!point->foreign) return name_equal(&crl->issuer_name, &cert->issuer_name);
	struct point_names own = {0};
	add_directory(&own, &crl->issuer_name);
	bool fits = crl->indirect && intersect(&own, &point->issuers);
	dispose(&own);
	return fits;
}

static bool names_fit(const struct crl *crl, const struct point *point) {
	if (!crl->idp_point.tag) return true;
	struct point_names own = {0};
	add_point(&own, &crl->idp_point, &crl->issuer_name);
	bool fits = intersect(&own, point->named ? &point->names : &point->issuers);
	dispose(&own);
	return fits;
}

static unsigned point_scope(const struct crl *crl, const struct cert *cert, const struct point *point) {
	return issuer_fits(crl, cert, point) && names_fit(crl, point) ? crl->only_reasons & point->reasons : 0;
}

/* The last paragraph of 6.3.3: a CRL of the certificate's issuer from elsewhere, its point named by the issuer. */
static unsigned default_scope(const struct crl *crl, const struct cert *cert) {
	struct point point = {.named = true, .reasons = CRL_ALL_REASONS};
	add_directory(&point.names, &cert->issuer_name);
	unsigned mask = point_scope(crl, cert, &point);
	dispose(&point.names);
	return mask;
}

unsigned revocation_crl_scope(const struct crl *crl, const struct cert *cert) {
	if (!kind_fits(crl, cert)) return 0;
	if (!crl->indirect && !name_equal(&crl->issuer_name, &cert->issuer_name)) return 0;
	unsigned mask = default_scope(crl, cert);
	if (!cert->crl_points.tag) return mask;
	struct der_walk w = der_walk_in(&cert->crl_points);
	struct der element;
	for (unsigned count = 0; mask != CRL_ALL_REASONS && count < MAX_NAMES && der_next(&w, &element); count++) {
		struct point point;
		if (read_point(&element, cert, &point)) mask |= point_scope(crl, cert, &point);
		dispose(&point.names);
		dispose(&point.issuers);
	}
	return mask;
}
