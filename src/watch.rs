//! Reads the settings again at SIGHUP, and when the file or one it names has changed; a running
//! server takes over what it can. Ends nothing, whatever the file says.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use miso::{
    config::{Config, TlsMode},
    reload::Reloader,
    telemetry,
};
use tokio::{
    signal::unix::Signal,
    time::{MissedTickBehavior, interval},
};

use crate::args::{Refusal, Said, Settings, Sources, Task};

/// How often files are looked at. Looking beats being told: it works on every file system, through
/// links and mounted folders that are exchanged as a whole.
const LOOK: Duration = Duration::from_secs(1);

/// What tells one state of the files from another.
type Print = Vec<Option<(SystemTime, u64, u64)>>;

/// A server's settings, followed.
pub(crate) struct Watch {
    sources: Sources,
    reloader: Reloader,
    files: Vec<PathBuf>,
    /// What the server runs with.
    running: BTreeMap<String, Said>,
    /// What was said when last read.
    last: BTreeMap<String, Said>,
    is_encrypted: bool,
}

impl Watch {
    /// Follows what a server was started with.
    pub(crate) fn new(sources: Sources, settings: &Settings, reloader: Reloader) -> Self {
        Self {
            sources,
            reloader,
            files: files(settings),
            running: settings.said.clone(),
            last: settings.said.clone(),
            is_encrypted: settings.config.listen.tls != TlsMode::Off,
        }
    }

    /// Follows them for as long as it is polled.
    pub(crate) async fn run(mut self, mut hangup: Signal) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut taken = print(&self.files);
        let mut seen = taken.clone();
        loop {
            tokio::select! {
                signal = hangup.recv() => {
                    if signal.is_none() {
                        return;
                    }
                }
                _ = look.tick() => {
                    let now = print(&self.files);
                    // Whoever is still writing is waited for.
                    let is_settled = now == seen;
                    seen = now;
                    if !is_settled || seen == taken {
                        continue;
                    }
                }
            }
            // Before reading: what is written meanwhile is another change.
            taken = print(&self.files);
            let before = self.files.clone();
            if let Err(line) = self.read() {
                tracing::error!("{line}; the settings stay as they were");
            } else if self.files != before {
                taken = print(&self.files);
            }
            seen.clone_from(&taken);
        }
    }

    fn read(&mut self) -> Result<(), String> {
        let settings = match self.sources.task() {
            Ok(Task::Serve(settings)) => *settings,
            Err(Refusal::Setting(line)) => return Err(line),
            Err(Refusal::Words(error)) => return Err(error.to_string()),
            Ok(_) => return Ok(()),
        };
        let renewed = self.reloader.apply(&settings.config);
        let renewed = renewed.map_err(|error| error.to_string())?;
        self.set_log(&settings);
        let taken = self.taken(&settings.said);
        self.warn(&settings);
        self.files = files(&settings);
        self.last = settings.said;
        let taken = taken.join(" ");
        tracing::info!(certificate_renewed = renewed, taken, "settings read again");
        Ok(())
    }

    fn set_log(&self, settings: &Settings) {
        if self.last.get("log") == settings.said.get("log") {
            return;
        }
        if let Err(error) = telemetry::set_filter(&settings.log) {
            tracing::error!(%error, "log");
        }
    }

    /// Keys that count from now on and are different from before.
    fn taken(&mut self, said: &BTreeMap<String, Said>) -> Vec<String> {
        let changed = said
            .iter()
            .filter(|(key, said)| said.is_reloaded && self.running.get(*key) != Some(*said));
        let changed: Vec<_> = changed
            .map(|(key, said)| (key.clone(), said.clone()))
            .collect();
        let names = changed.iter().map(|(key, _)| key.clone()).collect();
        self.running.extend(changed);
        names
    }

    /// Names what counts from the next start only, once for each change.
    fn warn(&self, settings: &Settings) {
        for (key, said) in &settings.said {
            let is_new = self.last.get(key) != Some(said) && self.running.get(key) != Some(said);
            if !said.is_reloaded && is_new {
                tracing::warn!("{key} has changed, which counts from the next start");
            }
        }
        if self.is_encrypted == (settings.config.listen.tls == TlsMode::Off) {
            tracing::warn!("tls is turned on or off at the next start only");
        }
    }
}

/// The file, and those it names.
fn files(settings: &Settings) -> Vec<PathBuf> {
    let mut files: Vec<_> = settings.file.iter().cloned().collect();
    files.extend(named(&settings.config));
    files
}

fn named(config: &Config) -> Vec<PathBuf> {
    let mut named = config.auth.jwt_public_keys.clone();
    if let TlsMode::Files { cert, key } = &config.listen.tls {
        named.extend([cert.clone(), key.clone()]);
    }
    named
}

fn print(files: &[PathBuf]) -> Print {
    files.iter().map(|file| state(file)).collect()
}

fn state(file: &Path) -> Option<(SystemTime, u64, u64)> {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len(), about.ino()))
}
