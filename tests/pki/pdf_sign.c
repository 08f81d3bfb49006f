#include "tests/pki/pdf_sign.h"

#include "tests/pki/cms_sign.h"
#include "tests/pki/pdf_font.h"
#include "tests/pki/tool.h"

#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENTS_BYTES 12288 /* room for two certificates, a token with two more, and attributes */
#define BYTE_RANGE_ROOM 60

/* Where the bytes stand that are filled in after everything else is laid out. */
struct hole {
	size_t byte_range, contents;
};

static void add_holes(struct pdf *pdf, struct hole *hole) {
	buf_add_text(&pdf->out, "/ByteRange ");
	hole->byte_range = pdf->out.len;
	buf_printf(&pdf->out, "%*s\n/Contents ", BYTE_RANGE_ROOM, "");
	hole->contents = pdf->out.len;
	buf_add_text(&pdf->out, "<");
	for (int i = 0; i < 2 * CONTENTS_BYTES; i++) buf_add_byte(&pdf->out, '0');
	buf_add_text(&pdf->out, ">\n");
}

/* Writes the byte range and returns the bytes it covers. `extra` bytes before Contents are left out as well. */
static struct buf covered(struct pdf *pdf, const struct hole *hole, size_t extra) {
	size_t start = hole->contents - extra, resume = hole->contents + 2 * CONTENTS_BYTES + 2;
	char text[BYTE_RANGE_ROOM + 1];
	int n = snprintf(text, sizeof text, "[0 %zu %zu %zu]", start, resume, pdf->out.len - resume);
	memcpy(pdf->out.data + hole->byte_range, text, (size_t)n);
	struct buf bytes = {0};
	buf_add(&bytes, pdf->out.data, start);
	buf_add(&bytes, pdf->out.data + resume, pdf->out.len - resume);
	return bytes;
}

static void fill_contents(struct pdf *pdf, const struct hole *hole, CMS_ContentInfo *cms, bool break_value) {
	struct buf der = {0};
	TOOL_DER(&der, i2d_CMS_ContentInfo, cms);
	need(der.len <= CONTENTS_BYTES, "signature larger than its place");
	if (break_value) der.data[der.len - 1] ^= 1;
	for (size_t i = 0; i < der.len; i++) {
		char digits[3];
		snprintf(digits, sizeof digits, "%02X", der.data[i]);
		memcpy(pdf->out.data + hole->contents + 1 + 2 * i, digits, 2);
	}
	buf_dispose(&der);
}

static char *name_part(X509 *cert, int nid) {
	X509_NAME *name = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(name, nid, -1);
	if (at < 0) return xstrdup("");
	unsigned char *text = NULL;
	need(ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))) >= 0, "name");
	char *copy = xstrdup((char *)text);
	OPENSSL_free(text);
	return copy;
}

/* A person's signature is blue and an organisation's seal red, as the regulation wants them. */
static void add_appearance(struct pdf *pdf, int number, bool person) {
	const char *drawing = person ? "0 0 1 RG 2 w 5 10 m 30 50 l 45 12 l 70 48 l 90 15 l 115 30 l S"
				     : "1 0 0 RG 2 w 35 5 50 50 re S 45 15 30 30 re S";
	pdf_stream(pdf, number, "/Type /XObject /Subtype /Form /BBox [0 0 120 60] /Resources << >>", drawing,
		   strlen(drawing));
}

/* The font of a block; with its ToUnicode, or without any way back from its codes to letters. */
static int add_block_font(struct pdf *pdf, const struct font_plan *plan, bool numbered) {
	int font = pdf_new_number(pdf), other = pdf_new_number(pdf);
	if (numbered) {
		pdf_object(pdf, other,
			   "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Numbered /DW 500 /CIDSystemInfo << /Registry "
			   "(Adobe) /Ordering (Identity) /Supplement 0 >> >>");
		char *body = xasprintf("<< /Type /Font /Subtype /Type0 /BaseFont /Numbered /Encoding /Identity-H "
				       "/DescendantFonts [%d 0 R] >>",
				       other);
		pdf_object(pdf, font, body);
		free(body);
		return font;
	}
	struct buf map = font_to_unicode(plan);
	char *body = font_dictionary(plan, other);
	pdf_stream(pdf, other, "", map.data, map.len);
	pdf_object(pdf, font, body);
	free(body);
	buf_dispose(&map);
	return font;
}

static void add_layer(struct pdf *pdf, int number, const char *resources, const char *drawing, size_t len) {
	char *entries = xasprintf("/Type /XObject /Subtype /Form /BBox [0 0 180 60] /Resources << %s >>", resources);
	pdf_stream(pdf, number, entries, drawing, len);
	free(entries);
}

