//! The program says what is to be seen: a flower under a blue sky.

use std::path::Path;
use std::process::Command;

fn run(picture: &Path) -> (bool, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_tilewright-classify")).arg(picture).output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn the_sky_is_blue() {
    let flower = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/flower.png");
    let (fine, said) = run(&flower);
    assert!(fine && said.contains("flower.png: blue "), "{said}");
}

#[test]
fn a_picture_that_is_not_there_is_an_error() {
    let (fine, said) = run(Path::new("none.png"));
    assert!(!fine && said.contains("none.png"), "{said}");
}
