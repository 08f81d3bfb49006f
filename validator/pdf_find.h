/* Where the signatures of one document (one prefix, or the whole file) are. */
#ifndef LTVAULT_VALIDATOR_PDF_FIND_H
#define LTVAULT_VALIDATOR_PDF_FIND_H

#include "validator/finding.h"
#include "validator/pdf_object.h"

enum pdf_place {
	PDF_IN_FORM,  /* a field of /AcroForm /Fields */
	PDF_ON_PAGE,  /* only a widget of a page refers to it */
	PDF_IN_PERMS, /* only /Perms /DocMDP refers to it */
	PDF_IN_BYTES, /* seen in the bytes of a file that could not be opened */
};

struct pdf_found {
	char *name;
	enum pdf_place place;
	struct pdf_id field;                /* number 0 when direct or without field */
	const struct pdf_value *dict;       /* the signature dictionary, of the file searched */
	const struct pdf_value *field_dict; /* NULL without field */
	size_t raw_at;                      /* PDF_IN_BYTES: where its ByteRange stands */
};

struct pdf_found_list {
	struct pdf_found *items;
	size_t count, cap;
};

/* Form, then pages, then /Perms. `pages` false skips the pages. Findings of the document go to `findings` (may be
 * NULL). */
void pdf_find_signatures(struct pdf_file *file, const struct pdf_value *root, bool pages, struct pdf_found_list *list,
			 struct finding_list *findings);
void pdf_found_list_dispose(struct pdf_found_list *list);

/* Catalog by the trailer. */
const struct pdf_value *pdf_find_root(struct pdf_file *file);

/* Signature dictionaries by their bytes: places of the name ByteRange followed by numbers. */
struct pdf_raw_hit {
	size_t at;    /* of the slash */
	uint64_t end; /* third plus fourth number; 0 when they are not four that fit the file */
};
size_t pdf_find_raw(const unsigned char *data, size_t len, struct pdf_raw_hit **hits);
/* Number of bytes up to the end of the dictionary that starts at p; 0 when it does not end. */
size_t pdf_raw_dict_length(const unsigned char *p, size_t len);
/* The catalog that the last trailer with a Root names; number 0 when none does. */
struct pdf_id pdf_find_raw_root(const unsigned char *data, size_t len);
/* The dictionary around `at` read from its bytes, for files that cannot be opened; null when it is none. */
const struct pdf_value *pdf_find_raw_dict(const unsigned char *data, size_t len, size_t at, struct pdf_arena *arena);

#endif