/* Text in the layers that signatures customarily have: /FRM, in it an empty /n0, and /n2. */
static void add_block(struct pdf *pdf, int number, const char *const *lines, bool numbered) {
	static const char outer[] = "q 1 0 0 1 0 0 cm /FRM Do Q\n", layers[] = "q /n0 Do Q q 1 0 0 1 0 0 cm /n2 Do Q\n";
	struct font_plan *plan = font_plan_new(lines);
	struct buf text = font_block_content(plan, lines, numbered);
	int font = add_block_font(pdf, plan, numbered), frame = pdf_new_number(pdf), blank = pdf_new_number(pdf);
	int words = pdf_new_number(pdf);
	char *of_outer = xasprintf("/XObject << /FRM %d 0 R >>", frame);
	char *of_frame = xasprintf("/XObject << /n0 %d 0 R /n2 %d 0 R >>", blank, words);
	char *of_words = xasprintf("/Font << /F1 %d 0 R >>", font);
	add_layer(pdf, number, of_outer, outer, sizeof outer - 1);
	add_layer(pdf, frame, of_frame, layers, sizeof layers - 1);
	add_layer(pdf, blank, "", "% DSBlank\n", 10);
	add_layer(pdf, words, of_words, (const char *)text.data, text.len);
	free(of_outer);
	free(of_frame);
	free(of_words);
	buf_dispose(&text);
	font_plan_free(plan);
}

enum field_place { FIELD_INVISIBLE, FIELD_BELOW, FIELD_TOP_RIGHT };

/* A field merged with its widget; value 0 leaves it empty, appearance 0 without anything to see. */
static void write_field(struct pdf *pdf, int row, enum field_place place, int value, int appearance) {
	struct buf b = {0};
	int x = 400 - 125 * (row % 4);
	buf_printf(&b, "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature%d) /P 3 0 R /F 132 ", row + 1);
	if (place == FIELD_TOP_RIGHT)
		buf_add_text(&b, "/Rect [400 772 580 832]");
	else if (place == FIELD_BELOW)
		buf_printf(&b, "/Rect [%d 200 %d 260]", x, x + 120);
	else
		buf_add_text(&b, "/Rect [0 0 0 0]");
	if (value) buf_printf(&b, " /V %d 0 R", value);
	if (appearance) buf_printf(&b, " /AP << /N %d 0 R >>", appearance);
	buf_add_text(&b, " >>");
	pdf_object(pdf, pdf->fields[row], buf_text(&b));
	buf_dispose(&b);
}

static int add_field(struct pdf *pdf) {
	need(pdf->field_count < (int)ARRAY_LEN(pdf->fields), "more signatures than expected");
	pdf->fields[pdf->field_count] = pdf_new_number(pdf);
	return pdf->field_count++;
}

/* Fills the next empty field, or makes one; true when form and page have to name it. `s`: NULL for what is not seen. */
static bool fill_field(struct pdf *pdf, int value, const struct pdf_signing *s, bool person) {
	bool added = pdf->filled == pdf->field_count, visible = s && !s->invisible;
	int row = added ? add_field(pdf) : pdf->filled, appearance = visible ? pdf_new_number(pdf) : 0;
	if (visible && s->block)
		add_block(pdf, appearance, s->block, s->block_numbered);
	else if (visible)
		add_appearance(pdf, appearance, person);
	write_field(pdf, row, !visible ? FIELD_INVISIBLE : s->block ? FIELD_TOP_RIGHT : FIELD_BELOW, value, appearance);
	pdf->filled = row + 1;
	return added;
}

static void add_value(struct pdf *pdf, int number, const struct pdf_signing *s, X509 *cert, struct hole *hole) {
	static const char *const sub_filters[] = {"ETSI.CAdES.detached", "adbe.pkcs7.detached", "adbe.pkcs7.sha1"};
	char *cn = name_part(cert, NID_commonName), *place = name_part(cert, NID_localityName);
	char *name = pdf_text_string(cn), *location = pdf_text_string(place);
	pdf->places[number] = (struct pdf_place){.offset = pdf->out.len};
	buf_printf(&pdf->out, "%d 0 obj\n<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /%s\n", number,
		   sub_filters[s->sub_filter]);
	buf_printf(&pdf->out, "/Name %s\n/Location %s\n/M (D:%.14sZ)\n", name, location, s->when);
	if (s->certify) {
		buf_printf(&pdf->out,
			   "/Reference [ << /Type /SigRef /TransformMethod /DocMDP "
			   "/TransformParams << /Type /TransformParams /P %d /V /1.2 >> >> ]\n",
			   s->frozen ? 1 : 2);
		pdf->certify = number;
	}
	add_holes(pdf, hole);
	buf_add_text(&pdf->out, ">>\nendobj\n");
	free(cn);
	free(place);
	free(name);
	free(location);
}

