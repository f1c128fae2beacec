//! Datagrams in batches and in runs: `recvmmsg` with `UDP_GRO`, `sendmmsg` with `UDP_SEGMENT`. The
//! only unsafe code of the server; it knows file descriptors and bytes, nothing of sockets' lives
//! or of media.
#![allow(unsafe_code)]

use std::{
    io,
    mem::{MaybeUninit, size_of, zeroed},
    net::{SocketAddr, SocketAddrV4, SocketAddrV6},
    os::fd::{AsRawFd, BorrowedFd},
    ptr,
};

use super::datagrams::{Datagram, Inbound, MAX_SEGMENTS, RECEIVE_BATCH, SEND_BATCH, leading_run};

/// Takes up to [`RECEIVE_BATCH`] messages that are waiting; never waits itself. A message is a run
/// of datagrams where [`nix::sys::socket::sockopt::UdpGroSegment`] is set.
///
/// # Errors
/// `WouldBlock` when nothing waits, or what the kernel says.
pub(super) fn recv_batch(socket: BorrowedFd<'_>, inbound: &mut Inbound) -> io::Result<()> {
    inbound.clear();
    let mut names = [RawAddress::ZERO; RECEIVE_BATCH];
    let mut controls = [Control::ZERO; RECEIVE_BATCH];
    // SAFETY: iovec and mmsghdr are plain C structs for which all-zero bytes are valid.
    let (mut vectors, mut headers): ([libc::iovec; RECEIVE_BATCH], [libc::mmsghdr; RECEIVE_BATCH]) =
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
        header.msg_control = ptr::from_mut(&mut controls[index]).cast();
        header.msg_controllen = size_of::<Control>() as _;
    }
    // SAFETY: every header points at a name, a vector, a slot and a control buffer that outlive the
    // call; slots do not overlap (`slots_mut` hands out disjoint slices); the lengths are theirs.
    let count = unsafe {
        libc::recvmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            RECEIVE_BATCH as libc::c_uint,
            libc::MSG_DONTWAIT as _,
            ptr::null_mut(),
        )
    };
    let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
    for (index, header) in headers.iter().enumerate().take(count) {
        let cut = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
        match names[index].read(header.msg_hdr.msg_namelen) {
            Some(from) if !cut => {
                let segment = received_segment(&header.msg_hdr);
                inbound.fill(index, from, header.msg_len as usize, segment);
            }
            _ => inbound.skip(),
        }
    }
    Ok(())
}

