/* Every bound on what comes from outside, with its reason. A size is held against its bound before it is allocated. */
#ifndef LTVAULT_BASE_LIMITS_H
#define LTVAULT_BASE_LIMITS_H

#define LIMIT_DOCUMENT_BYTES (64ULL << 30)   /* one file taken in: far beyond any signed document, within tar's and the packs' reach */
#define LIMIT_JUDGED_BYTES (1ULL << 30)      /* one document given to a worker: it is held in memory there */
#define LIMIT_EVIDENCE_BYTES (64UL << 20)    /* one certificate, CRL, OCSP answer or token: the largest public CRLs are near 40 MB */
#define LIMIT_EVIDENCE_TOTAL (256UL << 20)   /* all evidence offered for one document */
#define LIMIT_EVIDENCE_COUNT 10000           /* pieces of evidence for one document (validation digest 4.5) */
#define LIMIT_SIDECAR_BYTES (1UL << 20)      /* metadata beside a document: the longest field is 2,000 characters */
#define LIMIT_FOLDER_DEPTH 64                /* folders within folders when documents are looked for */
#define LIMIT_SAME_NAMES 10000               /* files of one name that the spool's folder of one day takes */
#define LIMIT_FILES_LEFT 1024                /* files of dead runs that are remembered as recorded: four of the largest batches */
#define LIMIT_HELD_SIGNATURES 4096           /* detached signatures that wait for what they sign; the rest are taken at once */
#define LIMIT_JUDGED_AGAIN 4096              /* documents judged again at the end of an intake for files that came after them */
#define LIMIT_ATTACHMENTS 1000               /* attachments of one document that are looked for */
#define LIMIT_NOTICE_REASONS 50              /* reasons in a refusal notice: a person reads it */
#define LIMIT_CONFIG_BYTES (1UL << 20)       /* the configuration file */
#define LIMIT_REPORT_BYTES (64UL << 20)      /* a worker's answer: 1,000 signatures with full chains stay below 20 MB */
#define LIMIT_REPORT_DEPTH 64              /* nesting of objects and arrays in it: reports have about ten */
#define LIMIT_REQUEST_BYTES (16UL << 20)     /* a message to a worker: lengths and options; the bytes travel apart */
#define LIMIT_WORKER_CPU_SECONDS 30          /* processor time for one document */
#define LIMIT_WORKER_WALL_SECONDS 120        /* wall time for one document on a loaded machine */
#define LIMIT_WORKER_MEMORY (3UL << 30)      /* address space of a worker: a judged document of 1 GiB, qpdf's tables, the rest */
#define LIMIT_HTTP_BYTES LIMIT_EVIDENCE_BYTES
#define LIMIT_HTTP_SECONDS 20                /* one request, all redirects included */
#define LIMIT_VALIDATOR_BYTES 256            /* an ETag or date of an answer that is remembered: real ones have under 80 */
#define LIMIT_OCSP_GET_BYTES 255             /* an address with an OCSP request in it; longer ones are posted (RFC 5019 5) */
#define LIMIT_HTTP_REDIRECTS 3
#define LIMIT_JUDGE_ROUNDS 3                 /* validate, fetch, validate again: issuer, then its status, then done */
#define LIMIT_WANTS 64                       /* wants of one document that are fetched */

#define LIMIT_FETCHED_BYTES (256UL << 20)    /* fetched pieces kept in memory for the run: a few of the largest lists */
#define LIMIT_URL_BYTES 2048                 /* an address in a certificate */