void pdf_sign(struct pdf *pdf, const struct pki *pki, const struct pdf_signing *s) {
	struct hole hole;
	int value = pdf_new_number(pdf);
	char *title = name_part(pki->cert[s->signer], NID_title);
	add_value(pdf, value, s, pki->cert[s->signer], &hole);
	bool added = fill_field(pdf, value, s, title[0] != '\0');
	for (int i = 0; i < s->reserve; i++) write_field(pdf, add_field(pdf), FIELD_BELOW, 0, 0);
	pdf_end_update(pdf, added);
	struct buf bytes = covered(pdf, &hole, s->leave_gap ? sizeof "/Contents " : 0);
	unsigned char sha1[SHA_DIGEST_LENGTH];
	unsigned options = s->options;
	if (s->sub_filter == SUB_FILTER_CADES) options |= CMS_OPT_NO_TIME;
	if (s->sub_filter == SUB_FILTER_PKCS7_SHA1) {
		/* ISO 32000-1 12.8.3.3: the content is the SHA-1 digest of the byte range. */
		SHA1(bytes.data, bytes.len, sha1);
		buf_dispose(&bytes);
		buf_add(&bytes, sha1, sizeof sha1);
		options |= CMS_OPT_ENVELOPING | CMS_OPT_SHA1;
	}
	CMS_ContentInfo *cms = cms_sign(pki, s->signer, options, s->when, bytes.data, bytes.len);
	if (s->stamp) cms_add_timestamp(cms, pki, s->stamp);
	fill_contents(pdf, &hole, cms, s->break_value);
	CMS_ContentInfo_free(cms);
	buf_dispose(&bytes);
	free(title);
}

void pdf_document_timestamp(struct pdf *pdf, const struct pki *pki, const char *gen_time) {
	struct hole hole;
	int value = pdf_new_number(pdf);
	pdf->places[value] = (struct pdf_place){.offset = pdf->out.len};
	buf_printf(&pdf->out, "%d 0 obj\n<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161\n",
		   value);
	add_holes(pdf, &hole);
	buf_add_text(&pdf->out, ">>\nendobj\n");
	fill_field(pdf, value, NULL, false);
	pdf_end_update(pdf, true);
	struct buf bytes = covered(pdf, &hole, 0);
	CMS_ContentInfo *token = tst_over(pki, gen_time, bytes.data, bytes.len);
	fill_contents(pdf, &hole, token, false);
	CMS_ContentInfo_free(token);
	buf_dispose(&bytes);
}

static void add_der_stream(struct pdf *pdf, struct buf *references, struct buf *der) {
	int number = pdf_new_number(pdf);
	pdf_stream(pdf, number, "", der->data, der->len);
	buf_printf(references, "%s%d 0 R", references->len ? " " : "", number);
	buf_dispose(der);
}

void pdf_add_dss(struct pdf *pdf, const struct pki *pki, const enum cert_id *signers, int count,
		 const char *this_update) {
	static const enum cert_id cas[] = {ROOT_G2, SUB_G2}, services[] = {ROOT_G2, SUB_G2, TSA_G2};
	struct buf certs = {0}, crls = {0};
	for (int i = 0; i < (int)ARRAY_LEN(services) + count; i++) {
		int own = i - (int)ARRAY_LEN(services);
		struct buf der = {0};
		TOOL_DER(&der, i2d_X509, pki->cert[own < 0 ? services[i] : signers[own]]);
		add_der_stream(pdf, &certs, &der);
	}
	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		X509_CRL *crl = pki_crl(pki, cas[i], this_update, PKI_EVIDENCE_UNTIL);
		struct buf der = {0};
		TOOL_DER(&der, i2d_X509_CRL, crl);
		add_der_stream(pdf, &crls, &der);
		X509_CRL_free(crl);
	}
	pdf->dss = pdf_new_number(pdf);
	char *body = xasprintf("<< /Type /DSS /Certs [%s] /CRLs [%s] >>", buf_text(&certs), buf_text(&crls));
	pdf_object(pdf, pdf->dss, body);
	pdf_end_update(pdf, true);
	free(body);
	buf_dispose(&certs);
	buf_dispose(&crls);
}
