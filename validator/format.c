#include "validator/format.h"

#include "validator/cms.h"
#include "validator/ers.h"
#include "validator/pdf.h"
#include "validator/tst.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const char *format_name(enum format format) {
	static const char *const names[] = {
		[FORMAT_UNKNOWN] = "unknown",
		[FORMAT_PDF] = "pdf",
		[FORMAT_CMS] = "cms",
		[FORMAT_TIMESTAMP] = "timestamp",
		[FORMAT_EVIDENCE_RECORD] = "evidence-record",
		[FORMAT_XML_EVIDENCE_RECORD] = "evidence-record",
		[FORMAT_ASIC] = "asic",
		[FORMAT_XML] = "xml",
		[FORMAT_OOXML] = "ooxml",
	};
	return names[format];
}

static bool is_space(unsigned char c) {
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_decode(const unsigned char *text, size_t len, struct buf *out) {
	unsigned bits = 0, count = 0, padding = 0;
	for (size_t i = 0; i < len; i++) {
		if (is_space(text[i])) continue;
		if (text[i] == '=') {
			padding++;
			continue;
		}
		const char *at = text[i] ? strchr(alphabet, text[i]) : NULL;
		if (!at || padding) return false;
		bits = bits << 6 | (unsigned)(at - alphabet);
		if (++count % 4 == 0) {
			unsigned char octets[] = {bits >> 16 & 0xff, bits >> 8 & 0xff, bits & 0xff};
			buf_add(out, octets, 3);
		}
	}
	if (count % 4 == 1 || padding > 2) return false;
	if (count % 4 == 2) buf_add_byte(out, bits >> 4 & 0xff);
	if (count % 4 == 3) buf_add_byte(out, bits >> 10 & 0xff), buf_add_byte(out, bits >> 2 & 0xff);
	return true;
}

char *base64_encode(const unsigned char *data, size_t len) {
	struct buf out = {0};
	for (size_t i = 0; i < len; i += 3) {
		unsigned char b[3] = {data[i], i + 1 < len ? data[i + 1] : 0, i + 2 < len ? data[i + 2] : 0};
		buf_add_byte(&out, (unsigned char)alphabet[b[0] >> 2]);
		buf_add_byte(&out, (unsigned char)alphabet[(b[0] & 3) << 4 | b[1] >> 4]);
		buf_add_byte(&out, (unsigned char)(i + 1 < len ? alphabet[(b[1] & 15) << 2 | b[2] >> 6] : '='));
		buf_add_byte(&out, (unsigned char)(i + 2 < len ? alphabet[b[2] & 63] : '='));
	}
	return buf_take_text(&out);
}

static enum format of_binary(const unsigned char *data, size_t len, struct recognised *out) {
	struct der token;
	bool tst;
	out->data = data, out->len = len;
	if (cms_recognise(data, len, &tst)) return tst ? FORMAT_TIMESTAMP : FORMAT_CMS;
	if (tst_token_of_response(data, len, &token) && cms_recognise(token.start, token.full, &tst) && tst) {
		out->data = token.start, out->len = token.full;
		return FORMAT_TIMESTAMP;
	}
	return ers_recognise(data, len) ? FORMAT_EVIDENCE_RECORD : FORMAT_UNKNOWN;
}

static bool has(const unsigned char *data, size_t len, const char *text) {
	return memmem(data, len, text, strlen(text)) != NULL;
}

static enum format of_container(const unsigned char *data, size_t len) {
	if (len >= 4 && !memcmp(data, "PK\003\004", 4)) {
		if (has(data, len, "META-INF/")) return FORMAT_ASIC;
		return has(data, len, "_xmlsignatures/") ? FORMAT_OOXML : FORMAT_UNKNOWN;
	}
	size_t at = len >= 3 && !memcmp(data, "\357\273\277", 3) ? 3 : 0;
	while (at < len && is_space(data[at])) at++;
	if (at == len || data[at] != '<') return FORMAT_UNKNOWN;
	if (has(data, len, "urn:ietf:params:xml:ns:ers")) return FORMAT_XML_EVIDENCE_RECORD;
	return has(data, len, "http://www.w3.org/2000/09/xmldsig#") ? FORMAT_XML : FORMAT_UNKNOWN;
}

/* The text between the lines of a PEM block, or everything when there are none and it starts as base64 DER does. */
static bool armoured(const unsigned char *data, size_t len, const unsigned char **text, size_t *text_len) {
	static const char begin[] = "-----BEGIN ", dashes[] = "-----", end[] = "-----END ";
	const unsigned char *from = memmem(data, len < 4096 ? len : 4096, begin, strlen(begin));
	if (from) {
		from += strlen(begin);
		const unsigned char *body = memmem(from, len - (size_t)(from - data), dashes, strlen(dashes));
		if (!body) return false;
		body += strlen(dashes);
		const unsigned char *stop = memmem(body, len - (size_t)(body - data), end, strlen(end));
		if (!stop) return false;
		*text = body, *text_len = (size_t)(stop - body);
		return true;
	}
	size_t at = 0;
	while (at < len && is_space(data[at])) at++;
	*text = data + at, *text_len = len - at;
	return *text_len > 2 && (*text)[0] == 'M' && (*text)[1] >= 'A' && (*text)[1] <= 'I'; /* 0x30 and a length */
}

void format_recognise(const unsigned char *data, size_t len, struct recognised *out) {
	const unsigned char *text;
	size_t text_len;
	*out = (struct recognised){.data = data, .len = len};
	if (!len) return;
	out->format = of_binary(data, len, out);
	if (out->format == FORMAT_UNKNOWN) out->format = of_container(data, len);
	if (out->format == FORMAT_UNKNOWN && armoured(data, len, &text, &text_len) &&
	    base64_decode(text, text_len, &out->decoded))
		out->format = of_binary(out->decoded.data, out->decoded.len, out);
	if (out->format == FORMAT_UNKNOWN) {
		out->data = data, out->len = len;
		if (pdf_recognise(data, len)) out->format = FORMAT_PDF;
	}
}

void recognised_dispose(struct recognised *r) {
	buf_dispose(&r->decoded);
	*r = (struct recognised){0};
}
