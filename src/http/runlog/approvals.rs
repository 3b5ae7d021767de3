//! `/models/.../approvals`: four eyes on moves into a stage.

use axum::{Json, http::HeaderMap};

use super::{
    super::{
        App,
        error::{ApiError, ApiResult},
        request::{Caller, Fields, InPath, text_header},
    },
    Refusal,
};
use crate::{
    audit::{ModelApprovals, model_approvals},
    domain::{Command, approval},
    engine::Context,
};

/// What goes with a change; the header `Runlog-Comment` says the same.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it describes a body that is read field by field")]
struct Remark {
    /// Why.
    comment: Option<String>,
}

/// Which moves of a model's versions need the approval of a second person, and which wait for it.
#[utoipa::path(
    get,
    path = "/models/{name}/approvals",
    params(("name" = String, Path, description = "The name it has, or had", example = "CarSeat")),
    responses(
        (status = 200, body = ModelApprovals),
        (status = 404, description = "There never was such a model", body = Refusal),
    )
)]
pub(super) async fn approvals(
    app: App,
    InPath(name): InPath<String>,
) -> ApiResult<Json<ModelApprovals>> {
    let found = model_approvals(&app.views().view(), &name);
    let missing = || ApiError::missing(format!("Registered Model with name={name} not found"));
    found.map(Json).ok_or_else(missing)
}

/// From now on, a second person must approve moves into the stage. Until then a transition is answered with 409,
/// and stands in the log as a request.
#[utoipa::path(
    put,
    path = "/models/{name}/approvals/{stage}",
    params(
        ("name" = String, Path, description = "Its name", example = "CarSeat"),
        ("stage" = String, Path, description = "The stage, in any case", example = "Production")
    ),
    request_body = Remark,
    responses(
        (status = 200, body = ModelApprovals),
        (status = 400, description = "That is no stage that can have the rule", body = Refusal),
        (status = 404, description = "There is no such model", body = Refusal),
    )
)]
pub(super) async fn require(
    app: App,
    Caller(context): Caller,
    InPath((name, stage)): InPath<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Json<ModelApprovals>> {
    let comment = remark(&fields, &headers)?;
    set_rule(app, context, approval::SetRule { name, stage, required: true, comment }).await
}

/// Moves into the stage need no approval any more.
#[utoipa::path(
    delete,
    path = "/models/{name}/approvals/{stage}",
    params(
        ("name" = String, Path, description = "Its name", example = "CarSeat"),
        ("stage" = String, Path, description = "The stage, in any case", example = "Production")
    ),
    request_body = Remark,
    responses(
        (status = 200, body = ModelApprovals),
        (status = 400, description = "That is no stage that can have the rule", body = Refusal),
        (status = 404, description = "There is no such model", body = Refusal),
    )
)]
pub(super) async fn lift(
    app: App,
    Caller(context): Caller,
    InPath((name, stage)): InPath<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Json<ModelApprovals>> {
    let comment = remark(&fields, &headers)?;
    set_rule(app, context, approval::SetRule { name, stage, required: false, comment }).await
}

async fn set_rule(
    app: App,
    context: Context,
    rule: approval::SetRule,
) -> ApiResult<Json<ModelApprovals>> {
    let name = rule.name.clone();
    app.execute(context, Command::SetApprovalRule(rule)).await?;
    approvals(app, InPath(name)).await
}

/// Approves the move of a version that waits for it: the version moves. Whoever asked cannot approve.
#[utoipa::path(
    post,
    path = "/models/{name}/versions/{version}/approve",
    params(
        ("name" = String, Path, description = "Its name", example = "CarSeat"),
        ("version" = String, Path, description = "The version", example = "3")
    ),
    request_body = Remark,
    responses(
        (status = 200, body = ModelApprovals),
        (status = 400, description = "Nobody is named who approves", body = Refusal),
        (status = 404, description = "Nothing waits for an approval of such a version", body = Refusal),
        (status = 409, description = "Who approves is who asked, or versions have moved since", body = Refusal),
    )
)]
pub(super) async fn approve(
    app: App,
    Caller(context): Caller,
    InPath((name, version)): InPath<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Json<ModelApprovals>> {
    let (approver, comment) = (context.user.clone(), remark(&fields, &headers)?);
    let command = approval::Approve { name: name.clone(), version, approver, comment };
    app.execute(context, Command::ApproveTransition(command)).await?;
    approvals(app, InPath(name)).await
}

/// Rejects the move of a version that waits for an approval, or takes it back: nothing moves.
#[utoipa::path(
    post,
    path = "/models/{name}/versions/{version}/reject",
    params(
        ("name" = String, Path, description = "Its name", example = "CarSeat"),
        ("version" = String, Path, description = "The version", example = "3")
    ),
    request_body = Remark,
    responses(
        (status = 200, body = ModelApprovals),
        (status = 404, description = "Nothing waits for an approval of such a version", body = Refusal),
    )
)]
pub(super) async fn reject(
    app: App,
    Caller(context): Caller,
    InPath((name, version)): InPath<(String, String)>,
    headers: HeaderMap,
    fields: Fields,
) -> ApiResult<Json<ModelApprovals>> {
    let comment = remark(&fields, &headers)?;
    let command = approval::Reject { name: name.clone(), version, comment };
    app.execute(context, Command::RejectTransition(command)).await?;
    approvals(app, InPath(name)).await
}

fn remark(fields: &Fields, headers: &HeaderMap) -> ApiResult<Option<String>> {
    Ok(fields.filled("comment")?.or_else(|| text_header(headers, "Runlog-Comment")))
}