#define LIMIT_SIGNATURES 1000                /* signatures judged in one file; the rest are reported as not judged */
#define LIMIT_DER_DEPTH 64                   /* nesting of BER/DER elements */
#define LIMIT_SIGNED_ATTRS_BYTES (16UL << 20) /* signed attributes re-encoded to DER: embedded revocation data is the bulk */
#define LIMIT_ONESHOT_BYTES (256UL << 20)    /* content joined for a signature scheme that cannot take a digest (Ed25519) */
#define LIMIT_SIGNER_ATTEMPTS 2000           /* other certificates of one issuer and number tried in one document: 0.2 s */
#define LIMIT_SIGNER_DIGESTS 1000000         /* digests of certificates made for signing-certificate references: 2 s */
#define LIMIT_TOKEN_BYTES (8UL << 20)        /* a token with its chain and status data: some 10 KB; with a large CRL a few MB */
#define LIMIT_TOKENS 1000                    /* time-stamp tokens judged in one document */
#define LIMIT_ARCHIVE_STAMPS 8               /* archive time-stamps of version 2 of one signature: renewed once in ten years */
#define LIMIT_ERS_BYTES (64ULL << 20)        /* one evidence record: a token in the field has 5 to 60 KB, a wide tree 100 KB */
#define LIMIT_ERS_CHAINS 64                  /* hash-tree renewals of one record: each hashes all before it, one a decade is usual */
#define LIMIT_ERS_LISTS 64                   /* lists in one reduced hash tree: a binary tree over 2^63 documents */
#define LIMIT_ERS_HASHES 262144              /* hashes in one record: lists of 1,998 are in the field; sorted in 2 s */
#define LIMIT_ERS_OFFERED 16                 /* evidence records offered for one document: two parallel ones are usual */
#define LIMIT_EVIDENCE_LEFT_OUT 4096         /* damaged objects that each round of evidence records tries again */
#define LIMIT_GROUP 1000                     /* objects of one record that one evidence record proves together: no more are members of a leaf (LIMIT_TOKENS) */
#define LIMIT_ROUND_JUDGED 10000             /* documents of a new round that one night judges with their evidence record: some minutes */
#define LIMIT_FORECAST_STEPS 200000          /* of working out until when one document can be proven: 1,000 trials, 0.5 s; what is left counts as ended */
#define FORECAST_TRIAL_STEPS 200             /* of them one trial, which judges some paths, in units of one object looked at */
#define LIMIT_ERS_DER_BYTES (16UL << 20)     /* encoded anew to try the DER form of what is stored otherwise */
#define LIMIT_CERTS_PER_DOCUMENT 10000       /* certificates parsed for one document */
#define LIMIT_PATH_DEPTH 20                  /* certificates in one path: PKITS has 7, real chains 4 */
#define LIMIT_PATHS 64                       /* complete candidate paths tried for one certificate */
#define LIMIT_PATH_SIGNATURE_CHECKS 512      /* signature checks while building paths for one certificate */
#define LIMIT_PATH_CANDIDATES 20000000       /* certificates looked at as issuers for one document: 3 s */
#define LIMIT_STATUS_SIGNATURE_CHECKS 4096   /* signature checks of status data for one path; real ones need under ten */
#define LIMIT_STATUS_ANSWERS 10000000        /* single OCSP answers and CRLs looked through for one path */
#define LIMIT_POLICY_STEPS 10000000          /* comparisons of certificate policies for one certificate */
#define LIMIT_STATUS_DEPTH 4                 /* signers of status data about signers of status data */
#define LIMIT_OCSP_ANSWERS 4096              /* single responses in one OCSP response: real ones hold one to three */
#define LIMIT_CACHE_ENTRIES 65536            /* parsed objects and checked signatures kept between documents */
#define LIMIT_CACHE_BYTES (192UL << 20)      /* their bytes: a few of the largest CRLs with their index */
#define LIMIT_POLICY_BYTES (1UL << 20)       /* a policy file: the built-in one has 4 KB */
#define LIMIT_POLICY_NODES 10000             /* nodes of one RFC 5280 policy tree, which can grow exponentially */

#define LIMIT_PACK_BYTES (1ULL << 30)        /* a pack is sealed when it has reached this */
#define LIMIT_EXTENDED 100000                /* documents that one run extends; the rest is for the next one */
#define LIMIT_APPENDED_BYTES (256UL << 20)   /* what was written for one long-term form: objects rewritten, cross-references; usually 2 KB */
#define LIMIT_EVENT_BYTES (16UL << 20)       /* one journal event */
#define LIMIT_JOURNAL_BYTES (64ULL << 20)    /* a journal file that has reached this is followed by a new one: some 200,000 documents */
#define LIMIT_EVENT_ITEMS 4096               /* objects or record numbers in one event: keeps an event near 200 KiB */
#define LIMIT_VALUE_NAME_BYTES 500           /* name of a stored value: a key of LMDB has at most 511 bytes */
#define LIMIT_CATALOGUE_READERS 126          /* processes and threads that read the catalogue at one time: LMDB's own default */
#define LIMIT_SCRUB_MET 100000               /* misplaced objects one scrub remembers, 80 bytes each: more were shuffled on purpose */
#define LIMIT_OPEN_PACKS 16                  /* pack descriptors kept open: a walk in physical order needs one a thread */
#define LIMIT_NAME_BYTES 4096                /* a file name or path */
#define LIMIT_LABEL_BYTES (64UL << 10)       /* a medium's label or public key: a label has some 400 bytes */
#define LIMIT_MANIFEST_BYTES (192UL << 20)   /* SHA256SUMS or a generation's manifest: LIMIT_MANIFEST_LINES of 190 bytes */
#define LIMIT_GENERATIONS 100000             /* folders of generations on one medium: daily for 270 years */
#define LIMIT_DRILL_SAMPLE 1000000          /* records of one sample; more are a restore of everything */
#define LIMIT_DRILL_ROOM (64UL << 20)        /* bytes that a drill of the night leaves free on scratch space: often the archive's own disk */
#define LIMIT_MANIFEST_LINES 1000000         /* lines of SHA256SUMS on a medium: a pack of 1 GiB each is a petabyte */
#define LIMIT_RECIPIENTS 16                  /* certificates that a medium is encrypted to: their PEM fits in LIMIT_LABEL_BYTES */
#define LIMIT_ENVELOPE_PLAIN (32UL << 20)    /* content of one encrypted message: OpenSSL holds it some four times in memory */
#define LIMIT_ENVELOPE_BYTES (33UL << 20)    /* the same encrypted: a recipient takes some 500 bytes */
#define LIMIT_IMAGE_FILE (1ULL << 40)         /* a place in a file that an image has a piece of: a pack ends far below a terabyte */
#define LIMIT_IMAGE_PIECE (2ULL << 30)       /* one piece: ISO 9660 and much that reads it ends at 4 GiB */
#define LIMIT_IMAGE_LEAST (4ULL << 20)       /* size of an image: its own lists, tables and padding take up to 1 MiB */
#define LIMIT_IMAGE_BYTES (1ULL << 46)       /* the same, and what is read of a tape, which does not say how much it has: 64 TiB */
#define LIMIT_IMAGES 1024                    /* images of one generation, or given to one restore: 25 TB on discs of 25 GB */
#define LIMIT_COPIES_ROWS 100                /* records below the rotation policy that a report names: find copies<N lists all */
#define LIMIT_REPORT_ROWS 1000               /* rows of one listing in a report: what a person may still read; totals are complete */

