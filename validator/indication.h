/* The vocabulary of ETSI EN 319 102-1. A document's indication is the worst of its signatures'. */
#ifndef LTVAULT_VALIDATOR_INDICATION_H
#define LTVAULT_VALIDATOR_INDICATION_H

enum indication { INDICATION_NO_SIGNATURE, INDICATION_PASSED, INDICATION_INDETERMINATE, INDICATION_FAILED };

enum sub_indication {
	SUB_NONE,
#define SUB_INDICATION(name) SUB_##name,
#include "validator/indication.def"
#undef SUB_INDICATION
	SUB_INDICATIONS
};

struct outcome {
	enum indication indication;
	enum sub_indication sub;
};

const char *indication_total_name(enum indication i); /* "TOTAL-PASSED", for signatures and documents */
const char *indication_name(enum indication i);       /* "PASSED", for building blocks and paths */
const char *sub_indication_name(enum sub_indication s); /* NULL for SUB_NONE */

#endif
