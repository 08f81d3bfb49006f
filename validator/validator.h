/* The validator is a function: bytes, evidence, trust, policy and time in; a report and wants out.
 *
 * No file, socket, clock, log or global state. It is built to be run in a process that may do nothing else
 * (archiver/worker.h); whatever it meets in the bytes becomes a finding, never an error. One struct validator serves
 * many documents: trust, policy and time-free facts (parsed certificates, keys, checked certificate signatures) are
 * shared between documents, availability is not: a document's verdict uses only its own and the offered material. */
#ifndef LTVAULT_VALIDATOR_VALIDATOR_H
#define LTVAULT_VALIDATOR_VALIDATOR_H

#include "base/digest.h"
#include "base/error.h"
#include "base/utime.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct validator;

/* `policy` is the text of a policy file (see docs/policy.md); NULL for the built-in one. NULL with err set when it
 * cannot be used. */
struct validator *validator_new(const char *policy, size_t policy_len, struct error *err);
void validator_free(struct validator *v);
/* Trust anchors: one DER certificate or any number in PEM. Returns how many were added; 0 when it is neither. */
int validator_add_trust(struct validator *v, const unsigned char *data, size_t len);

enum revocation_mode {
	REVOCATION_HARD, /* unknown status is INDETERMINATE */
	REVOCATION_SOFT, /* unknown is let through, known is respected */
	REVOCATION_OFF,
};

struct val_blob {
	const unsigned char *data; /* borrowed for the call */
	size_t len;
};

/* A caller's proof that some bytes existed: an evidence record, the archive's intake. */
struct val_proof {
	unsigned char sha256[32]; /* of the document */
	utime when;
	const char *basis; /* "evidence-record" or "archive" */
};

/* The long-term form that is asked for (validator/extend.h). */
struct val_extend {
	bool stamp;        /* B-LTA: under a document time-stamp, renewed when that is due; else B-LT */
	size_t token_room; /* bytes kept for a time-stamp token */
	utime renew_until; /* a document time-stamp is renewed when its certificates or algorithms end before this */
	bool entries;      /* an entry of its own for each signature in the store (/VRI) */
	bool certified;    /* also where a certification permits no changes (P=1) */
	enum digest_alg digest; /* CMS: at least this for what is stamped */
	/* CMS: first it is told what has to be stamped; then, with `finish`, the evidence is exactly what is to be put in, in that
	 * order, the last token_count being the tokens, and the pieces are made. */
	bool finish;
	size_t token_count;
};

struct val_request {
	struct val_blob document;
	utime at; /* validation time: the caller's now */
	enum revocation_mode revocation;
	const struct val_blob *evidence; /* certificates, CRLs, OCSP responses, tokens; DER or PEM; never trusted by itself */
	size_t evidence_count;
	const struct val_blob *data; /* what detached signatures, timestamps and evidence records speak about */
	size_t data_count;
	const char *const *digests; /* "ALG:HEX", the same as bare hashes */
	size_t digest_count;
	const struct val_proof *proofs;
	size_t proof_count;
	const char *password; /* of an encrypted document, tried as the bytes that it is; NULL: none is known */
	const struct val_extend *extend; /* NULL: none; else the report has "extension" (docs/extend.md) */
	/* path only: RFC 5280 6.1.1 inputs */
	const char *const *initial_policies; /* dotted OIDs; none means anyPolicy */
	size_t initial_policy_count;
	bool require_explicit_policy, inhibit_policy_mapping, inhibit_any_policy;
	bool only_read; /* validator_read_evidence */
	uint64_t records_cover; /* the evidence records among the evidence are about so many first bytes of a PDF; 0: about all of it */
	bool brief; /* the report is for a program that goes on by itself: validator_judge */
	utime grace; /* status data made less than this after a signature is wanted again; 0: never */
	/* validator_judge_answer only */
	struct val_blob query; /* the TimeStampReq that `document` answers; its data is NULL for everything else */
	utime tolerance;       /* how far the time-stamp's time may be from `at` */
	bool with_anchor;      /* the trust anchor's certificate goes into the token, too */
};

/* The report of schema ltvault.validation/1 (docs/cli.md) without "file", plus the key "wants": an array of
 *   {"kind": "ocsp"|"crl"|"issuer", "url": "http://...", "request": "base64 of the OCSP request" or null,
 *    "for": "sha256 of the certificate it is about"}
 * of what would help to decide, in order of use; "accepted": the SHA-256 of the CRLs and OCSP responses that speak with
 * authority about a certificate of a path or a signer of such data, and of the certificates whose keys verify one of a path;
 * "idle": of the certificates in `evidence` that are not among these; "status_wanted_after": the time from which newer
 * status data would prove more (see `grace`), or null; and where there is any, "unreadable": the places in `evidence` at
 * which there was no certificate, CRL, OCSP response or bundle of them. The caller owns the reference. Never NULL.
 *
 * With `brief` the judgement is the same and the report has less: no words, no paths, nothing about how long a proof holds; of each
 * signature what came of it (id, kind, indication, sub_indication, integrity, coverage, modification, level), the end of its
 * certificate, its digest, and as many "timestamps" and "findings" as there are, by kind and code alone. */
json_t *validator_judge(struct validator *v, const struct val_request *request);
/* The same for one certificate: schema ltvault.path/1, plus "wants". */
json_t *validator_judge_path(struct validator *v, const struct val_request *request);
/* `document` is the TimeStampResp to `query` (RFC 3161). The report of validator_judge on the token inside, plus "fault" (a
 * name of validator/tsp_fault.def, or null), "fault_detail" (text), and without a fault "token" (base64 of the ContentInfo
 * with the authority's chain and status data in it, which is TOTAL-PASSED by itself) and "gen_time". */
json_t *validator_judge_answer(struct validator *v, const struct val_request *request);
/* What `document` is as evidence, without any judgement: {"pieces": [{"kind": "certificate"|"crl"|"ocsp"|"timestamp", "whole":
 * the piece is all of `document`, else "der": base64, "subject" (certificate), "issuer" (certificate, crl: names as in
 * reports), "serials": those it speaks about, in lower-case hexadecimal}]}, from DER, PEM or a CMS bundle. A time-stamp is
 * one piece, always whole, followed by what it carries with "inside": true. */
json_t *validator_read_evidence(struct validator *v, const struct val_request *request);
/* {"id": ..., "sha256": ...} of the policy in use; a new reference. */
json_t *validator_policy_id(const struct validator *v);

#endif
