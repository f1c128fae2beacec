//! Codec names as `audio/opus` or `video/VP8`; compared without regard to case (RFC 4855 §3).

use super::MediaKind;

/// A codec's MIME type, split at the first slash.
#[derive(Clone, Copy, Debug)]
pub struct MimeType<'a> {
    /// Audio or video.
    pub kind: MediaKind,
    /// The codec's name: `opus`, `VP8`, `rtx`…
    pub subtype: &'a str,
}

impl<'a> MimeType<'a> {
    /// Splits `text`; `None` unless it is `audio/…` or `video/…` with a name after the slash.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (media, subtype) = text.split_once('/')?;
        let kind = if media.eq_ignore_ascii_case("audio") {
            MediaKind::Audio
        } else if media.eq_ignore_ascii_case("video") {
            MediaKind::Video
        } else {
            return None;
        };
        (!subtype.is_empty()).then_some(Self { kind, subtype })
    }

    /// Whether the codec carries retransmissions of another (RFC 4588).
    pub fn is_rtx(self) -> bool {
        self.is("rtx")
    }

    /// Whether the codec's name is `subtype`.
    pub fn is(self, subtype: &str) -> bool {
        self.subtype.eq_ignore_ascii_case(subtype)
    }
}

/// Whether `mime_type` names a retransmission codec (RFC 4588).
pub fn is_rtx(mime_type: &str) -> bool {
    MimeType::parse(mime_type).is_some_and(MimeType::is_rtx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_kind_and_name_whatever_their_case() {
        let mime = MimeType::parse("Video/vP8").unwrap();
        assert_eq!(mime.kind, MediaKind::Video);
        assert!(mime.is("VP8"));
        assert!(!mime.is_rtx());
    }

    #[test]
    fn refuses_what_is_neither_audio_nor_video() {
        for text in [
            "",
            "audio",
            "audio/",
            "/opus",
            "application/rtx",
            "text/plain",
            "视频/VP8",
        ] {
            assert!(MimeType::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn knows_retransmission_codecs() {
        assert!(is_rtx("video/rtx"));
        assert!(is_rtx("AUDIO/RTX"));
        assert!(!is_rtx("video/rtx2"));
    }
}
