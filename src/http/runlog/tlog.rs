//! `/tlog/...`: the log as a transparency log: checkpoints, tiles (c2sp.org/tlog-tiles) and proofs.

use std::sync::Arc;

use axum::{
    Json,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use tokio::task::spawn_blocking;

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
        request::{InPath, InQuery},
    },
    Refusal,
};
use crate::{
    base::Seq,
    proof::{Growth, Notary, ProofError, PublicKey},
};

pub(super) const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// What never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// What the next event changes.
const FOR_NOW: &str = "no-cache";

/// The key that signs the log.
#[utoipa::path(get, path = "/tlog/key", responses((status = 200, body = PublicKey)))]
pub(super) async fn key(app: App) -> ApiResult<Json<PublicKey>> {
    Ok(Json(PublicKey::of(notary(&app)?.key())))
}

/// The last signed checkpoint: how many events, and the root of the tree over them.
#[utoipa::path(get, path = "/tlog/checkpoint", responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn checkpoint(app: App) -> ApiResult<Response> {
    let (_, note) = &*notary(&app)?.last();
    Ok(sent(TEXT, FOR_NOW, note.to_string().into_bytes()))
}

/// The last checkpoint that all witnesses of the log have cosigned.
#[utoipa::path(
    get,
    path = "/tlog/witnessed",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, description = "No witness has cosigned since the start", body = Refusal),
    )
)]
pub(super) async fn witnessed(app: App) -> ApiResult<Response> {
    let witnessed = notary(&app)?.witnessed();
    let witnessed = witnessed.ok_or_else(|| ApiError::missing("No witness has cosigned yet."))?;
    Ok(sent(TEXT, FOR_NOW, witnessed.1.to_string().into_bytes()))
}

/// A tile of the tree, or of the entries: `<level>/<index>[.p/<width>]`, the level a number or `entries`.
#[utoipa::path(
    get,
    path = "/tlog/tile/{*tile}",
    params(("tile" = String, Path, description = "Such as 0/x001/234.p/5", example = "0/000.p/1")),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "The signed tree has no such tile", body = Refusal),
    )
)]
pub(super) async fn tile(app: App, InPath(path): InPath<String>) -> ApiResult<Response> {
    let wanted = Tile::parse(&path).ok_or_else(|| ApiError::missing("There is no such tile."))?;
    let bytes = asked(&app, move |notary| match wanted.level {
        Some(level) => notary.tile(level, wanted.index, wanted.width),
        None => notary.entries(wanted.index, wanted.width),
    });
    Ok(sent(BYTES, FOR_EVER, bytes.await?))
}

/// The proof that the log holds an event, to be checked with nothing but the public key
/// (c2sp.org/tlog-proof). What is not signed yet is signed for it.
#[utoipa::path(
    get,
    path = "/tlog/proof/{seq}",
    params(("seq" = u64, Path, description = "The event", example = 1)),
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such event", body = Refusal),
    )
)]
pub(super) async fn proof(app: App, InPath(seq): InPath<u64>) -> ApiResult<Response> {
    let evidence = asked(&app, move |notary| notary.prove(Seq(seq))).await?;
    Ok(sent(TEXT, FOR_NOW, evidence.to_string().into_bytes()))
}

/// Between which sizes.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Sizes {
    /// Events of the older checkpoint.
    #[param(example = 1)]
    old: u64,
    /// Events of the newer one; without it, those of the last.
    new: Option<u64>,
}

/// The proof that the log only grew from one size to another (RFC 6962, section 2.1.2).
#[utoipa::path(
    get,
    path = "/tlog/consistency",
    params(Sizes),
    responses(
        (status = 200, body = Growth),
        (status = 400, description = "A size that is no number, or a field that there is not", body = Refusal),
        (status = 404, description = "So much was never signed", body = Refusal),
    )
)]
pub(super) async fn growth(
    app: App,
    InQuery(Sizes { old, new }): InQuery<Sizes>,
) -> ApiResult<Json<Growth>> {
    let proof = asked(&app, move |notary| {
        let new = new.unwrap_or_else(|| notary.last().0.size);
        notary.prove_growth(old, new)
    });
    Ok(Json(Growth::of(&proof.await?)))
}

fn notary(app: &App) -> ApiResult<&Arc<Notary>> {
    if app.past.is_some() {
        let message = "Proofs are of the log and not of a moment: ask without as_of.";
        return Err(ApiError::invalid(message));
    }
    app.notary
        .as_ref()
        .ok_or_else(|| ApiError::new(Code::FeatureDisabled, "This server does not sign its log."))
}

/// What the notary says, who reads files for it.
async fn asked<T: Send + 'static>(
    app: &App,
    question: impl FnOnce(&Notary) -> Result<T, ProofError> + Send + 'static,
) -> ApiResult<T> {
    let notary = Arc::clone(notary(app)?);
    let answer = spawn_blocking(move || question(&notary)).await;
    let answer = answer.map_err(|error| ApiError::new(Code::InternalError, error.to_string()))?;
    Ok(answer?)
}

fn sent(content_type: &'static str, kept: &'static str, body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, kept)], body).into_response()
}

/// Which tile is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tile {
    /// `None` for entries.
    level: Option<u32>,
    index: u64,
    width: u64,
}

impl Tile {
    fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let level = match level {
            "entries" => None,
            level => Some(u32::try_from(plain(level)?).ok().filter(|level| *level < 64)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            None => (rest, 256),
            Some((index, width)) => (index, plain(width).filter(|width| (1..256).contains(width))?),
        };
        let digits: String = index.split('/').map(|part| part.trim_start_matches('x')).collect();
        let index = digits.parse().ok().filter(|number| spelled(*number) == index)?;
        Some(Self { level, index, width })
    }
}

/// A number as it prints.
fn plain(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// The index of a tile in a path: three digits a part, an `x` before all but the last.
fn spelled(index: u64) -> String {
    let last = format!("{:03}", index % 1000);
    match index / 1000 {
        0 => last,
        above => format!("{}/{last}", crossed(above)),
    }
}

fn crossed(index: u64) -> String {
    let last = format!("x{:03}", index % 1000);
    if index < 1000 { last } else { format!("{}/{last}", crossed(index / 1000)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_named_as_the_specification_spells_them() {
        let tile = |level, index, width| Some(Tile { level, index, width });
        for (path, expected) in [
            ("0/000", tile(Some(0), 0, 256)),
            ("63/999.p/1", tile(Some(63), 999, 1)),
            ("1/x001/x234/067", tile(Some(1), 1_234_067, 256)),
            ("entries/x001/000.p/255", tile(None, 1000, 255)),
        ] {
            assert_eq!(Tile::parse(path), expected, "{path}");
        }
        let strange =
            ["", "0", "0/", "0/1", "00/001", "64/001", "0/x001", "0/001/002", "0/x000/001"];
        let widths = ["0/001.p/", "0/001.p/0", "0/001.p/256", "0/001.p/05", "0/001/", "0/001.p/+5"];
        for path in
            [&strange[..], &widths, &["-1/001", "0/xx001/002", "0/+01", "0/x999/999/999/999"]]
                .concat()
        {
            assert_eq!(Tile::parse(path), None, "{path}");
        }
        assert_eq!(Tile::parse("0/x999/x999/x999/x999/x999/x999/x999/999"), None);
    }
}
