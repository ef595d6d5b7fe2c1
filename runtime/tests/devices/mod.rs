//! Devices, pipes and folders in the place of files.

use super::{Folder, fake::Sums, png_of, run, talk};
use std::path::Path;

/// What has no end, and what is called a picture and is none.
#[test]
fn devices_and_pipes_in_the_place_of_files() {
    let folder = Folder::new();
    let picture = png_of(&folder, "b.png", [1, 3, 2]);
    std::fs::create_dir(folder.path("c.png")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("a.png")).unwrap();
    let place = folder.path("");
    let (result, out, errors) = talk::<Sums>(&[&place, "--top", "1"], None);
    assert_eq!(result.unwrap_err().to_string(), "2 of 3 pictures could not be read");
    for name in ["a.png", "c.png"] {
        assert!(errors.contains(&format!("{name}: is no file; ")), "{errors}");
    }
    assert!(out.starts_with(&picture) && out.lines().count() == 2, "{out}");
    if !Path::new("/dev/zero").exists() {
        println!("skipped: there is nothing without an end");
        return;
    }
    let cases: [(&[&str], &str); 3] = [
        (&["/dev/zero"], "/dev/zero: has more than 268435456 bytes"),
        (&[&picture, "--labels", "/dev/zero"], "/dev/zero: has more than 268435456 bytes"),
        (&["--bench", "--input", "/dev/zero"], "/dev/zero: is no .npy file"),
    ];
    for (args, message) in cases {
        let error = run::<Sums>(args).unwrap_err().to_string();
        assert!(error.contains(message), "{args:?}: {error}");
    }
}
