//! One Socket.IO connection: requests with acknowledgements, heartbeats answered, notifications of
//! trouble counted. A task owns the WebSocket; the handle may be used from anywhere.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{SinkExt as _, StreamExt as _};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{
    sync::{mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    Connector,
    connection::Stream,
    packet::{self, Packet},
};
use crate::error::{BenchError, hinted};

/// The server promises an answer within 10 s; a busy machine gets thrice that.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause before a request is repeated that came too fast.
const RATE_LIMIT_PAUSE: Duration = Duration::from_millis(250);
/// Repetitions of one request.
const RATE_LIMIT_RETRIES: u32 = 40;

/// What went wrong on connections that should have lived on.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<Mutex<Vec<String>>>);

impl Trouble {
    /// Remembers one.
    pub(crate) fn note(&self, what: String) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(what);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// A connected namespace; dropping it leaves.
pub(crate) struct Socket {
    requests: mpsc::UnboundedSender<Request>,
}

struct Request {
    event: &'static str,
    payload: Value,
    answer: oneshot::Sender<String>,
}

impl Socket {
    /// Opens a WebSocket and connects the namespace, in the native dialect.
    pub(crate) async fn connect(
        connector: &Connector,
        trouble: Trouble,
    ) -> Result<Self, BenchError> {
        let opened = timeout(ANSWER_TIMEOUT, open(connector)).await;
        let stream = opened.map_err(|_| late("connect"))??;
        let (requests, queue) = mpsc::unbounded_channel();
        let pump = Pump {
            stream,
            queue,
            waiting: HashMap::new(),
            next: 0,
        };
        let presence = connector.presence();
        tokio::spawn(async move {
            let _here = presence;
            if let Err(reason) = pump.run().await {
                trouble.note(reason);
            }
        });
        Ok(Self { requests })
    }

    /// Sends a request and returns its acknowledgement; one that came too fast is repeated.
    pub(crate) async fn request<T: DeserializeOwned>(
        &self,
        event: &'static str,
        payload: &Value,
    ) -> Result<T, BenchError> {
        for _ in 0..RATE_LIMIT_RETRIES {
            let answer = self.ask(event, payload.clone()).await?;
            match read_answer(event, &answer) {
                Err(BenchError::Refused { code, .. }) if code == "rate-limited" => {
                    sleep(RATE_LIMIT_PAUSE).await;
                }
                result => return result,
            }
        }
        Err(late(event))
    }

