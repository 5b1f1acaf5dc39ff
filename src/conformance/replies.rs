//! The replies of another process: lines of JSON over its standard output. Each line carries a
//! mark, since the test runner writes to the same pipe.

use std::io::{BufRead, Lines, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kit::{PropertyResult, Stop};

const MARK: &str = "sspr-conformance: ";

/// Replies to the parent process; returns whether the pipe is still open.
pub(super) fn reply<T: Serialize>(answer: PropertyResult<T>) -> bool {
    let sent = answer.map_err(|stop| match stop {
        Stop::Skip(reason) => reason.to_owned(),
        Stop::Seen(seen) => seen,
    });
    let line = serde_json::to_string(&sent).unwrap_or_default();
    let mut out = std::io::stdout().lock();
    // The runner may have left a line of its own unfinished.
    writeln!(out, "\n{MARK}{line}").and_then(|()| out.flush()).is_ok()
}

/// The next reply of another process; `None` once the pipe has ended.
pub(super) fn next_reply<T: DeserializeOwned>(
    told: &mut Lines<impl BufRead>,
) -> PropertyResult<Option<T>> {
    let marked = |line: std::io::Result<String>| match line {
        // A line cut short by the kill does not count as a reply.
        Ok(line) => Some(line.strip_prefix(MARK)?.to_owned()),
        Err(_) => None,
    };
    let Some(line) = told.find_map(marked) else {
        return Ok(None);
    };
    match serde_json::from_str(&line) {
        Ok(Ok(answer)) => Ok(Some(answer)),
        Ok(Err(fault)) => {
            let fault: String = fault;
            Err(Stop::Seen(format!("in another process: {fault}")))
        }
        Err(_) => Ok(None),
    }
}
