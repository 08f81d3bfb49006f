/* Folding of Vietnamese text: keys under which different spellings meet. UTF-8 in, UTF-8 out; no locale, no ICU.
 *
 * Marks may come composed (NFC) or apart (NFD) in any order. Bytes that are no UTF-8 become U+FFFD. What is not
 * Vietnamese is treated as far as Latin letters go (é, ü, ñ); other scripts pass unchanged. */
#ifndef LTVAULT_ARCHIVER_FOLD_H
#define LTVAULT_ARCHIVER_FOLD_H

#include <stdbool.h>
#include <stddef.h>

/* For display and file names: Vietnamese letters composed (NFC), nothing else changed. Each result is the caller's. */
char *fold_nfc(const char *text);
/* The search key: lower case, all marks gone, đ is d, dashes are '-', every run of spaces and control characters is
 * one space and none at the ends, invisible characters gone: "QUYẾT  ĐỊNH" and "quyet dinh" are one. */
char *fold_key(const char *text);
/* Lower case and spaces as above, but marks kept, composed, and the tone where the old spelling puts it in open
 * syllables ("hoà" and "hòa" are one, "hoàn" stays): for telling Hoa from Hòa. */
char *fold_exact(const char *text);
/* Does the text carry any Vietnamese mark, or đ? */
bool fold_has_marks(const char *text);

/* A document's number: key without leading zeros ("015" is "15", "00" is "0"). */
char *fold_number(const char *text);
/* A symbol, or number and symbol: key without spaces around '/', '-' and '.', the leading number without leading
 * zeros: "015 /2025/QĐ – UBND" is "15/2025/qd-ubnd". */
char *fold_symbol(const char *text);
char *fold_symbol_exact(const char *text); /* the same with marks kept: QĐ is not QD */

/* Walks over the words (runs of letters and digits) of a key or an exact key; NULL at the end. */
const char *fold_next_word(const char **cursor, size_t *len);

#endif
