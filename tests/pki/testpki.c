/* ltv-testpki: the test PKI, the sample documents and files to measure with (docs/test-pki.md). */
#include "tests/pki/bulk.h"
#include "tests/pki/large.h"
#include "tests/pki/many.h"
#include "tests/pki/samples.h"
#include "tests/pki/tool.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_cert(const struct pki *pki, enum cert_id id, const char *dir, bool pem) {
	struct buf der = {0};
	char *name = xasprintf("%s.%s", cert_profiles[id].name, pem ? "pem" : "crt");
	if (pem) {
		BIO *out = BIO_new(BIO_s_mem());
		char *text = NULL;
		need(out && PEM_write_bio_X509(out, pki->cert[id]) == 1, name);
		long len = BIO_get_mem_data(out, &text);
		buf_add(&der, text, (size_t)len);
		BIO_free(out);
	} else {
		TOOL_DER(&der, i2d_X509, pki->cert[id]);
	}
	tool_write(dir, name, der.data, der.len);
	buf_dispose(&der);
	free(name);
}

static void write_crl(const struct pki *pki, enum cert_id ca, const char *dir) {
	X509_CRL *crl = pki_crl(pki, ca, PKI_EVIDENCE_FROM, PKI_EVIDENCE_UNTIL);
	char *name = xasprintf("%s.crl", cert_profiles[ca].name);
	struct buf der = {0};
	TOOL_DER(&der, i2d_X509_CRL, crl);
	tool_write(dir, name, der.data, der.len);
	buf_dispose(&der);
	free(name);
	X509_CRL_free(crl);
}

static void write_ocsp(const struct pki *pki, enum cert_id id, const char *dir) {
	OCSP_REQUEST *request = pki_ocsp_request(pki, id);
	OCSP_RESPONSE *response = pki_ocsp(pki, request, PKI_EVIDENCE_FROM, PKI_EVIDENCE_UNTIL);
	char *name = xasprintf("%s.ocsp", cert_profiles[id].name);
	struct buf der = {0};
	TOOL_DER(&der, i2d_OCSP_RESPONSE, response);
	tool_write(dir, name, der.data, der.len);
	buf_dispose(&der);
	free(name);
	OCSP_RESPONSE_free(response);
	OCSP_REQUEST_free(request);
}

static void make(const char *out_dir, const char *base_url) {
	struct pki pki;
	char *certs = xasprintf("%s/certs", out_dir), *trust = xasprintf("%s/trust", out_dir);
	char *evidence = xasprintf("%s/evidence", out_dir);
	tool_random_fix();
	pki_make(&pki, base_url);
	tool_make_dir(out_dir);
	tool_make_dir(certs);
	tool_make_dir(trust);
	tool_make_dir(evidence);
	tool_write(out_dir, "base-url.txt", base_url, strlen(base_url));
	for (int i = 0; i < CERT_IDS; i++) write_cert(&pki, (enum cert_id)i, certs, true);
	write_cert(&pki, ROOT_G1, trust, true);
	write_cert(&pki, ROOT_G2, trust, true);
	static const enum cert_id cas[] = {ROOT_G1, SUB_G1, ROOT_G2, SUB_G2, SUB_CLOSED_G2};
	for (size_t i = 0; i < ARRAY_LEN(cas); i++) {
		write_crl(&pki, cas[i], evidence);
		if (cas[i] != ROOT_G1 && cas[i] != ROOT_G2) write_cert(&pki, cas[i], evidence, false);
	}
	static const enum cert_id asked[] = {SUB_G2, CHAIRMAN, OFFICE, TSA_G2, REVOKED_PERSON};
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) write_ocsp(&pki, asked[i], evidence);
	samples_write(&pki, out_dir);
	pki_dispose(&pki);
	free(certs);
	free(trust);
	free(evidence);
}

static int usage(void) {
	fputs("usage: ltv-testpki make OUTDIR [--base-url URL]\n       ltv-testpki bulk OUTDIR COUNT SEED\n"
	      "       ltv-testpki large OUTDIR MEGABYTES SIGNATURES\n"
	      "       ltv-testpki many OUTDIR COUNT --base-url URL\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv) {
	if (argc == 3 && !strcmp(argv[1], "make")) {
		make(argv[2], PKI_DEFAULT_URL);
	} else if (argc == 5 && !strcmp(argv[1], "make") && !strcmp(argv[3], "--base-url")) {
		make(argv[2], argv[4]);
	} else if (argc == 5 && !strcmp(argv[1], "bulk")) {
		bulk_write(argv[2], strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
	} else if (argc == 5 && !strcmp(argv[1], "large")) {
		large_write(argv[2], strtoull(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
	} else if (argc == 6 && !strcmp(argv[1], "many") && !strcmp(argv[4], "--base-url")) {
		many_write(argv[2], strtoull(argv[3], NULL, 10), argv[5]);
	} else {
		return usage();
	}
	return 0;
}
