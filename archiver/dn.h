/* Parts of a distinguished name as reports write it (RFC 4514). */
#ifndef LTVAULT_ARCHIVER_DN_H
#define LTVAULT_ARCHIVER_DN_H

#include <stddef.h>

/* The value of the index-th attribute (from 0) of `type` in "CN=...,O=Sở\, tỉnh,C=VN", without its escapes; NULL when
 * there are not so many. The caller's; it is text of a certificate, and not safe for a terminal. */
char *dn_attribute(const char *name, const char *type, size_t index);

#endif
