#include "validator/path_internal.h"

#include "base/mem.h"
#include "validator/cert_parts.h"

#include <stdlib.h>
#include <string.h>

/* Each URL once for a certificate; more than these for one path would only serve to make others fetch. */
#define MAX_WANTS 64

static bool wanted(const struct path_result *result, const char *url, const struct cert *cert) {
	for (size_t i = 0; i < result->want_count; i++)
		if (!strcmp(result->wants[i].url, url) &&
		    !memcmp(result->wants[i].for_sha256, cert->sha256, SHA256_SIZE))
			return true;
	return false;
}

static void add(struct path_result *result, const char *kind, const char *url, const struct cert *cert,
		struct buf *request) {
	if (result->want_count == MAX_WANTS || wanted(result, url, cert)) return;
	ARRAY_GROW(result->wants, result->want_count, result->want_cap);
	struct path_want *want = &result->wants[result->want_count++];
	*want = (struct path_want){.kind = kind, .url = xstrdup(url)};
	if (request) {
		want->request = xmemdup(request->data, request->len);
		want->request_len = request->len;
	}
	memcpy(want->for_sha256, cert->sha256, SHA256_SIZE);
}

/* The URLs (kind CRL) of a freshestCRL extension, which has the form of CRL distribution points. */
static void add_freshest(struct path_result *result, const struct cert *cert) {
	struct cert_texts urls = {0};
	crl_point_urls(&cert->freshest_crl, &urls);
	for (size_t i = 0; i < urls.count; i++) {
		add(result, "crl", urls.items[i], cert, NULL);
		free(urls.items[i]);
	}
	free(urls.items);
}

void path_wants_status(struct path_result *result, const struct cert *cert, const struct cert *issuer) {
	struct buf request = {0};
	if (cert->ocsp_urls.count) ocsp_request(cert, issuer, &request);
	for (size_t i = 0; i < cert->ocsp_urls.count; i++)
		add(result, "ocsp", cert->ocsp_urls.items[i], cert, &request);
	for (size_t i = 0; i < cert->crl_urls.count; i++) add(result, "crl", cert->crl_urls.items[i], cert, NULL);
	if (cert->freshest_crl.tag) add_freshest(result, cert);
	buf_dispose(&request);
}

void path_wants_issuer(struct path_result *result, const struct cert *cert) {
	for (size_t i = 0; i < cert->issuer_urls.count; i++)
		add(result, "issuer", cert->issuer_urls.items[i], cert, NULL);
}
