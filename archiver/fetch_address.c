#include "archiver/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

struct range {
	unsigned char address[16];
	unsigned bits;
};

/* The IANA special-purpose registries: what is not globally reachable (RFC 6890 and its updates). */
static const struct range ranges4[] = {
	{{0}, 8},            /* this network */
	{{10}, 8},           /* private */
	{{100, 64}, 10},     /* carrier-grade NAT */
	{{127}, 8},          /* loopback */
	{{169, 254}, 16},    /* link-local: cloud metadata lives here */
	{{172, 16}, 12},     /* private */
	{{192, 0, 0}, 24},   /* protocol assignments */
	{{192, 0, 2}, 24},   /* documentation */
	{{192, 88, 99}, 24}, /* 6to4 relays */
	{{192, 168}, 16},    /* private */
	{{198, 18}, 15},     /* benchmarking */
	{{198, 51, 100}, 24}, {{203, 0, 113}, 24}, /* documentation */
	{{224}, 3},          /* multicast, reserved, broadcast */
};
static const struct range ranges6[] = {
	{{0}, 8},                /* unspecified, loopback, IPv4-compatible */
	{{0x01}, 8},             /* discard */
	{{0x20, 0x01, 0x00}, 23}, /* protocol assignments, Teredo */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16},      /* 6to4: an IPv4 address of any kind inside */
	{{0x3f, 0xff}, 20},      /* documentation */
	{{0xfc}, 7},             /* unique local */
	{{0xfe}, 7},             /* link-local, site-local, and multicast */
};

static bool inside(const unsigned char *address, const struct range *range) {
	for (unsigned i = 0; i < range->bits; i++)
		if ((address[i / 8] ^ range->address[i / 8]) & (0x80 >> i % 8)) return false;
	return true;
}

static bool public4(const unsigned char *address) {
	for (size_t i = 0; i < sizeof ranges4 / sizeof *ranges4; i++)
		if (inside(address, &ranges4[i])) return false;
	return true;
}

bool fetch_address_is_public(const struct sockaddr *address) {
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff}, translated[12] = {0x00, 0x64, 0xff, 0x9b};
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, address, sizeof in);
		return public4((const unsigned char *)&in.sin_addr);
	}
	if (address->sa_family != AF_INET6) return false;
	struct sockaddr_in6 in6;
	memcpy(&in6, address, sizeof in6);
	const unsigned char *a = in6.sin6_addr.s6_addr;
	/* IPv4 in other clothes is judged as IPv4. */
	if (!memcmp(a, mapped, 12) || !memcmp(a, translated, 12)) return public4(a + 12);
	for (size_t i = 0; i < sizeof ranges6 / sizeof *ranges6; i++)
		if (inside(a, &ranges6[i])) return false;
	return true;
}
