//! The command line itself.

use crate::support::runlog;

#[test]
fn help_says_what_there_is_and_what_exit_codes_mean() {
    let help = runlog(&["--help"]);
    for word in ["serve", "replay", "verify", "log", "history", "Exit codes:"] {
        assert!(help.answer().contains(word), "{word}");
    }
    for args in [
        &["serve", "--help"][..],
        &["replay", "--help"],
        &["verify", "--help"],
        &["log", "--help"],
        &["history", "model", "--help"],
    ] {
        let help = runlog(args);
        for word in ["Examples:", "Exit codes:", "--data-dir", "RUNLOG_DATA_DIR"] {
            assert!(help.answer().contains(word), "{word} in {args:?}");
        }
    }
    assert!(runlog(&["--version"]).answer().starts_with("runlog "));
}

#[test]
fn nothing_to_do_shows_the_help() {
    let ran = runlog(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("Usage: runlog"));
}

#[test]
fn a_wrong_line_is_one_line() {
    for (args, word) in [
        (&["frobnicate"][..], "frobnicate"),
        (&["verify", "--frob"], "--frob"),
        (&["log", "--from", "yesterday"], "2026-08-21T09:30:00Z"),
        (&["log", "--entity", "trace:1"], "logged-model:<id>"),
        (&["history", "model"], "<NAME>"),
        (&["replay", "--until", "3", "--compare", "x"], "--compare"),
        (&["serve", "--port", "65536"], "65536"),
    ] {
        let ran = runlog(args);
        let told = ran.refusal(2);
        assert!(told.contains(word) && told.contains("--help"), "{told}");
    }
}
