//! The `runlog` program: reads the command line, starts telemetry, runs one command.

use runlog::cli;

fn main() {
    let code = match cli::parse(std::env::args_os()) {
        Ok(command) => {
            cli::start_telemetry();
            cli::run(command)
        }
        Err(misuse) => misuse.tell(),
    };
    std::process::exit(code);
}
