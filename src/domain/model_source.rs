//! Where the files of a new version may be. A client can name any place; refused is what would hand
//! out files of the server, of another run or of another model. Rules and texts are those of
//! MLflow's server (`_validate_source_run` and its neighbours in mlflow/server/handlers.py, 3.17).

use std::sync::Arc;

use super::{
    Rejection, State,
    entity::{LoggedModel, ModelVersion},
    logged_model,
    model_uri::{ModelUri, Uri, as_python_reads},
    model_version::{Create, VersionNumber, check_name_and_tags, not_found, parse_stage},
    registered_model,
};
use crate::{
    base::{id, python},
    event::Stage,
};

/// What stands for the source of a prompt, which has no files.
const PROMPT_SOURCES: [&str; 2] = ["dummy-source", "prompt-template"];
/// Schemes whose URIs name a host.
const HOST_SCHEMES: [&str; 10] =
    ["ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss"];

/// A checked source.
pub(super) struct Source {
    /// As it is kept: an alias or a stage of another model is a version by now.
    pub(super) uri: String,
    /// Where the files can be read, if that is elsewhere.
    pub(super) location: Option<String>,
    /// The run that made the files.
    pub(super) run_id: Option<String>,
    /// The logged model that they are.
    pub(super) model: Option<Arc<LoggedModel>>,
}

fn filled(id: Option<&String>) -> Option<&str> {
    id.map(String::as_str).filter(|id| !id.is_empty())
}

fn invalid(source: &str, why: &str) -> Rejection {
    Rejection::invalid(format!("Invalid model version source: '{source}'. {why}"))
}

/// The source lies in nothing that the request names.
fn unowned(source: &str, parameter: &str) -> Rejection {
    let why = format!(
        "The {parameter} request parameter must identify the resource that contains the source."
    );
    invalid(source, &why)
}

/// Checks the source of a prompt.
pub(super) fn of_prompt(state: &dyn State, command: &Create) -> Result<Source, Rejection> {
    let uri = command.source.clone();
    if !PROMPT_SOURCES.contains(&uri.as_str()) {
        return Err(Rejection::invalid(format!(
            "Invalid prompt source: '{uri}'. Prompt sources must use an MLflow placeholder."
        )));
    }
    check_name_and_tags(command)?;
    let run_id = match (filled(command.run_id.as_ref()), filled(command.model_id.as_ref())) {
        (Some(run_id), _) => Some(run_id.to_owned()),
        (None, Some(id)) => {
            let model = active_model(state, id).ok_or_else(|| logged_model::not_found(id))?;
            model.source_run_id.clone()
        }
        (None, None) => None,
    };
    Ok(Source { uri, location: None, run_id, model: None })
}

/// Checks the source of a model.
pub(super) fn of_model(state: &dyn State, command: &Create) -> Result<Source, Rejection> {
    let (source, model_id) = (as_python_reads(&command.source), filled(command.model_id.as_ref()));
    let uri = Uri::parse(&source);
    if uri.scheme == "models" {
        if !uri.authority.is_empty() {
            let why = "Registered model sources must use the active model registry.";
            return Err(invalid(&command.source, why));
        }
        let parsed = ModelUri::parse(uri.path_with_fragment);
        let parsed = parsed.ok_or_else(|| unowned(&command.source, "model_id"))?;
        if !matches!(parsed, ModelUri::Id(_)) {
            return of_version(state, command, &parsed);
        }
    }
    let mut run_id = filled(command.run_id.as_ref()).map(str::to_owned);
    let owner = Owner::find(state, run_id.as_deref(), model_id);
    if !(owner.is_run() && names_no_run(state, &uri)) {
        owner.check(&command.source, &uri)?;
    }
    check_name_and_tags(command)?;
    let missing = |id| match uri.scheme.as_str() {
        "models" => Rejection::invalid(format!(
            "Unable to fetch model from model URI source artifact location '{}'.Error: {}",
            command.source,
            logged_model::not_found(id)
        )),
        _ => logged_model::not_found(id),
    };
    let model = match model_id {
        Some(id) => Some(active_model(state, id).ok_or_else(|| missing(id))?),
        None => None,
    };
    if let Some(model) = &model {
        run_id = run_id.or_else(|| model.source_run_id.clone());
    }
    // Only a logged model's own URI comes this far.
    let location = model.as_ref().filter(|_| uri.scheme == "models");
    let location = location.map(|model| model.artifact_uri.clone());
    Ok(Source { uri: command.source.clone(), location, run_id, model })
}

