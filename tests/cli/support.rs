//! Data made through the library, and the program run on it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use runlog::{
    base::disk::RealDisk,
    domain::{self, artifact, experiment, metric, model_version, registered_model, run},
    engine::{Context, Engine, Options},
    event::KeyValue,
};
use tempfile::TempDir;

/// A data directory.
pub(crate) struct Data {
    dir: TempDir,
    engine: Option<Engine>,
}

impl Data {
    /// An empty one, open.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let mut data = Self { dir, engine: None };
        data.open();
        data
    }

    /// One with two models, one of them renamed and deleted, an experiment and a run; closed.
    pub(crate) fn lived() -> Self {
        let mut data = Self::new();
        data.live();
        data.close();
        data
    }

    pub(crate) fn open(&mut self) {
        // Small, for the sake of speed.
        let options = Options { segment_bytes: 1 << 20, ..Options::default() };
        self.engine = Some(Engine::open(Arc::new(RealDisk), &self.path(), &options).unwrap());
    }

    pub(crate) fn close(&mut self) {
        self.engine = None;
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path().join("log")
    }

    pub(crate) fn views(&self) -> PathBuf {
        self.path().join("views")
    }

    /// A path beside the data that does not exist.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The only segment of the log.
    pub(crate) fn segment(&self) -> PathBuf {
        let names = std::fs::read_dir(self.log()).unwrap().map(|entry| entry.unwrap().path());
        names.filter(|path| path.extension().is_some_and(|it| it == "runlog")).max().unwrap()
    }

    /// Executes a command as a user.
    pub(crate) fn execute(&self, user: &str, command: domain::Command) {
        let context = Context {
            user: Some(user.to_owned()),
            request_id: "req-1".to_owned(),
            client_address: "10.0.0.1:50000".to_owned(),
            user_agent: "a client".to_owned(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.engine.as_ref().unwrap().execute(context, command)).unwrap();
    }

    fn live(&self) {
        let tag = |value: &str| KeyValue { key: "k".to_owned(), value: value.to_owned() };
        self.execute("ada", create_experiment("first"));
        self.execute(
            "ada",
            domain::Command::CreateRun(run::Create {
                run_id: "r1".to_owned(),
                experiment_id: 0,
                name: Some("a run".to_owned()),
                fallback_name: String::new(),
                user_id: String::new(),
                start_time: 1,
                tags: vec![tag("v")],
            }),
        );
        self.execute(
            "ada",
            domain::Command::LogMetric(metric::LogMetric {
                run_id: "r1".to_owned(),
                point: metric::NewPoint {
                    key: "loss".to_owned(),
                    value: f64::NAN,
                    timestamp: 2,
                    step: 0,
                    model_id: None,
                    dataset_name: None,
                    dataset_digest: None,
                },
            }),
        );
        self.execute(
            "ada",
            domain::Command::RecordArtifact(artifact::Record {
                path: "0/r1/artifacts/a.txt".to_owned(),
                size: 3,
                sha256: [7; 32],
            }),
        );
        self.register("CarSeat", 2);
        self.transition("ada", "CarSeat", 1, "production", Some("good\u{1b}[31m enough"));
        self.transition("grace", "CarSeat", 2, "Production", None);
        self.register("Stool", 1);
        self.transition("ada", "Stool", 1, "Staging", None);
        let (name, new_name) = ("Stool".to_owned(), "Bench".to_owned());
        let rename = registered_model::Rename { name, new_name: new_name.clone() };
        self.execute("ada", domain::Command::RenameRegisteredModel(rename));
        let delete = registered_model::Delete { name: new_name };
        self.execute("ada", domain::Command::DeleteRegisteredModel(delete));
    }

    fn register(&self, name: &str, versions: u32) {
        let (name, tags) = (name.to_owned(), Vec::new());
        let create = registered_model::Create { name: name.clone(), description: None, tags };
        self.execute("ada", domain::Command::CreateRegisteredModel(create));
        for _ in 0..versions {
            self.execute(
                "ada",
                domain::Command::CreateModelVersion(model_version::Create {
                    name: name.clone(),
                    source: "s3://bucket/model".to_owned(),
                    run_id: None,
                    run_link: None,
                    model_id: None,
                    description: None,
                    tags: Vec::new(),
                }),
            );
        }
    }

    fn transition(&self, user: &str, name: &str, version: u32, stage: &str, comment: Option<&str>) {
        let transition = model_version::TransitionStage {
            name: name.to_owned(),
            version: version.to_string(),
            stage: stage.to_owned(),
            archive_existing_versions: true,
            comment: comment.map(str::to_owned),
            expected_stage: None,
        };
        self.execute(user, domain::Command::TransitionStage(transition));
    }
}

pub(crate) fn create_experiment(name: &str) -> domain::Command {
    domain::Command::CreateExperiment(experiment::Create {
        name: name.to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        working_directory: "/".to_owned(),
        tags: Vec::new(),
    })
}

/// A server at work; killed if the test ends without stopping it.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut child = command(&[&["serve", "--port", "0"], args].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next());
        let address = address.unwrap_or_else(|| panic!("not ready: {line:?}")).to_owned();
        Self { child, address }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        Self::answer(stream)
    }

    /// What is answered to a body of JSON.
    pub(crate) fn post(&self, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (host, length) = (&self.address, body.len());
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        Self::answer(stream)
    }

    fn answer(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub(crate) fn stop(mut self, signal: &str) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        self.child.wait().unwrap().code().expect("it ends by itself")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Gone already if it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The message of a run that failed with this code: one line.
    pub(crate) fn refusal(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:?}");
        self.stderr.strip_prefix("runlog: ").unwrap()
    }

    /// The answer of a run that went well and had nothing else to say.
    pub(crate) fn answer(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:?}");
        &self.stdout
    }

    /// The first word after a label at the start of a line.
    pub(crate) fn field(&self, label: &str) -> &str {
        let mut lines = self.stdout.lines().map(str::split_whitespace);
        let words = lines.find_map(|mut words| (words.next() == Some(label)).then(|| words.next()));
        words.flatten().unwrap_or_else(|| panic!("no {label} in {self:?}"))
    }
}

/// The program with these arguments, and nothing from this environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runlog"));
    command.env_clear().args(args).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn runlog(args: &[&str]) -> Ran {
    Ran::of(command(args).output().unwrap())
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
