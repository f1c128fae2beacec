//! Datagrams in batches: `recvmmsg` and `sendmmsg`. The only unsafe code of the server; it knows
//! file descriptors and bytes, nothing of sockets' lives or of media.
#![allow(unsafe_code)]

use std::{
    io,
    mem::{MaybeUninit, size_of, zeroed},
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

use super::datagrams::{BATCH, Datagram, Inbound};

/// Takes up to [`BATCH`] datagrams that are waiting; never waits itself.
///
/// # Errors
/// `WouldBlock` when nothing waits, or what the kernel says.
pub(super) fn recv_batch(socket: BorrowedFd<'_>, inbound: &mut Inbound) -> io::Result<()> {
    inbound.clear();
    let mut names = [RawAddress::ZERO; BATCH];
    // SAFETY: iovec and mmsghdr are plain C structs for which all-zero bytes are valid.
    let (mut vectors, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) =
        unsafe { (zeroed(), zeroed()) };
    for (index, slot) in inbound.slots_mut().enumerate() {
        vectors[index] = libc::iovec {
            iov_base: slot.as_mut_ptr().cast(),
            iov_len: slot.len(),
        };
        let header = &mut headers[index].msg_hdr;
        header.msg_name = ptr::from_mut(&mut names[index]).cast();
        header.msg_namelen = size_of::<RawAddress>() as libc::socklen_t;
        header.msg_iov = &raw mut vectors[index];
        header.msg_iovlen = 1;
    }
    // SAFETY: every header points at a name, a vector and a slot that outlive the call; slots do
    // not overlap (`slots_mut` hands out disjoint slices); the lengths are theirs.
    let count = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            BATCH as libc::c_uint,
            libc::MSG_DONTWAIT as _,
            ptr::null_mut(),
        )
    };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    for (index, header) in headers.iter().enumerate().take(count) {
        let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
        match names[index].read(header.msg_hdr.msg_namelen) {
            Some(from) if !cut => inbound.fill(index, from, header.msg_len as usize),
            _ => inbound.skip(),
        }
    }
    Ok(())
}

/// Hands up to [`BATCH`] datagrams to the kernel, in order, and tells how many it took. Neighbours
/// with one destination stand together, which is what segmentation offload will need.
///
/// # Errors
/// What the kernel says of the first datagram; the others were not tried.
pub(super) fn send_batch(socket: BorrowedFd<'_>, datagrams: &[Datagram<'_>]) -> io::Result<usize> {
    let datagrams = &datagrams[..datagrams.len().min(BATCH)];
    let mut names = [RawAddress::ZERO; BATCH];
    // SAFETY: as in `recv_batch`.
    let (mut vectors, mut headers): ([libc::iovec; BATCH], [libc::mmsghdr; BATCH]) =
        unsafe { (zeroed(), zeroed()) };
    for (index, datagram) in datagrams.iter().enumerate() {
        let length = names[index].write(datagram.remote);
        vectors[index] = libc::iovec {
            iov_base: datagram.contents.as_ptr().cast_mut().cast(),
            iov_len: datagram.contents.len(),
        };
        let header = &mut headers[index].msg_hdr;
        header.msg_name = ptr::from_mut(&mut names[index]).cast();
        header.msg_namelen = length;
        header.msg_iov = &raw mut vectors[index];
        header.msg_iovlen = 1;
    }
    // SAFETY: the first `datagrams.len()` headers point at names, vectors and contents that outlive
    // the call; the kernel only reads what they point at.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            datagrams.len() as libc::c_uint,
            (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
        )
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// A socket address as the kernel reads and writes it; large enough for both families.
#[repr(C)]
#[derive(Clone, Copy)]
union RawAddress {
    family: libc::sa_family_t,
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

impl RawAddress {
    // SAFETY: every member is a plain C struct for which all-zero bytes are valid.
    const ZERO: Self = unsafe { MaybeUninit::zeroed().assume_init() };

    /// Stores `address`; returns how many bytes count.
    fn write(&mut self, address: SocketAddr) -> libc::socklen_t {
        match address {
            SocketAddr::V4(v4) => {
                self.v4 = libc::sockaddr_in {
                    sin_family: libc::AF_INET as libc::sa_family_t,
                    sin_port: v4.port().to_be(),
                    sin_addr: libc::in_addr {
                        s_addr: u32::from_ne_bytes(v4.ip().octets()),
                    },
                    sin_zero: [0; 8],
                };
                size_of::<libc::sockaddr_in>() as libc::socklen_t
            }
            SocketAddr::V6(v6) => {
                self.v6 = libc::sockaddr_in6 {
                    sin6_family: libc::AF_INET6 as libc::sa_family_t,
                    sin6_port: v6.port().to_be(),
                    sin6_flowinfo: v6.flowinfo(),
                    sin6_addr: libc::in6_addr {
                        s6_addr: v6.ip().octets(),
                    },
                    sin6_scope_id: v6.scope_id(),
                };
                size_of::<libc::sockaddr_in6>() as libc::socklen_t
            }
        }
    }

    /// What the kernel stored, if it is an internet address.
    fn read(&self, length: libc::socklen_t) -> Option<SocketAddr> {
        let length = length as usize;
        // SAFETY: the union was zeroed and then written by the kernel, so every byte is set, and
        // every bit pattern of these structs is valid.
        unsafe {
            match libc::c_int::from(self.family) {
                libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
                    let ip = self.v4.sin_addr.s_addr.to_ne_bytes().into();
                    let port = u16::from_be(self.v4.sin_port);
                    Some(SocketAddrV4::new(ip, port).into())
                }
                libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
                    let v6 = self.v6;
                    let (ip, port) = (v6.sin6_addr.s6_addr.into(), u16::from_be(v6.sin6_port));
                    Some(SocketAddrV6::new(ip, port, 0, v6.sin6_scope_id).into())
                }
                _ => None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_kernel_form() {
        for text in ["192.0.2.1:44400", "[2001:db8::1]:1", "[::1]:65535"] {
            let address: SocketAddr = text.parse().unwrap();
            let mut raw = RawAddress::ZERO;
            let length = raw.write(address);
            assert_eq!(raw.read(length), Some(address));
        }
    }

    #[test]
    fn short_or_foreign_names_are_refused() {
        let mut raw = RawAddress::ZERO;
        let length = raw.write("192.0.2.1:1".parse().unwrap());
        assert_eq!(raw.read(length - 1), None);
        assert_eq!(RawAddress::ZERO.read(length), None);
    }
}