/// Whether the URI names a run that is not there and never will be, so that nothing needs protection.
/// MLflow 3.6 takes it and 3.17 does not; scripts and tests register such placeholders.
fn names_no_run(state: &dyn State, uri: &Uri<'_>) -> bool {
    let run_id = uri.first_segment();
    uri.scheme == "runs"
        && uri.authority.is_empty()
        && uri.is_plain()
        && run_id.chars().all(|c| python::is_word(c) || c == '-')
        && !id::is_hex(run_id)
        && state.run(run_id).is_none()
}

fn active_model(state: &dyn State, id: &str) -> Option<Arc<LoggedModel>> {
    state.logged_model(id).filter(|model| model.lifecycle.is_active())
}

/// The source that another version is: its files, and its run unless another is named.
fn of_version(
    state: &dyn State,
    command: &Create,
    uri: &ModelUri<'_>,
) -> Result<Source, Rejection> {
    let (name, found) = referenced(state, &command.source, uri)?;
    let known = found.run_id.as_deref().unwrap_or_default();
    // MLflow's store keeps no model id with a version, so none can match.
    if command.run_id.as_deref().is_some_and(|id| id != known)
        || filled(command.model_id.as_ref()).is_some()
    {
        let why =
            "The run_id and model_id request parameters must match the referenced model version.";
        return Err(invalid(&command.source, why));
    }
    check_name_and_tags(command)?;
    Ok(Source {
        uri: format!("models:/{name}/{}", found.version),
        location: Some(found.storage_location.clone().unwrap_or_else(|| found.source.clone())),
        run_id: found.run_id.clone(),
        model: None,
    })
}

/// The version that a `models:/` URI names.
fn referenced<'a>(
    state: &dyn State,
    source: &str,
    uri: &ModelUri<'a>,
) -> Result<(&'a str, Arc<ModelVersion>), Rejection> {
    let name = uri.name();
    let model = registered_model::find(state, name)?;
    if registered_model::is_prompt(&model.tags) {
        let why = "Prompt versions cannot be used as model version sources.";
        return Err(invalid(source, why));
    }
    let id = model.registered_model_id;
    let latest = |stage: Option<Stage>| {
        let mut versions = state.model_versions(id).into_iter();
        versions.rfind(|version| stage.is_none_or(|stage| version.stage == stage))
    };
    let found = match *uri {
        ModelUri::Version(_, version) => {
            let version = VersionNumber::parse(version)?;
            let found = version.get().and_then(|version| state.model_version(id, version));
            found.ok_or_else(|| not_found(name, version))?
        }
        ModelUri::Alias(_, alias) if !alias.eq_ignore_ascii_case("latest") => {
            registered_model::check_alias(alias)?;
            let version = model.aliases.get(alias).copied();
            let version = version.ok_or_else(|| registered_model::alias_not_found(alias))?;
            state.model_version(id, version).ok_or_else(|| not_found(name, version))?
        }
        ModelUri::Stage(_, stage) => latest(Some(parse_stage(stage)?)).ok_or_else(|| {
            let which = format!("'{name}' and stage '{stage}'");
            Rejection::invalid(format!("No versions of model with name {which} found"))
        })?,
        ModelUri::Latest(_) | ModelUri::Alias(..) | ModelUri::Id(_) => {
            latest(None).ok_or_else(|| {
                Rejection::invalid(format!("No versions of model with name '{name}' found"))
            })?
        }
    };
    Ok((name, found))
}

/// What the request says the files belong to: a logged model, else a run, else nothing.
struct Owner {
    /// The request's parameter that names it.
    parameter: &'static str,
    /// Its id, if one is named.
    id: Option<String>,
    /// Where its artifacts are, if it is there.
    root: Option<String>,
}

