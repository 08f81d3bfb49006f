#include "validator/pdf_signature.h"

#include <stdlib.h>
#include <string.h>

void pdf_signatures_name(struct pdf_document *d) {
	for (size_t i = 1; i < d->signature_count; i++) {
		unsigned same = 1;
		for (size_t j = 0; j < i; j++) same += !strcmp(d->signatures[j].name, d->signatures[i].name);
		if (same == 1) continue;
		finding_add(&d->findings, FINDING_SIGNATURE_NAME_TWICE, "%s", d->signatures[i].name);
		char *name = xasprintf("%s (%u)", d->signatures[i].name, same);
		free(d->signatures[i].name);
		d->signatures[i].name = name;
	}
}

void pdf_signature_forget_texts(struct pdf_signature *s) {
	char **texts[] = {&s->claimed_time, &s->reason, &s->location};
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		free(*texts[i]);
		*texts[i] = xstrdup("");
	}
	free(s->cert);
	s->cert = NULL;
	s->cert_len = 0;
}

void pdf_document_dispose(struct pdf_document *document) {
	for (size_t i = 0; i < document->signature_count; i++) pdf_signature_dispose(&document->signatures[i]);
	free(document->signatures);
	struct pdf_blob *lists[] = {document->certs, document->crls, document->ocsps};
	size_t counts[] = {document->cert_count, document->crl_count, document->ocsp_count};
	for (size_t k = 0; k < ARRAY_LEN(lists); k++) {
		for (size_t i = 0; i < counts[k]; i++) free(lists[k][i].data);
		free(lists[k]);
	}
	free(document->version);
	pdf_copy_dispose(&document->first_page);
	finding_list_dispose(&document->findings);
	*document = (struct pdf_document){0};
}