    async fn ask(&self, event: &'static str, payload: Value) -> Result<String, BenchError> {
        let (answer, answered) = oneshot::channel();
        let request = Request {
            event,
            payload,
            answer,
        };
        // A pump that is gone takes nothing, and drops what it has taken.
        let _ = self.requests.send(request);
        let answered = timeout(ANSWER_TIMEOUT, answered).await;
        let answered = answered.map_err(|_| late(event))?;
        answered.map_err(|_| BenchError::Disconnected(format!("{event} was not answered")))
    }
}

fn late(what: &'static str) -> BenchError {
    BenchError::Timeout {
        what,
        limit: ANSWER_TIMEOUT,
    }
}

/// `[{…}]`: a result, or an error with sentence and word.
fn read_answer<T: DeserializeOwned>(event: &'static str, answer: &str) -> Result<T, BenchError> {
    let protocol = |error: serde_json::Error| BenchError::Protocol {
        event,
        reason: error.to_string(),
    };
    let (value,): (Value,) = serde_json::from_str(answer).map_err(protocol)?;
    if let (Some(message), Some(code)) = (
        value.get("error").and_then(Value::as_str),
        value.get("code").and_then(Value::as_str),
    ) {
        return Err(BenchError::Refused {
            event,
            message: message.to_owned(),
            code: code.to_owned(),
        });
    }
    serde_json::from_value(value).map_err(protocol)
}

type WebSocket = WebSocketStream<Box<dyn Stream>>;

async fn open(connector: &Connector) -> Result<WebSocket, BenchError> {
    let authority = connector.target().authority();
    let url = format!("ws://{authority}/socket.io/?EIO=4&transport=websocket&dialect=native");
    let stream = connector.connect().await?;
    let error = |reason: &dyn fmt::Display| connector.error(reason);
    let upgraded = tokio_tungstenite::client_async(url, stream).await;
    let (mut stream, _) = upgraded.map_err(|reason| error(&reason))?;
    let hello = Message::text(packet::connect());
    stream.send(hello).await.map_err(|reason| error(&reason))?;
    while let Some(message) = stream.next().await {
        let message = message.map_err(|reason| error(&reason))?;
        let Message::Text(text) = message else {
            continue;
        };
        match packet::read(&text) {
            Packet::Connected => return Ok(stream),
            Packet::Refused(word) => return Err(error(&hinted(word))),
            Packet::Disconnected => break,
            Packet::Ping => {
                let pong = Message::text(packet::PONG);
                stream.send(pong).await.map_err(|reason| error(&reason))?;
            }
            Packet::Open | Packet::Event(_) | Packet::Ack(..) | Packet::Other => {}
        }
    }
    Err(error(&"closed while connecting"))
}

/// The task that owns the WebSocket.
struct Pump {
    stream: WebSocket,
    queue: mpsc::UnboundedReceiver<Request>,
    waiting: HashMap<u64, oneshot::Sender<String>>,
    next: u64,
}

impl Pump {
    /// Runs until the handle is dropped; an error when the server ends it before.
    async fn run(mut self) -> Result<(), String> {
        loop {
            tokio::select! {
                request = self.queue.recv() => match request {
                    Some(request) => self.send(request).await?,
                    None => return self.leave().await,
                },
                message = self.stream.next() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&text).await?,
                    Some(Ok(Message::Close(_))) | None => {
                        return Err("the server closed a socket".to_owned());
                    }
                    Some(Ok(_)) => {}
                    Some(Err(error)) => return Err(format!("a socket failed: {error}")),
                },
            }
        }
    }

    async fn send(&mut self, request: Request) -> Result<(), String> {
        self.next += 1;
        self.waiting.insert(self.next, request.answer);
        self.write(packet::event(request.event, &request.payload, self.next))
            .await
    }

    async fn hear(&mut self, text: &str) -> Result<(), String> {
        match packet::read(text) {
            Packet::Ping => self.write(packet::PONG.to_owned()).await,
            Packet::Ack(id, arguments) => {
                if let Some(answer) = self.waiting.remove(&id) {
                    // Nobody waits for it any more: then it came too late.
                    let _ = answer.send(arguments.to_owned());
                }
                Ok(())
            }
            Packet::Disconnected => Err("the server disconnected a socket".to_owned()),
            Packet::Event(name @ ("transport-closed" | "room-closed")) => {
                Err(format!("the server said {name}: {text}"))
            }
            Packet::Open
            | Packet::Connected
            | Packet::Refused(_)
            | Packet::Event(_)
            | Packet::Other => Ok(()),
        }
    }

    async fn write(&mut self, text: String) -> Result<(), String> {
        let sent = self.stream.send(Message::text(text)).await;
        sent.map_err(|error| format!("a socket failed: {error}"))
    }

    /// Nothing that fails while leaving matters.
    async fn leave(mut self) -> Result<(), String> {
        let _ = self.write(packet::disconnect()).await;
        let _ = self.stream.close(None).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_results_or_errors() {
        let left: Result<Value, _> = read_answer("leaveRoom", r#"[{"left":true}]"#);
        assert_eq!(left.unwrap()["left"], true);
        let full = r#"[{"error":"the room is full","code":"limit-peers","params":{}}]"#;
        let full: Result<Value, _> = read_answer("joinRoom", full);
        let text = full.unwrap_err().to_string();
        let expected = "joinRoom was refused: the room is full \
             (limit-peers: start the server with a larger --peers-per-room)";
        assert_eq!(text, expected);
        let broken: Result<Value, _> = read_answer("joinRoom", "[1");
        assert!(matches!(broken, Err(BenchError::Protocol { .. })));
    }
}