impl Owner {
    fn find(state: &dyn State, run_id: Option<&str>, model_id: Option<&str>) -> Self {
        let (parameter, id, root) = match (model_id, run_id) {
            (Some(id), _) => {
                let root = active_model(state, id).map(|model| model.artifact_uri.clone());
                ("model_id", Some(id), root)
            }
            (None, Some(id)) => {
                ("run_id", Some(id), state.run(id).map(|run| run.artifact_uri.clone()))
            }
            (None, None) => ("run_id", None, None),
        };
        Self { parameter, id: id.map(str::to_owned), root }
    }

    /// Whether the request names a run, and no logged model.
    fn is_run(&self) -> bool {
        self.parameter == "run_id" && self.id.is_some()
    }

    /// Refuses a source that is not the owner's, where it has to be.
    fn check(&self, source: &str, uri: &Uri<'_>) -> Result<(), Rejection> {
        let root = self.root.as_deref().map(Uri::parse);
        let within = root.as_ref().is_some_and(|root| uri.is_within(root));
        if names_host(uri) && !within {
            return Err(foreign_host("source", &uri.scheme));
        }
        if uri.is_local() {
            return self.check_local(source, uri, root.as_ref());
        }
        if !uri.is_plain() {
            return Err(invalid(
                source,
                "If supplying a source as an http, https, local file path, ftp, objectstore, or \
                 mlflow-artifacts uri, an absolute path must be provided without relative path \
                 references present. Please provide an absolute path.",
            ));
        }
        let is_mine = |id: &str| uri.authority.is_empty() && self.id.as_deref() == Some(id);
        let (allowed, parameter) = match uri.scheme.as_str() {
            "runs" => (self.parameter == "run_id" && is_mine(uri.first_segment()), self.parameter),
            "models" => {
                let model_id = uri.path_with_fragment.trim_start_matches('/');
                (self.parameter == "model_id" && is_mine(model_id), "model_id")
            }
            _ => (within || !uri.is_proxied(), self.parameter),
        };
        if allowed { Ok(()) } else { Err(unowned(source, parameter)) }
    }

    fn check_local(
        &self,
        source: &str,
        uri: &Uri<'_>,
        root: Option<&Uri<'_>>,
    ) -> Result<(), Rejection> {
        let parameter = self.parameter;
        if !uri.is_this_machine() {
            return Err(Rejection::invalid(format!(
                "{source} is not a valid remote uri. For remote access on windows, please consider \
                 using a different scheme such as SMB (e.g. smb://<hostname>/<path>)."
            )));
        }
        if self.id.is_some() && root.is_none() {
            return Err(unowned(source, parameter));
        }
        let is_written_so = as_python_reads(source) == source;
        if is_written_so && root.is_some_and(|root| root.is_local() && uri.is_path_within(root)) {
            return Ok(());
        }
        let why = format!(
            "To use a local path as a model version source, the {parameter} request parameter has \
             to be specified and the local path has to be contained within the artifact directory \
             of the run specified by the {parameter}."
        );
        Err(invalid(source, &why))
    }
}

/// Whether the URI says which host to ask, so that reading it could lead anywhere.
pub(super) fn names_host(uri: &Uri<'_>) -> bool {
    let is_own = uri.scheme == "mlflow-artifacts" && uri.authority.is_empty();
    HOST_SCHEMES.contains(&uri.scheme.as_str()) && !is_own
}

/// The refusal of a URI in `field` whose scheme names a host.
pub(super) fn foreign_host(field: &str, scheme: &str) -> Rejection {
    Rejection::invalid(format!(
        "'{field}' cannot use the '{scheme}' scheme: the '{scheme}' scheme addresses a host other \
         than the tracking server's configured artifact storage, so the server would connect to \
         the host named in the URI. Set the MLFLOW_ALLOWED_HOST_ADDRESSED_ARTIFACT_SCHEMES \
         environment variable on the server to allow it."
    ))
}

#[cfg(test)]
mod tests;