/// Hands up to [`SEND_BATCH`] messages to the kernel, in order, and tells how many datagrams it
/// took. With `offload` neighbours to one destination leave as one message.
///
/// # Errors
/// What the kernel says of the first message; the others were not tried.
pub(super) fn send_batch(
    socket: BorrowedFd<'_>,
    datagrams: &[Datagram<'_>],
    offload: bool,
) -> io::Result<usize> {
    let mut names = [RawAddress::ZERO; SEND_BATCH];
    let mut controls = [Control::ZERO; SEND_BATCH];
    let mut runs = [0; SEND_BATCH];
    // SAFETY: as in `recv_batch`.
    let (mut vectors, mut headers): ([libc::iovec; VECTORS], [libc::mmsghdr; SEND_BATCH]) =
        unsafe { (zeroed(), zeroed()) };
    let (mut messages, mut used, mut left) = (0, 0, datagrams);
    // Everything goes through one pointer, so that what headers point at stays theirs.
    let first: *mut libc::iovec = vectors.as_mut_ptr();
    while messages < SEND_BATCH && !left.is_empty() {
        let run = if offload { leading_run(left) } else { 1 };
        let (now, later) = left.split_at(run);
        // SAFETY: `used` is at most the length of `vectors`, and what lies behind it is no header's
        // yet; the slice ends before the pointer is used again.
        let free = unsafe { std::slice::from_raw_parts_mut(first.add(used), VECTORS - used) };
        let Some(count) = gather(now, free) else {
            break;
        };
        let header = &mut headers[messages].msg_hdr;
        header.msg_namelen = names[messages].write(now[0].remote);
        header.msg_name = ptr::from_mut(&mut names[messages]).cast();
        header.msg_iov = first.wrapping_add(used);
        header.msg_iovlen = count as _;
        if run > 1 {
            header.msg_control = ptr::from_mut(&mut controls[messages]).cast();
            header.msg_controllen = size_of::<Control>() as _;
            cut_into(header, now[0].contents.len());
        }
        runs[messages] = run;
        messages += 1;
        used += count;
        left = later;
    }
    // SAFETY: the first `messages` headers point at names, vectors, contents and control buffers
    // that outlive the call; the kernel only reads what they point at.
    let sent = unsafe {
        libc::sendmmsg(
            socket.as_raw_fd(),
            headers.as_mut_ptr(),
            messages as libc::c_uint,
            (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as _,
        )
    };
    let sent = usize::try_from(sent).map_err(|_| io::Error::last_os_error())?;
    Ok(runs[..sent].iter().sum())
}

/// Whether the kernel cuts runs into datagrams (Linux 4.18).
pub(super) fn can_offload(socket: BorrowedFd<'_>) -> bool {
    let (mut value, mut length): (libc::c_int, _) = (0, size_of::<libc::c_int>() as _);
    // SAFETY: value and length outlive the call, and the length is the value's.
    let found = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_UDP,
            libc::UDP_SEGMENT,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    found == 0
}

/// Has datagrams sent whole or not at all: a fragment lost is the packet lost, and the kernel need
/// not find an identifier for each. What ICMP says of the path is not believed, since anybody can
/// say it; our datagrams fit any path media takes.
///
/// # Errors
/// What the kernel says.
pub(super) fn forbid_fragments(socket: BorrowedFd<'_>, v6: bool) -> io::Result<()> {
    let ip = (
        libc::IPPROTO_IP,
        libc::IP_MTU_DISCOVER,
        libc::IP_PMTUDISC_PROBE,
    );
    if !v6 {
        return set(socket, ip);
    }
    // For IPv4 clients of a socket that takes both.
    let _ = set(socket, ip);
    let probe = libc::IPV6_PMTUDISC_PROBE;
    set(socket, (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, probe))
}

/// Sets an option: level, name, value.
fn set(
    socket: BorrowedFd<'_>,
    (level, name, value): (libc::c_int, libc::c_int, libc::c_int),
) -> io::Result<()> {
    // SAFETY: the value outlives the call, and the length is its own.
    let set = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as _,
        )
    };
    if set == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Points vectors at datagrams, one for those that lie side by side; how many it took. None when
/// there are too few.
fn gather(datagrams: &[Datagram<'_>], vectors: &mut [libc::iovec]) -> Option<usize> {
    let mut count = 0_usize;
    for contents in datagrams.iter().map(|datagram| datagram.contents) {
        let last = count.checked_sub(1).map(|last| &mut vectors[last]);
        if let Some(last) = last
            && last.iov_base.cast_const().wrapping_byte_add(last.iov_len)
                == contents.as_ptr().cast()
        {
            last.iov_len += contents.len();
            continue;
        }
        *vectors.get_mut(count)? = libc::iovec {
            iov_base: contents.as_ptr().cast_mut().cast(),
            iov_len: contents.len(),
        };
        count += 1;
    }
    Some(count)
}

/// Writes the control message that has the kernel cut a message into datagrams.
fn cut_into(header: &mut libc::msghdr, segment: usize) {
    // At most 65,507, what a message may be long.
    let segment = segment as u16;
    // SAFETY: the header's control buffer is a live `Control`, which has room for one message with
    // a 16-bit value and the alignment of its head.
    unsafe {
        let control = libc::CMSG_FIRSTHDR(header);
        (*control).cmsg_level = libc::SOL_UDP;
        (*control).cmsg_type = libc::UDP_SEGMENT;
        (*control).cmsg_len = libc::CMSG_LEN(size_of::<u16>() as _) as _;
        libc::CMSG_DATA(control)
            .cast::<u16>()
            .write_unaligned(segment);
    }
}

/// The length of the datagrams that the kernel left in one piece, if it did.
fn received_segment(header: &libc::msghdr) -> Option<usize> {
    // SAFETY: the kernel filled the header's control buffer, a live `Control`, and the macros stay
    // within the length it wrote.
    unsafe {
        let control = libc::CMSG_FIRSTHDR(header);
        let is_ours = !control.is_null()
            && (*control).cmsg_level == libc::SOL_UDP
            && (*control).cmsg_type == libc::UDP_GRO
            && (*control).cmsg_len >= libc::CMSG_LEN(size_of::<libc::c_int>() as _) as _;
        if !is_ours {
            return None;
        }
        let segment = libc::CMSG_DATA(control)
            .cast::<libc::c_int>()
            .read_unaligned();
        usize::try_from(segment).ok().filter(|segment| *segment > 0)
    }
}

/// Room for one control message with a number in it, aligned as its head must be.
#[repr(C)]
#[derive(Clone, Copy)]
union Control {
    head: libc::cmsghdr,
    bytes: [u8; CONTROL],
}

impl Control {
    // SAFETY: both members are plain data for which all-zero bytes are valid.
    const ZERO: Self = unsafe { MaybeUninit::zeroed().assume_init() };
}

/// `CMSG_SPACE` of an int.
const CONTROL: usize = {
    // SAFETY: the macro only calculates.
    unsafe { libc::CMSG_SPACE(size_of::<libc::c_int>() as libc::c_uint) as usize }
};

/// Pieces of memory that one call can gather. A run whose datagrams lie apart takes one each.
const VECTORS: usize = 2 * SEND_BATCH + MAX_SEGMENTS;

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
