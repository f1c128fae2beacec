//! VP8 payloads whose content says which picture they are part of, so that a receiver can prove
//! that it got the right bytes and could have decoded them (RFC 7741 §4.2).

/// One packet's worth of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which simulcast stream encoded it.
    pub encoding: u8,
    /// Counts the stream's pictures.
    pub picture: u32,
    /// The picture it is predicted from; itself in a key frame.
    pub reference: u32,
    pub key: bool,
    pub temporal: u8,
    /// Place among the picture's packets.
    pub index: u8,
    /// How many packets the picture has.
    pub count: u8,
}

/// The RTP payload descriptor's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Descriptor {
    /// 15 bits, and TL0PICIDX beside it.
    pub ids: Option<(u16, u8)>,
    pub layer_sync: bool,
    pub start: bool,
    pub temporal: u8,
}

/// A payload of `size` bytes beside the descriptor; the picture is `width` pixels wide.
pub fn encode(piece: &Piece, ids: Option<(u16, u8)>, size: usize, width: u16) -> Vec<u8> {
    let start = piece.index == 0;
    let layer_sync = piece.temporal > 0;
    let mut bytes = vec![u8::from(start) << 4];
    if let Some((picture_id, tl0)) = ids {
        bytes[0] |= 0x80;
        bytes.push(0xE0);
        bytes.extend((0x8000 | (picture_id & 0x7FFF)).to_be_bytes());
        bytes.push(tl0);
        bytes.push((piece.temporal << 6) | (u8::from(layer_sync) << 5));
    }
    if start {
        // The frame tag: its lowest bit is clear in a key frame, which then has a start code and
        // the picture's size.
        bytes.extend([0x10 | u8::from(!piece.key), 0x02, 0x00]);
        if piece.key {
            bytes.extend([0x9D, 0x01, 0x2A]);
            bytes.extend(width.to_le_bytes());
            bytes.extend(360_u16.to_le_bytes());
        }
    }
    bytes.push(piece.encoding);
    bytes.extend(piece.picture.to_be_bytes());
    bytes.extend(piece.reference.to_be_bytes());
    bytes.extend([
        u8::from(piece.key),
        piece.temporal,
        piece.index,
        piece.count,
    ]);
    bytes.resize(bytes.len().max(size), filler(piece));
    bytes
}

/// `Err` names what is wrong with a payload that `encode` cannot have made.
pub fn decode(payload: &[u8]) -> Result<(Descriptor, Piece), &'static str> {
    let mut descriptor = read_descriptor(payload)?;
    let start = descriptor.start;
    let mut at = if descriptor.ids.is_some() { 6 } else { 1 };
    if start {
        let is_key = payload.get(at).ok_or("no frame tag")? & 1 == 0;
        at += if is_key { 10 } else { 3 };
    }
    let body = payload.get(at..at + 13).ok_or("shorter than its content")?;
    let number =
        |at: usize| u32::from_be_bytes([body[at], body[at + 1], body[at + 2], body[at + 3]]);
    let piece = Piece {
        encoding: body[0],
        picture: number(1),
        reference: number(5),
        key: body[9] == 1,
        temporal: body[10],
        index: body[11],
        count: body[12],
    };
    if payload[at + 13..]
        .iter()
        .any(|byte| *byte != filler(&piece))
    {
        return Err("content changed");
    }
    if descriptor.ids.is_none() {
        descriptor.temporal = piece.temporal;
    }
    if start != (piece.index == 0) || descriptor.temporal != piece.temporal {
        return Err("descriptor does not fit its content");
    }
    Ok((descriptor, piece))
}

fn read_descriptor(payload: &[u8]) -> Result<Descriptor, &'static str> {
    let first = *payload.first().ok_or("no descriptor")?;
    let start = first & 0x10 != 0;
    if first & !0x10 == 0 {
        return Ok(Descriptor {
            start,
            ..Descriptor::default()
        });
    }
    let head = payload.get(..6).ok_or("shorter than its descriptor")?;
    if first & !0x10 != 0x80 || head[1] != 0xE0 || head[2] & 0x80 == 0 {
        return Err("descriptor flags changed");
    }
    Ok(Descriptor {
        ids: Some((u16::from_be_bytes([head[2] & 0x7F, head[3]]), head[4])),
        layer_sync: head[5] & 0x20 != 0,
        start,
        temporal: head[5] >> 6,
    })
}

fn filler(piece: &Piece) -> u8 {
    let mixed = piece
        .picture
        .wrapping_mul(31)
        .wrapping_add(u32::from(piece.index));
    mixed.wrapping_add(u32::from(piece.encoding) << 5) as u8
}
