/* Is it plain XMP? Well-formed XML without document type and entities of its own, its root xmpmeta or RDF: what
 * replaces metadata after signing may not smuggle in anything that a reader would expand or fetch. */
#include "validator/pdf_compare_parts.h"

#include "base/limits.h"

#include <string.h>

struct xml {
	const char *p, *end;
	struct pdf_text open[LIMIT_PDF_XMP_DEPTH]; /* names of the elements that are not closed yet */
	unsigned depth;
	bool had_root;
};

static bool is_space(char c) {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static void skip_space(struct xml *x) {
	while (x->p < x->end && is_space(*x->p)) x->p++;
}

static bool starts(const struct xml *x, const char *text) {
	size_t n = strlen(text);
	return (size_t)(x->end - x->p) >= n && !memcmp(x->p, text, n);
}

static bool skip_past(struct xml *x, const char *text) {
	const char *at = memmem(x->p, (size_t)(x->end - x->p), text, strlen(text));
	if (at) x->p = at + strlen(text);
	return at;
}

static bool read_name(struct xml *x, struct pdf_text *name) {
	*name = (struct pdf_text){x->p, 0};
	while (x->p < x->end && !is_space(*x->p) && !strchr("<>/=\"'&?!", *x->p)) x->p++;
	name->len = (size_t)(x->p - name->data);
	return name->len > 0 && !strchr("0123456789-.", *name->data);
}

/* Only the five entities that XML has by itself, and characters by number. */
static bool read_entity(struct xml *x) {
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (starts(x, known[i])) {
			x->p += strlen(known[i]);
			return true;
		}
	return starts(x, "&#") && skip_past(x, ";");
}

static bool read_attribute(struct xml *x) {
	struct pdf_text name;
	if (!read_name(x, &name)) return false;
	skip_space(x);
	if (x->p == x->end || *x->p++ != '=') return false;
	skip_space(x);
	if (x->p == x->end || (*x->p != '"' && *x->p != '\'')) return false;
	char quote = *x->p++;
	while (x->p < x->end && *x->p != quote) {
		if (*x->p == '<') return false;
		if (*x->p != '&')
			x->p++;
		else if (!read_entity(x))
			return false;
	}
	return x->p++ < x->end;
}

static bool is_xmp_root(struct pdf_text name) {
	const char *colon = memrchr(name.data, ':', name.len);
	size_t skip = colon ? (size_t)(colon + 1 - name.data) : 0;
	struct pdf_text local = {name.data + skip, name.len - skip};
	return pdf_text_equal(local, (struct pdf_text){"xmpmeta", 7}) ||
	       pdf_text_equal(local, (struct pdf_text){"RDF", 3}) ||
	       pdf_text_equal(local, (struct pdf_text){"xapmeta", 7});
}

static bool open_element(struct xml *x) {
	struct pdf_text name;
	x->p++;
	if (!read_name(x, &name)) return false;
	if (x->depth == 0 && (x->had_root || !is_xmp_root(name))) return false;
	x->had_root = true;
	for (;;) {
		skip_space(x);
		if (x->p == x->end) return false;
		if (starts(x, "/>")) {
			x->p += 2;
			return true;
		}
		if (*x->p == '>') break;
		if (!read_attribute(x)) return false;
	}
	x->p++;
	if (x->depth == LIMIT_PDF_XMP_DEPTH) return false;
	x->open[x->depth++] = name;
	return true;
}

static bool close_element(struct xml *x) {
	struct pdf_text name;
	x->p += 2;
	if (!read_name(x, &name) || x->depth == 0 || !pdf_text_equal(name, x->open[--x->depth])) return false;
	skip_space(x);
	return x->p < x->end && *x->p++ == '>';
}

static bool read_text(struct xml *x) {
	if (*x->p == '&') return x->depth > 0 && read_entity(x);
	/* The padding of a packet may end in NUL bytes. */
	if (x->depth == 0 && !is_space(*x->p) && *x->p != 0) return false;
	x->p++;
	return true;
}

bool pdf_is_plain_xmp(const unsigned char *data, size_t len) {
	if (!len) return false; /* an empty stream may have no bytes to point at */
	struct xml x = {.p = (const char *)data, .end = (const char *)data + len};
	if (starts(&x, "\xef\xbb\xbf")) x.p += 3;
	while (x.p < x.end) {
		bool good;
		if (starts(&x, "<!--"))
			good = skip_past(&x, "-->");
		else if (starts(&x, "<![CDATA["))
			good = x.depth > 0 && skip_past(&x, "]]>");
		else if (starts(&x, "<!"))
			good = false;
		else if (starts(&x, "<?"))
			good = skip_past(&x, "?>");
		else if (starts(&x, "</"))
			good = close_element(&x);
		else if (*x.p == '<')
			good = open_element(&x);
		else
			good = read_text(&x);
		if (!good) return false;
	}
	return x.had_root && x.depth == 0;
}
