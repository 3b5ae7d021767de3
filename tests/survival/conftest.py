from effort import FIGURES, LONG, SEED


def pytest_terminal_summary(terminalreporter):
    effort = "long" if LONG else "short"
    terminalreporter.section(f"survival, {effort}; RUNLOG_SURVIVAL_SEED={SEED} repeats its random choices")
    for line in FIGURES:
        terminalreporter.line(line)
