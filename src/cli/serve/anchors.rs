//! Checkpoints outside of this machine's word: in a file, at a URL, and with witnesses that cosign them. Each
//! new checkpoint is taken to all; when several come at once, the last.

use std::{path::PathBuf, str::FromStr, sync::Arc, time::Duration};

use reqwest::{Client, Url};
use tokio::{
    io::AsyncWriteExt as _,
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::proof::{
    Checkpoint, Consistency, Notary, Note, Signature, Signed, SignedCheckpoint, VerifierKey,
    request,
};

/// What a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the last checkpoint may take when the server ends.
const LAST_PATIENCE: Duration = Duration::from_secs(5);
/// Time after which what failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// Where checkpoints go.
#[derive(Debug, Clone, Default)]
pub(super) struct Anchors {
    pub(super) file: Option<PathBuf>,
    pub(super) url: Option<Url>,
    pub(super) witnesses: Vec<WitnessAt>,
}

/// A witness of this log: `<URL>#<public key>`.
#[derive(Debug, Clone)]
pub(super) struct WitnessAt {
    url: String,
    key: VerifierKey,
}

impl FromStr for WitnessAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (url, key) = text.split_once('#').ok_or("a witness is <URL>#<its public key>")?;
        let url: Url = url.parse().map_err(|error| format!("{url}: {error}"))?;
        let key: VerifierKey = key.parse().map_err(|error| format!("{key}: {error}"))?;
        Ok(Self { url: format!("{}/add-checkpoint", url.as_str().trim_end_matches('/')), key })
    }
}

impl Anchors {
    /// Begins to take checkpoints there; `None` if there is nowhere.
    pub(super) fn start(self, notary: Arc<Notary>) -> Option<Anchoring> {
        let wanted = self.file.is_some() || self.url.is_some() || !self.witnesses.is_empty();
        wanted.then(|| {
            let (stop, stopped) = oneshot::channel();
            Anchoring { stop, task: tokio::spawn(self.run(notary, stopped)) }
        })
    }

    async fn run(self, notary: Arc<Notary>, mut stopped: oneshot::Receiver<()>) {
        // That it is there already is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = match Client::builder().timeout(PATIENCE).build() {
            Ok(client) => client,
            Err(error) => return tracing::error!(%error, "checkpoints cannot be anchored"),
        };
        let mut checkpoints = notary.watch();
        let mut sizes = vec![0; self.witnesses.len()];
        let mut filed = None;
        loop {
            let signed = Arc::clone(&checkpoints.borrow_and_update());
            let done = self.take(&client, &notary, &signed, &mut sizes, &mut filed).await;
            let failed = done.inspect_err(|why| warn(why));
            tokio::select! {
                _ = &mut stopped => {
                    if checkpoints.has_changed().is_ok_and(|it| it) {
                        let signed = Arc::clone(&checkpoints.borrow_and_update());
                        let done = self.take(&client, &notary, &signed, &mut sizes, &mut filed).await;
                        let _ = done.inspect_err(|why| warn(why));
                    }
                    return;
                }
                changed = checkpoints.changed() => if changed.is_err() { return },
                () = sleep(AGAIN), if failed.is_err() => {}
            }
        }
    }

    /// Takes one checkpoint everywhere, as far as it can be.
    async fn take(
        &self,
        client: &Client,
        notary: &Arc<Notary>,
        signed: &SignedCheckpoint,
        sizes: &mut [u64],
        filed: &mut Option<u64>,
    ) -> Result<(), String> {
        let (checkpoint, note) = signed;
        let mut failed = Ok(());
        if let Some(path) = self.file.as_ref().filter(|_| *filed != Some(checkpoint.size)) {
            match append(path, note).await {
                Ok(()) => *filed = Some(checkpoint.size),
                Err(error) => failed = Err(format!("{}: {error}", path.display())),
            }
        }
        if let Some(url) = &self.url {
            let sent = client.post(url.clone()).body(note.to_string()).send().await;
            if let Err(error) = sent.and_then(reqwest::Response::error_for_status) {
                failed = Err(error.to_string());
            }
        }
        let mut cosigned = note.clone();
        for (witness, size) in self.witnesses.iter().zip(sizes) {
            match witness.ask(client, notary, checkpoint, note, size).await {
                Ok(signature) => cosigned.signatures.push(signature),
                Err(why) => failed = Err(format!("{}: {why}", witness.url)),
            }
        }
        if !self.witnesses.is_empty() && failed.is_ok() {
            notary.note_witnessed(checkpoint.clone(), cosigned);
        }
        failed
    }
}

fn warn(why: &str) {
    tracing::warn!(why, "a checkpoint is not anchored");
}

/// Checkpoints being anchored.
pub(super) struct Anchoring {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Anchoring {
    /// Takes what was signed last there, and ends; not for longer than [`LAST_PATIENCE`].
    pub(super) async fn finish(mut self) {
        // If nobody listens, it has ended.
        let _ = self.stop.send(());
        if timeout(LAST_PATIENCE, &mut self.task).await.is_err() {
            warn("the server ends; its next start does it");
            self.task.abort();
        }
    }
}

impl WitnessAt {
    /// Its cosignature. `seen` is the size that it cosigned last, as far as that is known.
    async fn ask(
        &self,
        client: &Client,
        notary: &Arc<Notary>,
        checkpoint: &Checkpoint,
        note: &Note,
        seen: &mut u64,
    ) -> Result<Signature, String> {
        for _ in 0..2 {
            let growth = prove(notary, *seen, checkpoint.size).await?;
            let sent = client.post(&self.url).body(request(&growth, note)).send().await;
            let answer = sent.map_err(|error| error.to_string())?;
            let status = answer.status().as_u16();
            let body = answer.text().await.map_err(|error| error.to_string())?;
            match (status, body.trim().parse()) {
                (200, _) => {
                    *seen = checkpoint.size;
                    return self.signature(&body, note);
                }
                // It tells what it has seen. More than there is, it cannot have from this log.
                (409, Ok(size)) if size != *seen && size <= checkpoint.size => *seen = size,
                _ => return Err(format!("it answers {status}: {}", body.trim())),
            }
        }
        Err("it names another size each time".to_owned())
    }

    fn signature(&self, body: &str, note: &Note) -> Result<Signature, String> {
        for line in body.lines() {
            let Ok(signature) = Signature::parse(line) else { continue };
            let note = Note { text: note.text.clone(), signatures: vec![signature.clone()] };
            if matches!(note.signed_by(&self.key), Signed::Well(_)) {
                return Ok(signature);
            }
        }
        Err(format!("it does not sign with {}", self.key))
    }
}

async fn prove(notary: &Arc<Notary>, old: u64, new: u64) -> Result<Consistency, String> {
    let notary = Arc::clone(notary);
    let proved = tokio::task::spawn_blocking(move || notary.prove_growth(old, new)).await;
    proved.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

async fn append(path: &PathBuf, note: &Note) -> std::io::Result<()> {
    let options = tokio::fs::OpenOptions::new().create(true).append(true).clone();
    let mut file = options.open(path).await?;
    file.write_all(format!("{note}\n").as_bytes()).await?;
    file.sync_data().await
}
