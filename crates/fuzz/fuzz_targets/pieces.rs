//! Cuts a fuzz input into datagrams: a length of two bytes, then the bytes.

pub fn pieces(mut input: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = input.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)) % 1_500;
        let (piece, rest) = rest.split_at(length.min(rest.len()));
        input = rest;
        Some(piece)
    })
}
