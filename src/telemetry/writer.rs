//! Takes finished lines to standard error on a thread of its own, so that nobody who logs ever waits
//! for whoever reads. What does not fit into the queue is lost, and counted.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd as _,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

use super::{json, limiter, redact::redact};
use crate::config::{LogConfig, LogFormat};

/// Bytes that may wait for the reader: some thousand lines.
const QUEUE_BYTES: usize = 1 << 20;
/// A line longer than this is cut.
const LINE_BYTES: usize = 64 << 10;
/// How long the end of the server waits for the reader.
const FLUSH: Duration = Duration::from_secs(1);

/// Lines written, by level: error, warn, info, debug, trace.
pub(super) static LINES: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];
/// Lines lost.
pub(super) static LOST: AtomicU64 = AtomicU64::new(0);
/// Lines lost that nobody was told of yet.
static UNTOLD: AtomicU64 = AtomicU64::new(0);

/// Where lines go.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    queue: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    config: LogConfig,
}

impl Lines {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// There is no thread, or no standard error.
    pub(super) fn start(config: LogConfig) -> io::Result<Self> {
        let (queue, lines) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        // A handle of its own: the library's is locked while it waits for the reader.
        let out = File::from(io::stderr().as_fd().try_clone_to_owned()?);
        let counted = Arc::clone(&waiting);
        thread::Builder::new()
            .name("miso-log".into())
            .spawn(move || write_all(&lines, out, &counted))?;
        Ok(Self {
            queue,
            waiting,
            config,
        })
    }

    /// Waits until everything is written, but not long.
    pub(super) fn flush(&self) {
        let patience = Instant::now() + FLUSH;
        while self.waiting.load(Ordering::Acquire) > 0 && Instant::now() < patience {
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn put(&self, level: Level, line: &[u8]) {
        let line = self.finished(line);
        if self.waiting.load(Ordering::Acquire) + line.len() > QUEUE_BYTES {
            LOST.fetch_add(1, Ordering::Relaxed);
            UNTOLD.fetch_add(1, Ordering::Relaxed);
            return;
        }
        LINES[place(level)].fetch_add(1, Ordering::Relaxed);
        self.waiting.fetch_add(line.len(), Ordering::AcqRel);
        // The thread lives as long as the process.
        let _ = self.queue.send(line);
    }

    /// A line as it is written, with what is to be told before it.
    fn finished(&self, line: &[u8]) -> Vec<u8> {
        let mut text = cut(line);
        if self.config.redact {
            text = redact(&text).into_owned();
        }
        let mut before = String::new();
        for (count, what) in [
            (
                limiter::take_left_out(),
                "lines like the next were left out",
            ),
            (
                UNTOLD.swap(0, Ordering::Relaxed),
                "lines were lost: nobody read them",
            ),
        ] {
            if count > 0 {
                before += &match self.config.format {
                    LogFormat::Text => format!("  … {count} {what}\n"),
                    LogFormat::Json => json::notice(&format!("{count} {what}")),
                };
            }
        }
        (before + &text).into_bytes()
    }
}

/// The line as text, of bounded length.
fn cut(line: &[u8]) -> String {
    let whole = line.len() <= LINE_BYTES;
    let mut text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]).into_owned();
    if !whole {
        text.push_str("…\n");
    }
    text
}

fn write_all(lines: &Receiver<Vec<u8>>, mut out: File, waiting: &AtomicUsize) {
    for line in lines {
        // Whoever closed standard error wants no log.
        let _ = out.write_all(&line);
        waiting.fetch_sub(line.len(), Ordering::AcqRel);
    }
}

fn place(level: Level) -> usize {
    match level {
        Level::ERROR => 0,
        Level::WARN => 1,
        Level::INFO => 2,
        Level::DEBUG => 3,
        Level::TRACE => 4,
    }
}

/// One line being written; it leaves when dropped.
#[derive(Debug)]
pub(super) struct Line<'a> {
    lines: &'a Lines,
    level: Level,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if !self.text.is_empty() {
            self.lines.put(self.level, &self.text);
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            lines: self,
            level: Level::INFO,
            text: Vec::new(),
        }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a> {
        let mut line = self.make_writer();
        line.level = *metadata.level();
        line
    }
}
