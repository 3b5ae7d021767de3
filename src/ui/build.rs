//! Builds the page with npm when what is built is missing or older than its sources, and lists its files for
//! `http::ui`. Without npm, or where it fails, the program is built all the same; its page then says how to get it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

/// What the page is made of.
const SOURCES: [&str; 6] =
    ["src", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts"];

fn main() {
    let ui = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo says")).join("src/ui");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=src/ui/{source}");
    }
    println!("cargo::rerun-if-changed=src/ui/build.rs");
    let newest = SOURCES.iter().filter_map(|source| changed(&ui.join(source))).max();
    if changed(&ui.join("dist/index.html")) < newest
        && let Err(why) = build(&ui)
    {
        println!("cargo::warning=the UI is not built: {why}");
    }
    if ui.join("dist").exists() {
        println!("cargo::rerun-if-changed=src/ui/dist");
    }
    let list = PathBuf::from(env::var("OUT_DIR").expect("cargo says")).join("ui_files.rs");
    fs::write(list, listing(&ui.join("dist"))).expect("the output can be written");
}

/// When a file, or the last file of a directory, was changed; `None` if there is none.
fn changed(path: &Path) -> Option<SystemTime> {
    if path.is_dir() {
        let entries = fs::read_dir(path).ok()?.flatten();
        return entries.filter_map(|entry| changed(&entry.path())).max();
    }
    fs::metadata(path).and_then(|it| it.modified()).ok()
}

fn build(ui: &Path) -> io::Result<()> {
    let lock = changed(&ui.join("package-lock.json"));
    if changed(&ui.join("node_modules/.package-lock.json")) < lock {
        npm(ui, &["ci", "--no-audit", "--no-fund"])?;
    }
    npm(ui, &["run", "build"])
}

fn npm(ui: &Path, args: &[&str]) -> io::Result<()> {
    let done = Command::new("npm").args(args).current_dir(ui).output()?;
    if done.status.success() {
        return Ok(());
    }
    let told = [done.stderr, done.stdout].concat();
    let told = String::from_utf8_lossy(&told);
    let told: Vec<&str> = told.lines().take(5).collect();
    Err(io::Error::other(format!("npm {}: {}", args.join(" "), told.join(" "))))
}

/// The files as a Rust expression: path and content of each.
fn listing(dist: &Path) -> String {
    let mut files = Vec::new();
    collect(dist, &mut files);
    files.sort();
    let items = files.iter().filter_map(|path| {
        let name = path.strip_prefix(dist).ok()?.to_str()?.to_owned();
        Some(format!("({name:?}, include_bytes!({:?})),", path.to_str()?))
    });
    format!("&[{}]", items.collect::<String>())
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