#define LIMIT_PDF_OBJECTS 8388607            /* object numbers: ISO 32000-1 Annex C */
#define LIMIT_PDF_SECTIONS 4096              /* cross-reference sections in one chain: daily timestamps for eleven years */
#define LIMIT_PDF_NESTING 512                /* arrays and dictionaries inside one object: qpdf stops at 500 */
#define LIMIT_PDF_STREAM_BYTES (64UL << 20)  /* one stream read whole: evidence, cross-reference data, XMP */
#define LIMIT_PDF_PLAIN_BYTES (4UL << 20)    /* one object read without qpdf, its stream not counted: a book's structure tree has 100 kB */
#define LIMIT_PDF_PLAIN_NESTING 100          /* nesting in one; real ones have five */
#define LIMIT_PDF_PLAIN_ROW 1024             /* bytes of a PNG row undone without qpdf: those of cross-reference data have four to ten */
#define LIMIT_PDF_WARNINGS 1000              /* messages kept of one file */
#define LIMIT_PDF_FIELDS 100000              /* nodes of the field tree: the largest public forms have some 20,000 */
#define LIMIT_PDF_FIELD_DEPTH 64             /* nesting of fields */
#define LIMIT_PDF_FIELD_NAME 1024            /* bytes of a full field name: it is kept once for each of its kids */
#define LIMIT_PDF_PAGES 200000               /* pages, nodes of the page tree besides */
#define LIMIT_PDF_PAGE_DEPTH 64              /* nesting of page-tree nodes */
#define LIMIT_PDF_GAP_BYTES (16UL << 20)     /* one signature's reserved space; a gap is two hexadecimal digits a byte */
#define LIMIT_PDF_RANGES 64                  /* pairs in a ByteRange; more than two pairs are digested, never trusted */
#define LIMIT_PDF_CHANGES 16                 /* changes of one kind that are told */
#define LIMIT_PDF_LOCKS 64                   /* field locks of one signature */
#define LIMIT_PDF_COMPARED 20000000          /* values compared for one document: some seconds */
#define LIMIT_PDF_OBJECTS_READ 250000        /* objects read for one document, all its states together: 5 s, 5 kB each */
#define LIMIT_PDF_EDGES 16000000             /* references in one document, 8 bytes each */
#define LIMIT_PDF_TAG_DEPTH 64               /* nesting of structure elements that follow an annotation */
#define LIMIT_PDF_XMP_DEPTH 128              /* nesting of elements in metadata; real ones stay below 20 */
#define LIMIT_PDF_RAW_REACH (1UL << 20)      /* bytes searched for the start of a dictionary found by one of its keys */
#define LIMIT_PDF_TRAILER_BYTES (64UL << 10) /* one trailer dictionary; larger ones only cost the reuse of objects */
#define LIMIT_PDF_FILTERED_BYTES (8UL << 20) /* stored bytes of a stream that is decoded: Flate grows by up to 1,000 */
#define LIMIT_PDF_POINTS 1000000             /* of a coordinate that is told: pages end at 14,400 units; no overflow */
#define LIMIT_PDF_APPEARANCE_PARTS 64        /* XObjects and kids looked at for one appearance: real ones have up to four */
#define LIMIT_PDF_APPEARANCE_DEPTH 4         /* forms in forms: the customary layers are two */
#define LIMIT_PDF_LOOKED_AT 20000            /* objects looked at for active or hidden content: 0.3 s; documents have hundreds */
#define LIMIT_PDF_LOOKED_AT_VALUES 2000000   /* values in them */
#define LIMIT_PDF_WIDGET_PAIRS 1000000       /* pairs of annotations whose places are compared: some milliseconds */
#define LIMIT_PDF_SHOWN_BYTES 32768          /* stored bytes of a text field's look that is read, and its text: hundreds are usual */
#define LIMIT_PDF_SHOWN_ALL (32UL << 20)     /* of all fields of a document, decoded: a tenth of a second */
#define LIMIT_PDF_TEXT_STORED (64UL << 10)   /* stored bytes of a content stream or CMap that qpdf decodes, without a bound: grows by up to 1,000 */
#define LIMIT_PDF_TEXT_BYTES (4UL << 20)     /* one such stream, as it is stored and decoded: a page of dense text has 100 kB, a map 2 MB */
#define LIMIT_PDF_TEXT_BYTES_ALL (16UL << 20) /* of the first page, and of all signatures' appearances: a tenth of a second each */
#define LIMIT_PDF_TEXT_OPERATORS 400000      /* operators run for each of the two: text has 5,000 on a page, a map 300,000 */
#define LIMIT_PDF_TEXT_OPERANDS 8192         /* of one operator: a line whose letters are set one by one has some 300 */
#define LIMIT_PDF_TEXT_FORMS 256             /* forms run for each of the two, streams of a page: real appearances have four */
#define LIMIT_PDF_TEXT_GLYPHS 20000          /* characters of text kept for each: a full page has 4,000 */
#define LIMIT_PDF_GLYPH_BYTES 64             /* of one letter with the marks that follow it: two marks are usual */
#define LIMIT_PDF_STATES 64                  /* graphics states saved: ISO 32000-1 annex C has 28 */
#define LIMIT_PDF_FONTS 64                   /* fonts read of one document: the first page and the appearances have some five */
#define LIMIT_PDF_CMAP_ROWS 65536            /* rows of one ToUnicode CMap: one for each code of two bytes */
#define LIMIT_PDF_BLOCK_BYTES 400            /* text of a block that is told: name, organisation and time have some 120 */
#define LIMIT_PDF_BLOCK_LINES 8              /* lines of it: four are usual */
#define LIMIT_PASSWORD_BYTES 1024            /* a password: PDF uses at most 127 of them */
#define LIMIT_PDF_SCAN_HITS 4096             /* ByteRange names found by searching the bytes */
#define LIMIT_PDF_LOST_REVISIONS 64          /* earlier revisions opened only to look for removed signatures */
#define LIMIT_ZIP_MEMBERS 10000              /* members of one container */
#define LIMIT_ZIP_BYTES (1ULL << 30)         /* all members unpacked: as much as one judged document */
#define LIMIT_ZIP_MEMBER_BYTES (512ULL << 20) /* one member unpacked */
#define LIMIT_ZIP_RATIO 250                  /* unpacked bytes for one stored byte: text rarely exceeds 50 */
#define LIMIT_ZIP_RATIO_FROM (16ULL << 20)   /* smaller members may be packed as well as they like */
#define LIMIT_ZIP_NAME_BYTES 1024            /* name of a member */
#define LIMIT_ASIC_MANIFEST_BYTES (8UL << 20) /* one manifest: a reference has some 400 bytes */
#define LIMIT_ASIC_MANIFESTS 1000            /* manifests in one container: one for each signature */
#define LIMIT_ASIC_REFERENCES 10000          /* references of one manifest: one for each member */
#define LIMIT_ASIC_REFERENCES_ALL 100000     /* references of all manifests of a container */
#define LIMIT_ASIC_RECORDS 16                /* evidence records judged in one container: each may hash all objects */
#define LIMIT_ASIC_SEARCHES 10000000         /* members looked at because a reference names none: under a second */
#define LIMIT_ASIC_NAMED 16                  /* objects of one kind that are told by name */
#define LIMIT_SHOWN_ROWS 1000                /* receipts, verdicts, evidence of one record shown; the counts are complete */
#define LIMIT_QUERY_BYTES 8192               /* a search as typed: far longer than any subject */
#define LIMIT_INDEXED_CERTIFICATES 1000      /* certificates of one document that it can be found by: some six are usual */
#define LIMIT_INDEXED_NAMES 100              /* signers, certificates, recipients of one document that can be searched for */

#endif
