//! `/mlflow/webhooks`

use super::{
    super::{
        App,
        error::{ApiError, ApiResult, Code},
        request::{Caller, Fields, InPath},
        response::{Empty, Object},
    },
    page_token::Walk,
    wire_webhooks as wire,
};
use crate::{
    base::id,
    domain::{
        Command,
        entity::Webhook,
        webhook::{self, check_name, is_mlflows, not_found},
    },
    event::WebhookStatus,
    search::KeptValue,
    views::{lookup, query::Place},
    webhooks::SecretError,
};

/// Webhooks on one page.
const MAX_RESULTS: i64 = 1000;
/// Webhooks on one page unless asked for.
const DEFAULT_RESULTS: i64 = 100;

/// The webhook of that id.
fn find(app: &App, webhook_id: &str) -> ApiResult<std::sync::Arc<Webhook>> {
    let found = lookup::webhook(&app.views().view(), webhook_id);
    Ok(found.ok_or_else(|| not_found(webhook_id))?)
}

/// The answer of calls that show one webhook.
fn answer(webhook: &Webhook) -> Object {
    Object::new().set("webhook", wire::webhook(webhook))
}

/// A secret as the log may hold it.
async fn sealed(app: &App, secret: Option<String>) -> ApiResult<Option<String>> {
    let Some(secret) = secret else { return Ok(None) };
    let webhooks = app.webhooks.clone();
    // The first secret makes a file.
    let sealed = tokio::task::spawn_blocking(move || webhooks.seal(&secret)).await;
    match sealed {
        Ok(sealed) => Ok(Some(sealed?)),
        Err(error) => Err(ApiError::new(Code::InternalError, error.to_string())),
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> Self {
        if matches!(&error, SecretError::Disk(cause) if cause.is_full()) {
            let message = "no space left on the server for the key of webhooks' secrets";
            return Self::new(Code::InsufficientStorage, message);
        }
        tracing::error!(%error, "the secret of a webhook cannot be kept");
        Self::new(Code::InternalError, "The server cannot keep the secret of the webhook.")
    }
}

pub(in super::super) async fn create_webhook(
    app: App,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let (name, url) = (fields.required("name")?, fields.required("url")?);
    if !fields.has("events") {
        return Err(ApiError::missing_field("events"));
    }
    let triggers = wire::triggers(&fields)?;
    check_name(&name)?;
    app.webhooks.check_url(&url).await?;
    let webhook_id = id::random_uuid();
    let command = webhook::Create {
        webhook_id: webhook_id.clone(),
        name,
        url,
        triggers,
        description: fields.filled("description")?,
        status: wire::status(&fields)?.unwrap_or(WebhookStatus::Active),
        secret: sealed(&app, fields.filled("secret")?).await?,
    };
    app.execute(context, Command::CreateWebhook(command)).await?;
    Ok(answer(&*find(&app, &webhook_id)?))
}

pub(in super::super) async fn list_webhooks(app: App, fields: Fields) -> ApiResult<Object> {
    let asked = fields.int("max_results")?.filter(|asked| *asked != 0).unwrap_or(DEFAULT_RESULTS);
    if !(1..=MAX_RESULTS).contains(&asked) {
        return Err(ApiError::invalid(format!("max_results must be between 1 and {MAX_RESULTS}.")));
    }
    let limit = usize::try_from(asked).unwrap_or(usize::MAX);
    let walk = Walk::new(&app.page_key, "webhooks", &fields, &[]);
    let after = walk.after(&fields)?;
    let mut webhooks = lookup::webhooks(&app.views().view());
    webhooks.retain(|webhook| after.as_ref().is_none_or(|after| is_behind(webhook, after)));
    let end = webhooks.get(limit..).filter(|rest| !rest.is_empty());
    let end = end.and_then(|_| webhooks.get(limit - 1)).map(|last| walk.token(&place(last)));
    let shown = webhooks.iter().take(limit).map(|webhook| wire::webhook(webhook).into());
    Ok(Object::new().set_list("webhooks", shown.collect()).set_some("next_page_token", end))
}

/// The place of a webhook in the list.
fn place(webhook: &Webhook) -> Place {
    let seq = i64::try_from(webhook.seq.0).unwrap_or(i64::MAX);
    vec![KeptValue::Int(webhook.created_at), KeptValue::Int(seq)]
}

/// Whether a webhook comes after a place: it is older, or of the same millisecond and later.
fn is_behind(webhook: &Webhook, after: &Place) -> bool {
    match (place(webhook).as_slice(), after.as_slice()) {
        (
            [KeptValue::Int(created_at), KeptValue::Int(seq)],
            [KeptValue::Int(after_created_at), KeptValue::Int(after_seq)],
        ) => (after_created_at, seq) > (created_at, after_seq),
        _ => false,
    }
}

pub(in super::super) async fn get_webhook(
    app: App,
    InPath(webhook_id): InPath<String>,
) -> ApiResult<Object> {
    Ok(answer(&*find(&app, &webhook_id)?))
}

pub(in super::super) async fn update_webhook(
    app: App,
    InPath(webhook_id): InPath<String>,
    Caller(context): Caller,
    fields: Fields,
) -> ApiResult<Object> {
    let (name, url) = (fields.filled("name")?, fields.filled("url")?);
    let description = fields.string("description")?;
    let triggers = Some(wire::triggers(&fields)?).filter(|triggers| !triggers.is_empty());
    let (secret, status) = (fields.string("secret")?, wire::status(&fields)?);
    find(&app, &webhook_id)?;
    if let Some(name) = &name {
        check_name(name)?;
    }
    if let Some(url) = &url {
        app.webhooks.check_url(url).await?;
    }
    let command = webhook::Update {
        webhook_id: webhook_id.clone(),
        name,
        url,
        triggers,
        description,
        secret: sealed(&app, secret).await?,
        status,
    };
    app.execute(context, Command::UpdateWebhook(command)).await?;
    Ok(answer(&*find(&app, &webhook_id)?))
}

pub(in super::super) async fn delete_webhook(
    app: App,
    InPath(webhook_id): InPath<String>,
    Caller(context): Caller,
) -> ApiResult<Empty> {
    app.execute(context, Command::DeleteWebhook(webhook::Delete { webhook_id })).await?;
    Ok(Empty)
}

pub(in super::super) async fn test_webhook(
    app: App,
    InPath(webhook_id): InPath<String>,
    fields: Fields,
) -> ApiResult<Object> {
    let asked = fields.object("event")?.map(|event| wire::trigger(&event)).transpose()?;
    let webhook = find(&app, &webhook_id)?;
    let first = webhook
        .triggers
        .iter()
        .copied()
        .min_by_key(|it| (!is_mlflows(*it), it.entity_and_action()));
    let trigger = asked.or(first).ok_or_else(|| not_found(&webhook_id))?;
    let result = app.webhooks.test(&webhook, trigger).await;
    let result = Object::new()
        .set("success", result.success)
        .set_some("response_status", result.response_status)
        .set_some("response_body", result.response_body)
        .set_some("error_message", result.error_message);
    Ok(Object::new().set("result", result))
}
