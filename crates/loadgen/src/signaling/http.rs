//! One question over plain HTTP: which process the server is.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::Connector;
use crate::error::BenchError;

/// An answer longer than this is not the server's.
const MAX_ANSWER: u64 = 1024 * 1024;

/// The server's process, when it is on this machine and tells. Also the first proof that there is a
/// server at all.
///
/// # Errors
/// When it cannot be reached.
pub(crate) async fn server_process(connector: &Connector) -> Result<Option<u32>, BenchError> {
    let mut stream = connector.connect().await?;
    let host = connector.target().authority();
    let request = format!("GET /debug/state HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let exchange = async {
        stream.write_all(request.as_bytes()).await?;
        stream.take(MAX_ANSWER).read_to_end(&mut answer).await
    };
    // A TLS server that closes without saying so has answered all the same.
    if let Err(error) = exchange.await
        && answer.is_empty()
    {
        return Err(connector.error(&error));
    }
    Ok(process(&String::from_utf8_lossy(&answer)))
}

fn process(answer: &str) -> Option<u32> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.1 200") {
        return None;
    }
    let state: Value = serde_json::from_str(body).ok()?;
    let pid = state.pointer("/process/pid")?.as_u64()?;
    u32::try_from(pid).ok().filter(|pid| *pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_is_read_from_a_good_answer_only() {
        let body = r#"{"rooms":0,"process":{"pid":42,"threads":3}}"#;
        assert_eq!(
            process(&format!("HTTP/1.1 200 OK\r\na: b\r\n\r\n{body}")),
            Some(42)
        );
        for answer in [
            format!("HTTP/1.1 404 Not Found\r\n\r\n{body}"),
            "HTTP/1.1 200 OK\r\n\r\n{\"process\":{}}".to_owned(),
            "HTTP/1.1 200 OK\r\n\r\n<html>".to_owned(),
            body.to_owned(),
            String::new(),
        ] {
            assert_eq!(process(&answer), None, "{answer}");
        }
    }
}
