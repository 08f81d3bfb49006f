/* An associated signature container (EN 319 162-1) with CAdES signatures, time-stamps and evidence records: what its
 * members are, which of them each signature speaks about, and whether they are what was signed. */
#ifndef LTVAULT_VALIDATOR_ASIC_H
#define LTVAULT_VALIDATOR_ASIC_H

#include "validator/asic_manifest.h"
#include "validator/content.h"
#include "validator/finding.h"
#include "validator/format.h"
#include "validator/zip.h"

enum asic_role {
	ASIC_DATA, /* a data object: outside META-INF */
	ASIC_MIMETYPE,
	ASIC_MANIFEST,
	ASIC_CADES,
	ASIC_TIMESTAMP,
	ASIC_EVIDENCE_RECORD,     /* RFC 4998 */
	ASIC_XML_EVIDENCE_RECORD, /* RFC 6283 */
	ASIC_XADES,
	ASIC_OTHER, /* in META-INF, nothing to do with signatures */
};

enum asic_state { ASIC_WHOLE, ASIC_MISSING, ASIC_CHANGED };

/* What one signature, time-stamp or evidence record speaks about. */
struct asic_cover {
	size_t member;                /* its own */
	struct recognised recognised; /* its bytes without armour or response around them */
	size_t *candidates;           /* members that may be what it was made over: manifests, else data objects */
	size_t candidate_count;
	bool by_manifest;       /* the candidates are manifests */
	bool bound;             /* one of them is */
	bool conforming;        /* the standard leaves no doubt what is signed */
	bool *covers;           /* by member: digested by it, directly or through its manifest, and as it was then */
	bool partial;           /* there is a data object that is not covered */
	enum asic_state state;  /* of what its manifest references */
	bool algs[DIGEST_ALGS]; /* digests that the coverage rests on besides the signature's own */
	struct finding_list findings;
};

struct asic {
	struct zip zip;
	enum asic_role *roles;     /* by member */
	struct content **contents; /* by member; NULL until asked for */
	struct asic_manifest *manifests;
	size_t manifest_count;
	size_t role_count[ASIC_OTHER + 1];
	bool named_simple, named_extended; /* by its mimetype: ASiC-S, ASiC-E */
	struct asic_cover **covers;        /* made so far; owned */
	size_t cover_count, cover_cap;
	size_t searched; /* members looked at for references that no name answers */
};

/* False when the zip cannot be read; the findings then say why. Dispose of it in either case. */
bool asic_read(const unsigned char *data, size_t len, struct asic *out, struct finding_list *findings);
/* It says so or carries a signature; any other zip file with a META-INF is none. */
bool asic_is_container(const struct asic *asic);
void asic_dispose(struct asic *asic);

/* What may have been signed by this member. Valid as long as the container. */
struct asic_cover *asic_cover_new(struct asic *asic, size_t member);
/* Chooses the candidate with this digest, or the only one when len is 0, and follows its references; where no manifest
 * has it, a data object signed without its manifest may. Gives the content
 * of the one chosen, else of the first, NULL when there is none; borrowed. */
struct content *asic_cover_bind(struct asic *asic, struct asic_cover *cover, enum digest_alg alg,
				const unsigned char *digest, size_t len);

/* For an evidence record: what its first manifest references, else the data objects, as one offer each. The caller
 * frees the content. */
struct content *asic_cover_objects(struct asic *asic, struct asic_cover *cover);

#endif
