//! Ends a connection whose client takes nothing: a write that has made no progress for a stated
//! time fails, and so does everything after it. Without this, whoever asks and does not read keeps
//! a connection and its answers for ever. Knows nothing of what is written.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

#[cfg(target_os = "linux")]
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// Bytes the kernel takes from us beyond what is on its way to the client. Its own bound grows to
/// megabytes per connection, which would hide a client that does not read for as long.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 128 * 1024;

/// Sets what the kernel does for a connection; each of it is only a wish.
pub(super) fn tune(stream: &TcpStream, patience: Duration) {
    // Signalling is small messages that somebody waits for.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(stream);
        let _ = socket.set_tcp_notsent_lowat(UNSENT_BYTES);
        // Also ends what the kernel still wants to deliver after we have closed.
        let _ = socket.set_tcp_user_timeout(Some(patience));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = patience;
}

/// A connection that ends when nothing of what is written is taken.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    /// Runs while a write waits.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Told when the alarm goes off: another task may be reading, and has to end as well.
    reader: Option<Waker>,
    over: bool,
}

impl<S> Patient<S> {
    /// Writes may wait `patience` for progress.
    pub(super) fn new(stream: S, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            alarm: None,
            reader: None,
            over: false,
        }
    }

    /// What a write comes to, given what the stream says.
    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.alarm = None;
            return written;
        }
        let patience = self.patience;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(patience)));
        if alarm.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.over = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        tracing::debug!("the client takes nothing");
        Poll::Ready(Err(too_slow()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.over {
            return Poll::Ready(Err(too_slow()));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, into);
        if read.is_pending() {
            match &mut self.reader {
                Some(reader) => reader.clone_from(cx.waker()),
                none => *none = Some(cx.waker().clone()),
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.over {
            return Poll::Ready(Err(too_slow()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.over {
            return Poll::Ready(Err(too_slow()));
        }
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing")
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn a_write_nobody_takes_fails_and_ends_the_reader_too() {
        let (server, _client) = duplex(10);
        let (mut reader, mut writer) = split(Patient::new(server, PATIENCE));
        let reading = tokio::spawn(async move { reader.read_u8().await });
        let start = tokio::time::Instant::now();
        let error = writer.write_all(&[0; 11]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(start.elapsed() < PATIENCE + Duration::from_millis(10));
        assert_eq!(
            reading.await.unwrap().unwrap_err().kind(),
            io::ErrorKind::TimedOut
        );
        assert!(writer.write_all(&[0]).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn slow_progress_is_progress() {
        let (server, mut client) = duplex(10);
        let mut server = Patient::new(server, PATIENCE);
        let reading = async {
            for _ in 0..20 {
                sleep(PATIENCE - Duration::from_millis(10)).await;
                client.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(server.write_all(&[0; 30]), reading);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn silence_alone_is_no_fault() {
        let (server, mut client) = duplex(10);
        let mut server = Patient::new(server, PATIENCE);
        let writing = async {
            sleep(PATIENCE * 10).await;
            client.write_u8(1).await.unwrap();
        };
        let (read, ()) = tokio::join!(server.read_u8(), writing);
        assert_eq!(read.unwrap(), 1);
    }
}
