//! Reports in a real browser: headless Chromium, where there is one.
//!
//! A copy of the report gets a script that measures it; the report itself has none.

use super::{succeed, text, tiny};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tilewright_runtime::image;

/// Width of the window, in pixels.
const WIDTH: u32 = 1280;

/// Measures the page, and leaves the result as JSON in the attribute `data-found` of the document.
const SCRIPT: &str = r#"<script>addEventListener("load", () => {
    const box = element => element.getBoundingClientRect();
    const outside = element => box(element).right > innerWidth + 1 || box(element).left < -1;
    const name = element => element.tagName + "." + (element.className.baseVal ?? element.className);
    document.documentElement.dataset.found = JSON.stringify({
        width: document.documentElement.scrollWidth,
        height: document.documentElement.scrollHeight,
        outside: [...document.body.querySelectorAll("*")].filter(outside).map(name),
        scrolled: [...document.querySelectorAll(".scroll")].map(list => list.scrollWidth - list.clientWidth),
        sections: [...document.querySelectorAll("section")].map(section => ({
            id: section.id, top: box(section).top + scrollY, height: box(section).height,
        })),
        drawings: [...document.querySelectorAll("svg")].map(drawing => box(drawing).width * box(drawing).height),
    });
})</script>"#;

/// The browser: what the environment names, or what is on the path.
fn browser() -> Option<PathBuf> {
    const NAMES: [&str; 5] =
        ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"];
    if let Some(named) = env::var_os("TILEWRIGHT_BROWSER") {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
}

/// Opens a page and returns what the browser prints.
fn open(browser: &Path, folder: &Path, page: &str, args: &[&str]) -> String {
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--force-device-scale-factor=1",
    ]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display())).args(args);
    let output = command.arg(format!("file://{}", folder.join(page).display())).output().expect("it starts");
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What the script finds.
fn measure(browser: &Path, folder: &Path, page: &str, window: &str) -> Value {
    let html = fs::read_to_string(folder.join(page)).expect("a page");
    fs::write(folder.join("measured.html"), html.replace("</body>", &format!("{SCRIPT}</body>")))
        .expect("a file");
    let dom = open(browser, folder, "measured.html", &[window, "--dump-dom"]);
    let (_, rest) = dom.split_once("data-found=\"").expect("the script has run");
    let found = rest.split('"').next().unwrap_or_default().replace("&quot;", "\"");
    serde_json::from_str(&found).unwrap_or_else(|error| panic!("{error}: {found}"))
}

/// Number of colours in each band of a picture.
fn colours(picture: &image::Picture, bands: &[(usize, usize)]) -> Vec<usize> {
    let (row, height) = (3 * picture.width as usize, picture.height as usize);
    let distinct = |&(from, to): &(usize, usize)| {
        let bytes = &picture.rgb[row * from..row * to.min(height)];
        bytes.chunks_exact(3).collect::<HashSet<_>>().len()
    };
    bands.iter().map(distinct).collect()
}

#[test]
fn a_report_is_readable_at_1280_pixels() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium; name one in TILEWRIGHT_BROWSER");
        return;
    };
    let folder = tiny();
    let path = folder.path();
    succeed(path, &["zoo", "resnet50", "--topology", "-o", "resnet50.onnx"]);
    succeed(path, &["report", "resnet50.onnx", "-o", "resnet50.html"]);
    check(&browser, path);
    measurements(path);
    let given = ["--profile", "profile.json", "--errors", "errors.json"];
    succeed(path, &[&["report", "resnet50.onnx", "-o", "resnet50.html"], &given[..]].concat());
    check(&browser, path);
}

