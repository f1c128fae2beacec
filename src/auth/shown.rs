//! Where clients that send no header of their own put their token: a cookie, or the address. Texts
//! only; what is in them is not believed here.

use std::borrow::Cow;

/// The cookie.
const COOKIE: &str = "miso_token";
/// The member of the query.
const QUERY: &str = "token=";

/// The token among the cookies of a request.
#[must_use]
pub fn in_cookies(cookies: &str) -> Option<&str> {
    let named = |pair: &'_ str| pair.trim().split_once('=').map(|(name, _)| name) == Some(COOKIE);
    let pair = cookies.split(';').find(|pair| named(pair))?;
    let (_, token) = pair.split_once('=')?;
    Some(token.trim()).filter(|token| !token.is_empty())
}

/// The token in the query of an address.
#[must_use]
pub fn in_query(query: &str) -> Option<Cow<'_, str>> {
    let mut parts = query.split('&');
    let token = parts.find_map(|part| part.strip_prefix(QUERY))?;
    let token = percent_encoding::percent_decode_str(token).decode_utf8();
    token.ok().filter(|token| !token.is_empty())
}

/// The query without it.
#[must_use]
pub fn without_token(query: &str) -> String {
    let others = query.split('&').filter(|part| !part.starts_with(QUERY));
    others.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_is_ours() {
        assert_eq!(in_cookies("a=1; miso_token=x.y.z; b=2"), Some("x.y.z"));
        assert_eq!(in_cookies("miso_token=a=b"), Some("a=b"));
        for none in ["", "a=1", "xmiso_token=1", "miso_token=", "miso_token"] {
            assert_eq!(in_cookies(none), None, "{none}");
        }
    }

    #[test]
    fn the_query_says_it_and_is_kept_without() {
        let query = "EIO=4&token=a%2Bb&transport=polling";
        assert_eq!(in_query(query).as_deref(), Some("a+b"));
        assert_eq!(without_token(query), "EIO=4&transport=polling");
        for none in ["", "EIO=4", "xtoken=1", "token="] {
            assert_eq!(in_query(none), None, "{none}");
        }
    }
}
