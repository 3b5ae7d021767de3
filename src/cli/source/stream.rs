//! The events of a server as they come: a stream that is taken up again where it broke off.

use std::{io, time::Duration};

use reqwest::{Client, StatusCode};

use super::{
    super::{answer::say, failure::Failure},
    server::{Remote, client, runtime},
};
use crate::{
    audit::EventLine,
    transfer::{EventSink, ExportError},
};

/// After so long without a sign of life a stream is taken for lost; a server gives one every 15 seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// Time until a lost stream is asked for again.
const RETRY: Duration = Duration::from_secs(1);
/// The longest frame that is believed, in bytes.
const FRAME_BYTES_MAX: usize = 256 << 20;

/// Why a stream is read no further.
enum Ended {
    /// All that was wanted is there, or nobody wants it any more.
    Done,
    /// The connection broke, or the server stopped.
    Lost(Failure),
}

impl Remote<'_> {
    /// Hands over the wanted events, and those that come, until there can be no more or nobody takes
    /// them. Each once, also if the server goes away and comes back.
    pub(in super::super) fn follow(
        &self,
        query: &[(&str, String)],
        sink: &mut dyn EventSink,
    ) -> Result<(), Failure> {
        runtime()?.block_on(async {
            let builder = Client::builder().connect_timeout(SILENCE).read_timeout(SILENCE);
            let client = client(builder)?;
            let mut known = None;
            loop {
                match self.listen(&client, query, &mut known, sink).await? {
                    Ended::Done => return Ok(()),
                    Ended::Lost(failure) if known.is_none() => return Err(failure),
                    Ended::Lost(failure) => say(&format!("{failure}; trying again")),
                }
                tokio::time::sleep(RETRY).await;
            }
        })
    }

    async fn listen(
        &self,
        client: &Client,
        query: &[(&str, String)],
        known: &mut Option<String>,
        sink: &mut dyn EventSink,
    ) -> Result<Ended, Failure> {
        let mut request = client.get(self.url(&["events", "stream"])?).query(&self.pairs(query));
        if let Some(known) = known {
            request = request.header("Last-Event-ID", known.as_str());
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return Ok(Ended::Lost(self.unheard(error))),
        };
        let full = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
        let mut answer = match self.accepted(answer).await {
            Err(failure) if full => return Ok(Ended::Lost(failure)),
            accepted => accepted?,
        };
        let mut frames = Frames::default();
        loop {
            match answer.chunk().await {
                Ok(Some(bytes)) => frames.0.extend_from_slice(&bytes),
                Ok(None) => {
                    let ended = format!("{} has ended the stream", self.server);
                    return Ok(Ended::Lost(Failure::usage(ended)));
                }
                Err(error) => return Ok(Ended::Lost(self.unheard(error))),
            }
            match self.hand_over(&mut frames, known, sink) {
                Ok(true) => {}
                Ok(false) => return Ok(Ended::Done),
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Hands over what has come in full; whether there may be more.
    fn hand_over(
        &self,
        frames: &mut Frames,
        known: &mut Option<String>,
        sink: &mut dyn EventSink,
    ) -> Result<bool, Failure> {
        while let Some(frame) = frames.next() {
            match frame.event.as_str() {
                "end" => return Ok(false),
                "failed" => {
                    return Err(Failure::usage(format!("{} fails: {}", self.server, frame.data)));
                }
                _ if frame.data.is_empty() => {}
                _ => {
                    let event: EventLine = serde_json::from_str(&frame.data)
                        .map_err(|error| self.unreadable(&error))?;
                    if !taken(sink.event(&event))? {
                        return Ok(false);
                    }
                }
            }
            *known = frame.id.or(known.take());
        }
        if frames.0.len() > FRAME_BYTES_MAX {
            return Err(Failure::usage(format!("{} sends an event without end", self.server)));
        }
        taken(sink.flush())
    }
}

/// Whether the output still takes something.
fn taken(written: io::Result<()>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(ExportError::from(error).into()),
    }
}

/// What has come of a stream and has not been read yet.
#[derive(Default)]
struct Frames(Vec<u8>);

/// One frame of a stream of server-sent events.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frame {
    id: Option<String>,
    event: String,
    data: String,
}

impl Frames {
    /// The next frame that is there in full.
    fn next(&mut self) -> Option<Frame> {
        let end = self.0.windows(2).position(|two| two == b"\n\n")?;
        let rest = self.0.split_off(end + 2);
        let text = std::mem::replace(&mut self.0, rest);
        let mut frame = Frame::default();
        for line in String::from_utf8_lossy(&text).lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "id" => frame.id = Some(value.to_owned()),
                "event" => value.clone_into(&mut frame.event),
                // Our events are one line each.
                "data" => value.clone_into(&mut frame.data),
                _ => {}
            }
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_wherever_they_are_cut() {
        let text = ": hello\n\nid: 7\nevent: RunCreated\ndata: {\"a\": 1}\n\nid: 9\n\nid: 10\nda";
        for cut in 0..text.len() {
            let (mut frames, mut found) = (Frames::default(), Vec::new());
            for part in [&text[..cut], &text[cut..]] {
                frames.0.extend_from_slice(part.as_bytes());
                found.extend(std::iter::from_fn(|| frames.next()));
            }
            let frame = |id: Option<&str>, event: &str, data: &str| Frame {
                id: id.map(str::to_owned),
                event: event.to_owned(),
                data: data.to_owned(),
            };
            let event = frame(Some("7"), "RunCreated", "{\"a\": 1}");
            assert_eq!(found, [Frame::default(), event, frame(Some("9"), "", "")]);
            assert_eq!(frames.0, b"id: 10\nda");
        }
    }
}
