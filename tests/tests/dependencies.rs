//! ARCHITECTURE gives a reason for each dependency, and for nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("a file of the workspace")
}

/// Names of the crates from elsewhere in the tables of dependencies of a manifest.
fn direct(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.trim_end_matches(']').ends_with("dependencies") && !line.contains("workspace");
        } else if let Some((name, what)) =
            line.split_once(" = ").filter(|(name, _)| inside && !name.starts_with('#'))
        {
            let ours = what.contains("path = ") || what.contains("workspace = true");
            names.extend((!ours).then(|| name.to_owned()));
        }
    }
    names
}

#[test]
fn each_has_its_reason() {
    let workspace = read("Cargo.toml");
    let members = workspace.lines().find_map(|line| line.strip_prefix("members = [")).expect("members");
    let mut used = BTreeSet::new();
    for member in members.trim_end_matches(']').split(", ") {
        used.append(&mut direct(&read(&format!("{}/Cargo.toml", member.trim_matches('"')))));
    }
    assert!(used.contains("prost") && used.contains("twox-hash") && used.contains("nix"), "{used:?}");
    let page = read("ARCHITECTURE.md");
    let (_, section) = page.split_once("## Dependencies").expect("a section");
    let (section, _) = section.split_once("\n## ").expect("an end");
    let rows: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    let told =
        |name: &str| rows.iter().any(|row| row.split(|c: char| " ,:;|".contains(c)).any(|word| word == name));
    for name in &used {
        assert!(told(name), "ARCHITECTURE does not say what {name} is for");
    }
    for row in rows.iter().filter(|row| !row.starts_with("crate")) {
        let (names, _) = row.split_once(" |").expect("two columns");
        for name in names.split(", ") {
            assert!(used.contains(name), "ARCHITECTURE speaks of {name}, which nothing uses");
        }
    }
}

#[test]
fn every_command_of_the_checks_is_locked() {
    for line in read(".ci/run").lines().filter(|line| line.starts_with("step") && line.contains("cargo ")) {
        assert!(line.contains("--locked") || line.contains("cargo fmt"), "{line}");
    }
}
