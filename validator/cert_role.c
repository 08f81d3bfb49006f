#include "validator/cert_parts.h"
#include "validator/names.h"

#include <stdlib.h>
#include <string.h>

const char *cert_role_name(enum cert_role role) {
	static const char *const names[] = {"unknown", "person", "organisation", "device"};
	return names[role];
}

/* How names of Vietnamese agencies and companies begin; a person's name never does. */
static const char *const organisation_words[] = {
	"UBND ",      "HĐND ",      "Ủy ban ",  "Uỷ ban ",  "ỦY BAN ",    "UỶ BAN ",    "Hội đồng ", "HỘI ĐỒNG ",
	"Văn phòng ", "VĂN PHÒNG ", "Sở ",      "SỞ ",      "Bộ ",        "BỘ ",        "Cục ",      "CỤC ",
	"Tổng cục ",  "TỔNG CỤC ",  "Chi cục ", "CHI CỤC ", "Phòng ",     "PHÒNG ",     "Ban ",      "BAN ",
	"Trung tâm ", "TRUNG TÂM ", "Trường ",  "TRƯỜNG ",  "Bệnh viện ", "BỆNH VIỆN ", "Công an ",  "CÔNG AN ",
	"Tòa án ",    "Toà án ",    "TÒA ÁN ",  "TOÀ ÁN ",  "Viện ",      "VIỆN ",      "Kho bạc ",  "KHO BẠC ",
	"Thanh tra ", "THANH TRA ", "Công ty ", "CÔNG TY ", "Ngân hàng ", "NGÂN HÀNG ", "Tập đoàn ", "TẬP ĐOÀN ",
	"Đảng ủy ",   "Đảng uỷ ",   "ĐẢNG ỦY ", "Tỉnh ủy ", "TỈNH ỦY ",   "Huyện ủy ",  "HUYỆN ỦY ", "Bảo hiểm ",
	"BẢO HIỂM ",  "Thuế ",      "THUẾ ",
};

static bool begins_as_organisation(const char *name) {
	for (size_t i = 0; i < ARRAY_LEN(organisation_words); i++)
		if (!strncmp(name, organisation_words[i], strlen(organisation_words[i]))) return true;
	return false;
}

/* The subject's CN repeats its O or one of its OU. */
static bool named_as_unit(const struct cert *cert) {
	struct der_walk w = der_walk_in(&cert->subject);
	struct der rdn, attribute, type, value;
	bool same = false;
	while (!same && der_next(&w, &rdn)) {
		struct der_walk in = der_walk_in(&rdn);
		if (!der_next(&in, &attribute)) continue;
		struct der_walk parts = der_walk_in(&attribute);
		if (!der_expect(&parts, DER_OID, &type) || !der_next(&parts, &value)) continue;
		if (!der_is_oid(&type, "2.5.4.10") && !der_is_oid(&type, "2.5.4.11")) continue;
		char *text = der_string_utf8(&value);
		same = !strcasecmp(text, cert->common_name);
		free(text);
	}
	return same;
}

static bool has_attribute(const struct cert *cert, const char *oid) {
	char *value = name_attribute(&cert->subject, oid);
	bool there = value && *value;
	free(value);
	return there;
}

/* Public CAs of Vietnam put the kind of identity number into UID: tax code of an enterprise, or identity card. */
static enum cert_role role_of_uid(const struct cert *cert) {
	static const struct {
		const char *prefix;
		enum cert_role role;
	} kinds[] = {
		{"MST:", CERT_ROLE_ORGANISATION}, {"MNS:", CERT_ROLE_ORGANISATION}, {"CMND:", CERT_ROLE_PERSON},
		{"CCCD:", CERT_ROLE_PERSON},      {"HC:", CERT_ROLE_PERSON},
	};
	enum cert_role role = CERT_ROLE_UNKNOWN;
	char *uid = name_attribute(&cert->subject, "0.9.2342.19200300.100.1.1");
	for (size_t i = 0; uid && i < ARRAY_LEN(kinds); i++)
		if (!strncasecmp(uid, kinds[i].prefix, strlen(kinds[i].prefix))) role = kinds[i].role;
	free(uid);
	return role;
}

static bool is_device(const struct cert *cert) {
	return cert->ca || cert_has_eku(cert, "1.3.6.1.5.5.7.3.8") || cert_has_eku(cert, "1.3.6.1.5.5.7.3.9") ||
	       cert_has_eku(cert, "1.3.6.1.5.5.7.3.1") || cert_has_eku(cert, "1.3.6.1.5.5.7.3.3");
}

static unsigned words(const char *text) {
	unsigned count = 0;
	for (bool in = false; *text; text++) {
		if (*text != ' ' && !in) count++;
		in = *text != ' ';
	}
	return count;
}

enum cert_role cert_role(const struct cert *cert) {
	if (is_device(cert)) return CERT_ROLE_DEVICE;
	enum cert_role role = role_of_uid(cert);
	if (role != CERT_ROLE_UNKNOWN) return role;
	if (cert->for_seal != cert->for_signature) return cert->for_seal ? CERT_ROLE_ORGANISATION : CERT_ROLE_PERSON;
	if (has_attribute(cert, "2.5.4.97") || begins_as_organisation(cert->common_name) || named_as_unit(cert))
		return CERT_ROLE_ORGANISATION;
	if (has_attribute(cert, "2.5.4.42") || has_attribute(cert, "2.5.4.4") || has_attribute(cert, "2.5.4.12"))
		return CERT_ROLE_PERSON;
	/* The government CA's personal profile: name of two to six words, mail protection, no marks of anything else.
	 */
	unsigned count = words(cert->common_name);
	if (cert_has_eku(cert, "1.3.6.1.5.5.7.3.4") && count >= 2 && count <= 6 &&
	    !strpbrk(cert->common_name, "0123456789()"))
		return CERT_ROLE_PERSON;
	return CERT_ROLE_UNKNOWN;
}
