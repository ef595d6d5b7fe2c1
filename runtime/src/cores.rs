//! How many cores there are: as many threads as are worth having.

use std::collections::BTreeSet;
use std::fs;

/// Physical cores that this process may use; at least 1.
///
/// A second thread on one core shares its multipliers, so it only gets in the way. Linux tells which processors share a
/// core; elsewhere each counts as one.
pub fn physical() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let siblings = |processor: usize| {
        let path = format!("/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list");
        fs::read_to_string(path).ok()
    };
    processors.min(distinct(&status, siblings).unwrap_or(usize::MAX))
}

/// The number of distinct groups of siblings among the processors that a `/proc/self/status` allows.
fn distinct(status: &str, siblings: impl Fn(usize) -> Option<String>) -> Option<usize> {
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut groups = BTreeSet::new();
    for range in allowed.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        for processor in first.parse::<usize>().ok()?..=last.parse().ok()? {
            groups.insert(siblings(processor)?);
        }
    }
    Some(groups.len()).filter(|&cores| cores > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_count_once_and_only_where_allowed() {
        // Eight processors, of which n and n + 4 share a core.
        let siblings = |n: usize| (n < 8).then(|| format!("{},{}\n", n % 4, n % 4 + 4));
        let status = |list: &str| format!("Name:\tx\nCpus_allowed_list:\t{list}\nMems_allowed_list:\t0\n");
        for (list, cores) in [
            ("0-7", Some(4)),
            ("0-3", Some(4)),
            ("0,4", Some(1)),
            ("1-2,5-7", Some(3)),
            ("6", Some(1)),
            ("0-8", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(distinct(&status(list), siblings), cores, "{list:?}");
        }
        assert_eq!(distinct("", siblings), None);
    }

    #[test]
    fn there_is_a_core() {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        assert!((1..=processors).contains(&physical()));
    }
}
