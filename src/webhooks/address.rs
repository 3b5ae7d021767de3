//! Which IP addresses are public, as Python's `ipaddress` (`is_global`) has them, which MLflow asks:
//! the special-purpose registries of IANA. Addresses of IPv6 that stand for one of IPv4 (mapped,
//! 6to4, NAT64) are taken for that one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are not public, as (first address, bits).
const PRIVATE_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, which Python takes for public and no TCP connection reaches.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The same of IPv6, by their first four groups: what lies deeper is listed whole.
const PRIVATE_V6: &[([u16; 4], u32)] = &[
    // Unspecified, loopback, and what was IPv4-compatible.
    ([0, 0, 0, 0], 64),
    ([0x64, 0xff9b, 1, 0], 48),
    ([0x100, 0, 0, 0], 64),
    ([0x2001, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0], 32),
    ([0x3fff, 0, 0, 0], 20),
    ([0xfc00, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0], 8),
];

/// Whether an address is one of the open internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let address = address.to_bits();
    !PRIVATE_V4
        .iter()
        .any(|(first, bits)| (address ^ Ipv4Addr::from(*first).to_bits()) >> (32 - bits) == 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let address = address.to_bits();
    !PRIVATE_V6.iter().any(|([a, b, c, d], bits)| {
        let first = Ipv6Addr::new(*a, *b, *c, *d, 0, 0, 0, 0).to_bits();
        (address ^ first) >> (128 - bits) == 0
    })
}

/// The address of IPv4 that one of IPv6 stands for.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let from = |a: u16, b: u16| Ipv4Addr::from(u32::from(a) << 16 | u32::from(b));
    match address.segments() {
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => Some(from(a, b)),
        [0x2002, a, b, ..] => Some(from(a, b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_open_internet_is_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "192.0.2.7",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