/// Made-up times and errors of each step, in files.
fn measurements(folder: &Path) {
    let network = succeed(folder, &["explain", "resnet50.onnx", "--json"]);
    let network: Value = serde_json::from_str(&network).expect("JSON");
    let steps = network["steps"].as_array().expect("steps");
    let times = steps.iter().map(|step| {
        let ms = step["flops"].as_f64().unwrap_or(0.0) / 1e8 + 0.01;
        json!({"kernel": step["kernel"], "ms": ms})
    });
    let profile = json!({
        "isa": "avx512", "threads": 1, "rounds": 9, "peak_gflops": 117.5, "binary_bytes": 180_000_000,
        "steps": times.collect::<Vec<_>>(),
        "kernels": steps.iter().map(|step| json!({"kernel": step["kernel"], "code_bytes": 4000})).collect::<Vec<_>>(),
    });
    let errors =
        steps.iter().map(|step| json!({"step": step["step"], "kernel": step["kernel"], "relative": 1.7e-6}));
    let errors = json!({"isas": [{"steps": errors.collect::<Vec<_>>()}]});
    fs::write(folder.join("profile.json"), profile.to_string()).expect("a file");
    fs::write(folder.join("errors.json"), errors.to_string()).expect("a file");
}

/// Opens the report, measures it, and looks at it.
fn check(browser: &Path, path: &Path) {
    let found = measure(browser, path, "resnet50.html", &format!("--window-size={WIDTH},900"));
    assert_eq!(found["width"], WIDTH, "nothing makes the page wider than the window");
    assert_eq!(found["outside"], Value::Array(Vec::new()), "nothing is cut off");
    let numbers = |key: &str| -> Vec<f64> {
        found[key].as_array().expect("numbers").iter().filter_map(Value::as_f64).collect()
    };
    assert!(numbers("scrolled").iter().all(|&wider| wider <= 0.0), "no list scrolls sideways: {found}");
    assert!(numbers("drawings").len() >= 4 && numbers("drawings").iter().all(|&area| area > 1e4), "{found}");
    let sections = found["sections"].as_array().expect("sections");
    let ids: Vec<&str> = sections.iter().filter_map(|section| section["id"].as_str()).collect();
    let wanted = ["summary", "timeline", "roofline", "network", "memory", "algorithms", "kernels", "steps"];
    assert_eq!(ids, wanted);

    let height = found["height"].as_u64().expect("a height");
    let size = format!("--window-size={WIDTH},{height}");
    let shot = path.join("shot.png");
    open(browser, path, "resnet50.html", &[&size, &format!("--screenshot={}", shot.display())]);
    let picture = image::decode(&fs::read(shot).expect("a screenshot")).expect("a picture");
    assert_eq!(picture.width, WIDTH);
    let number = |value: &Value| value.as_f64().unwrap_or(0.0) as usize;
    let bands: Vec<(usize, usize)> = sections
        .iter()
        .map(|section| (number(&section["top"]), number(&section["top"]) + number(&section["height"])))
        .collect();
    for (id, colours) in ids.iter().zip(colours(&picture, &bands)) {
        assert!(colours > 20, "{id} has {colours} colours: it is blank");
    }
}

/// Long names and names that would be markup change nothing about the page's width.
#[test]
fn a_report_of_long_names_is_as_wide() {
    let Some(browser) = browser() else {
        println!("skipped: there is no Chromium; name one in TILEWRIGHT_BROWSER");
        return;
    };
    let folder = tiny();
    let path = folder.path();
    let mut model = super::tiny_model(1.0).bytes();
    for (short, filler) in [(&b"node_c"[..], b'W'), (b"node_r", b'<')] {
        // Of the same length, so that the file stays one.
        let mut at = 0;
        while let Some(found) = model[at..].windows(short.len()).position(|window| window == short) {
            model[at + found..at + found + short.len()].fill(filler);
            at += found + short.len();
        }
    }
    fs::write(path.join("long.onnx"), model).expect("a file");
    let name = format!("{}.onnx", "long_".repeat(40));
    fs::rename(path.join("long.onnx"), path.join(&name)).expect("a file");
    succeed(path, &["report", &name, "--dim", "N=1", "-o", "long.html"]);
    let found = measure(&browser, path, "long.html", &format!("--window-size={WIDTH},900"));
    assert_eq!((&found["width"], &found["outside"]), (&WIDTH.into(), &Value::Array(Vec::new())));
}
