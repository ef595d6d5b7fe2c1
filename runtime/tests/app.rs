//! The standalone program around fake networks, called in this process.

#[cfg(unix)]
mod devices;
mod fake;

use fake::{Sums, Swap};
use std::ffi::OsString;
use std::path::Path;
use tempfile::TempDir;
use tilewright_runtime::app::{self, Streams};
use tilewright_runtime::{Error, ErrorKind, Network, Postprocess, npy};

fn run<N: Network>(args: &[&str]) -> Result<String, Error> {
    let (result, out, errors) = talk::<N>(args, None);
    assert_eq!(errors, "");
    result.map(|()| out)
}

/// The end of a run, and what it wrote to its output and to its errors; where there is input, it comes from a pipe.
fn talk<N: Network>(args: &[&str], input: Option<&[u8]>) -> (Result<(), Error>, String, String) {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let streams = Streams {
        input: &mut input.unwrap_or_default(),
        piped: input.is_some(),
        out: &mut out,
        errors: &mut errors,
    };
    let result = app::run::<N>(args.iter().map(OsString::from), streams);
    (result, String::from_utf8(out).unwrap(), String::from_utf8(errors).unwrap())
}

/// A fresh folder that is removed at the end.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn array(&self, name: &str, shape: &[usize], floats: &[f32]) -> String {
        self.file(name, &npy::encode(shape, floats))
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// A PNG of 4 x 4 pixels of one colour.
fn png_of(folder: &Folder, name: &str, rgb: [u8; 3]) -> String {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 4);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&rgb.repeat(16)).unwrap();
    folder.file(name, &file)
}

#[test]
fn wrong_command_lines_are_usage_errors_that_name_the_argument() {
    let cases: [(&[&str], &str); 28] = [
        (&[], "say what to do"),
        (&["--nonsense"], "--nonsense"),
        (&["-x"], "-x"),
        (&["--input", "x.npy"], "--input needs an --output"),
        (&["--output", "y.npy"], "--output needs an --input"),
        (&["--dump", "folder"], "--dump needs an --input"),
        (&["--dump"], "--dump"),
        (&["--input"], "--input"),
        (&["--bench", "--profile"], "--bench and --profile exclude each other"),
        (&["--bench", "cat.jpg"], "--bench and PICTURE exclude each other"),
        (&["--info", "--bench"], "exclude each other"),
        (&["--bench", "--top", "3"], "--top goes with PICTURE only"),
        (&["--bench", "--labels", "l"], "--labels goes with PICTURE only"),
        (&["--output", "y.npy", "--json"], "--json goes with PICTURE, --bench, --profile, --info only"),
        (&["--bench", "--csv"], "--csv goes with PICTURE only"),
        (&["cat.jpg", "--csv", "--json"], "--json and --csv exclude each other"),
        (&["cat.jpg", "--rounds", "3"], "--rounds goes with"),
        (&["cat.jpg", "--input", "x.npy"], "--input goes with"),
        (&["cat.jpg", "--top", "0"], "--top takes a number from 1 on, not \"0\""),
        (&["cat.jpg", "--top", "many"], "not \"many\""),
        (&["--bench", "--rounds", "-1"], "--rounds"),
        (&["--bench", "--rounds", "99999999999999999999"], "--rounds"),
        (&["--bench", "--threads", "5000"], "the number of threads is 1 to 1024, not 5000"),
        (&["--bench", "--threads", "0"], "--threads takes a number from 1 on"),
        (&["--bench", "--isa", "mmx"], "portable, avx2, avx512"),
        (&["--bench", "--isa", "avx512"], "not built for avx512"),
        (&["--bench=yes"], "yes"),
        (&["--info", "--weights"], "--weights"),
    ];
    for (args, message) in cases {
        let error = run::<Sums>(args).err().unwrap_or_else(|| panic!("{args:?} was accepted"));
        assert!(error.to_string().contains(message), "{args:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::Usage, "{args:?}: {error}");
    }
}

#[test]
fn help_version_and_info_need_no_model() {
    let help = run::<Sums>(&["--bench", "--help"]).unwrap();
    assert!(help.starts_with("Usage: sums PICTURE") && help.contains("portable, avx2"), "{help}");
    assert_eq!(run::<Sums>(&["--version"]).unwrap(), "sums (tilewright 0.0.0)\n");
    let info = run::<Sums>(&["--info"]).unwrap();
    for part in ["data 1x3x4x4", "sums 1x3", "2 steps", "middle 4 x 4", "as rgb", "3 named, the 3 best"] {
        assert!(info.contains(part), "{part} in {info}");
    }
}

#[test]
fn info_is_json_too() {
    let info = run::<Sums>(&["--info", "--json"]).unwrap();
    assert!(info.starts_with("{\"model\":\"sums\"") && info.ends_with("}\n"), "{info}");
    for part in [
        "\"inputs\":[{\"name\":\"data\",\"shape\":[1,3,4,4]}]",
        "\"arena_bytes\":256,",
        "\"isas\":[\"portable\",\"avx2\"]",
        "\"crop\":4,\"filter\":\"bilinear\",\"mean\":[0,0,0],",
        "\"order\":\"rgb\"}",
        "\"classes\":{\"softmax\":true,\"top\":3,\"labels\":[\"rouge\",\"vert, clair\",\"\\\"bleu\\\"\"]}",
    ] {
        assert!(info.contains(part), "{part} is not in {info}");
    }
}

#[test]
fn classifies_pictures() {
    let folder = Folder::new();
    let one = png_of(&folder, "one.png", [1, 3, 2]);
    let two = png_of(&folder, "two.png", [9, 0, 0]);
    let labels = folder.file("labels.txt", b"red\ngreen\nblue\n");
    let out = run::<Sums>(&[&one, &two, "--top", "2", "--labels", &labels, "--threads", "1"]).unwrap();
    let lines: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], [&one]);
    assert_eq!(lines[1], ["1", "1", "green", "48.0000", "100.00", "%"]);
    assert_eq!(lines[2], ["2", "2", "blue", "32.0000", "0.00", "%"]);
    assert_eq!(lines[3], [&two]);
    assert_eq!(lines[4][..4], ["1", "0", "red", "144.0000"]);
    assert_eq!(lines.len(), 6);
    assert_eq!(run::<Sums>(&[&one]).unwrap().lines().count(), 4, "as many as the model records");
}

/// Probabilities of the classes green and blue that `sums` gives to a picture of red 1, green 3, blue 2.
fn green_and_blue() -> [f64; 2] {
    let best = Postprocess::LOGITS.apply(&[16.0, 48.0, 32.0]);
    [best[0].probability, best[1].probability]
}

#[test]
fn a_picture_comes_from_standard_input() {
    let folder = Folder::new();
    let bytes = std::fs::read(png_of(&folder, "one.png", [1, 3, 2])).unwrap();
    for args in [&["-", "--json", "--top", "2"][..], &["--top", "2", "--json"]] {
        let (result, out, errors) = talk::<Sums>(args, Some(&bytes));
        assert_eq!((result, errors.as_str()), (Ok(()), ""));
        let [green, blue] = green_and_blue();
        let classes = format!(
            "{{\"class\":1,\"label\":\"vert, clair\",\"score\":48,\"probability\":{green}}},\
             {{\"class\":2,\"label\":\"\\\"bleu\\\"\",\"score\":32,\"probability\":{blue}}}"
        );
        assert_eq!(out, format!("[\n{{\"picture\":\"-\",\"classes\":[{classes}]}}\n]\n"));
    }
    let (result, out, _) = talk::<Sums>(&[], Some(b""));
    assert_eq!(
        (result.unwrap_err().to_string().as_str(), out.as_str()),
        ("-: is empty; give a JPEG, PNG or WebP picture", "")
    );
}

#[test]
fn a_folder_stands_for_its_pictures_and_a_bad_one_does_not_stop_the_others() {
    let folder = Folder::new();
    png_of(&folder, "b.PNG", [9, 0, 0]);
    png_of(&folder, "a, \"b\".png", [1, 3, 2]);
    folder.file("c.webp", b"RIFF");
    folder.file("notes.txt", b"no picture");
    let place = folder.path("");
    let place = place.trim_end_matches('/');
    let (result, out, errors) = talk::<Sums>(&[place, "--csv", "--top", "1"], None);
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ErrorKind::Other, "1 of 3 pictures could not be read")
    );
    assert!(
        errors.starts_with(&format!("sums: {place}/c.webp: is neither")) && errors.lines().count() == 1,
        "{errors}"
    );
    let [green, _] = green_and_blue();
    let quoted = place.replace('"', "\"\"");
    let want = format!(
        "picture,rank,class,label,score,probability\n\
         \"{quoted}/a, \"\"b\"\".png\",1,1,\"vert, clair\",48,{green}\n\
         {place}/b.PNG,1,0,rouge,144,1\n"
    );
    assert_eq!(out, want);
    let (result, out, _) = talk::<Sums>(&[place, "none.jpg", "--json"], None);
    assert_eq!(result.unwrap_err().to_string(), "2 of 4 pictures could not be read");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[5]), (6, "[", "]"), "{out}");
    assert!(
        lines[3].ends_with("\"},") && lines[3].contains("\"error\":") && lines[4].ends_with("\"}"),
        "{out}"
    );
    let empty = Folder::new();
    let error = run::<Sums>(&[&empty.path("")]).unwrap_err().to_string();
    assert!(error.contains("has no pictures"), "{error}");
}

#[test]
fn errors_of_files_name_them_and_are_no_usage_errors() {
    let folder = Folder::new();
    let picture = png_of(&folder, "one.png", [1, 2, 3]);
    let text = folder.file("text.png", b"no picture");
    let short = folder.file("short.txt", b"red\ngreen\n");
    let shape = folder.array("shape.npy", &[3, 4, 4], &[0.0; 48]);
    let good = folder.array("good.npy", &[1, 3, 4, 4], &[0.0; 48]);
    let missing = folder.path("missing/out.npy");
    let latin = folder.file("latin.txt", b"rouge\nvert\nbl\xe9\n");
    let place = folder.path("");
    let cases: [(&[&str], &str); 10] = [
        (&[&picture, "--labels", &latin], "latin.txt: is no text in UTF-8"),
        (&["--input", &good, "--output", &place], "cannot be written (is a directory)"),
        (&["no/such.jpg"], "no/such.jpg: cannot be read"),
        (&[&text], "text.png: is neither a JPEG nor a PNG nor a WebP"),
        (&[&picture, "--labels", &short], "short.txt: has 2 lines and the model has 3 classes"),
        (&[&picture, "--labels", "no/such.txt"], "no/such.txt: cannot be read"),
        (&[&picture, "--weights", "no/such.bin"], "no/such.bin"),
        (&["--bench", "--input", &text], "text.png: is no .npy file"),
        (&["--bench", "--input", &shape], "shape.npy: has the shape 3x4x4 and input \"data\" has 1x3x4x4"),
        (&["--input", &good, "--output", &missing], "missing/out.npy: cannot be written"),
    ];
    for (args, message) in cases {
        let error = run::<Sums>(args).err().unwrap_or_else(|| panic!("{args:?} was accepted"));
        assert!(error.to_string().contains(message), "{args:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::Other, "{args:?}: {error}");
    }
    let error = run::<Swap>(&[&picture]).unwrap_err();
    assert!(error.to_string().contains("does not take one picture"), "{error}");
}

#[test]
fn arrays_go_in_and_out() {
    let folder = Folder::new();
    let data: Vec<f32> = (0..48).map(|i| i as f32).collect();
    let input = folder.array("x.npy", &[1, 3, 4, 4], &data);
    let output = folder.path("y.npy");
    for round in 0..2 {
        assert_eq!(run::<Sums>(&["--input", &input, "--output", &output]).unwrap(), "");
        let array = npy::read(Path::new(&output)).unwrap();
        assert_eq!((array.shape, array.floats), (vec![1, 3], vec![120.0, 376.0, 632.0]), "round {round}");
    }
    assert_eq!(folder.names(), ["x.npy", "y.npy"], "no temporary file stays");
}

#[test]
fn several_arrays_go_by_name() {
    let folder = Folder::new();
    let a = format!("a={}", folder.array("a=1.npy", &[2], &[1.0, 2.0]));
    let b = format!("b={}", folder.array("b.npy", &[1, 3], &[3.0, 4.0, 5.0]));
    let second = format!("second={}", folder.path("second.npy"));
    let first = format!("first={}", folder.path("first.npy"));
    run::<Swap>(&["--input", &b, "--input", &a, "--output", &second, "--output", &first]).unwrap();
    assert_eq!(npy::read(Path::new(&folder.path("first.npy"))).unwrap().floats, [3.0, 4.0, 5.0]);
    assert_eq!(npy::read(Path::new(&folder.path("second.npy"))).unwrap().floats, [1.0, 2.0]);
    let [one, two] = ["first", "second"].map(|name| format!("{name}={}", folder.path("one.npy")));
    let cases: [(&[&str], &str); 5] = [
        (
            &["--input", &a, "--input", &b, "--output", &one, "--output", &two],
            "two outputs would be one file",
        ),
        (&["--input", &a, "--output", &first], "input \"b\" is missing; say --input b=X.npy"),
        (&["--input", "x.npy", "--output", &first], "say for which tensor, as NAME=FILE; there are a, b"),
        (&["--input", &a, "--input", &a, "--output", &first], "two files for input \"a\""),
        (&["--input", &a, "--input", &b, "--output", "y.npy"], "there are first, second"),
    ];
    for (args, message) in cases {
        let error = run::<Swap>(args).unwrap_err();
        assert!(error.to_string().contains(message), "{args:?}: {error}");
        assert_eq!(error.kind(), ErrorKind::Usage, "{args:?}: {error}");
    }
}

#[test]
fn dumps_each_step() {
    let folder = Folder::new();
    let data: Vec<f32> = (0..48).map(|i| i as f32).collect();
    let input = folder.array("x.npy", &[1, 3, 4, 4], &data);
    let out = run::<Sums>(&["--dump", &folder.path("deep/er"), "--input", &input]).unwrap();
    assert_eq!(out, "000.npy  twice  1x3x4x4\n001.npy  sums  1x3\n");
    let step = |name: &str| npy::read(Path::new(&folder.path(&format!("deep/er/{name}")))).unwrap();
    assert_eq!(step("000.npy").shape, [1, 3, 4, 4]);
    assert_eq!(step("000.npy").floats, data.iter().map(|x| 2.0 * x).collect::<Vec<_>>());
    assert_eq!(step("001.npy").floats, [120.0, 376.0, 632.0]);
    let error = run::<Sums>(&["--dump", &input, "--input", &input]).unwrap_err();
    assert!(error.to_string().contains("x.npy: cannot be made"), "{error}");
}

#[test]
fn measures() {
    let bench = run::<Sums>(&["--bench", "--rounds", "5", "--isa", "portable", "--threads", "1"]).unwrap();
    for part in ["sums: 5 rounds, portable, 1 thread", "min ", "median ", "p10 ", "p90 ", "roofline ratio"] {
        assert!(bench.contains(part), "{part} in {bench}");
    }
    let bench = run::<Sums>(&["--bench", "--rounds", "5", "--threads", "3"]).unwrap();
    assert!(bench.contains(", 3 threads\n") && bench.contains("the peak of 3 x "), "{bench}");
    let bench = run::<Sums>(&["--bench", "--rounds", "5", "--json", "--threads", "2"]).unwrap();
    assert!(bench.contains("\"threads\":2,"), "{bench}");
    assert!(bench.starts_with("{\"model\":\"sums\"") && bench.contains("\"median\":{\"ms\":"), "{bench}");
    let profile = run::<Sums>(&["--profile", "--rounds", "5", "--isa", "portable"]).unwrap();
    let lines: Vec<&str> = profile.lines().collect();
    assert!(lines[0].contains("medians of 5 rounds") && lines[1].contains("GFLOP/s"), "{profile}");
    assert!(
        lines[2].contains("000") && lines[2].ends_with("double  direct     tile 1x2  Add_0"),
        "{profile}"
    );
    assert!(
        lines[3].contains(" -  ") && lines[3].ends_with("sum     -          -         Sum_1 Mul_2"),
        "{profile}"
    );
    assert!(lines[4].contains("all"), "{profile}");
    let profile = run::<Sums>(&["--profile", "--rounds", "5", "--json"]).unwrap();
    for part in [
        "\"steps\":[{\"step\":0,",
        "\"algorithm\":\"direct\",\"tile\":\"tile 1x",
        "\"algorithm\":null,\"tile\":null,",
        "\"nodes\":[\"Sum_1\",\"Mul_2\"]",
    ] {
        assert!(profile.contains(part), "{part} in {profile}");
    }
}

/// Takes so many bytes, then fails.
struct Full(usize, std::io::ErrorKind);

impl std::io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_output_is_no_error_and_a_full_one_is() {
    let run = |kind| {
        let (mut out, mut errors) = (Full(10, kind), Vec::new());
        let streams =
            Streams { input: &mut std::io::empty(), piped: false, out: &mut out, errors: &mut errors };
        app::run::<Sums>([OsString::from("--help")], streams)
    };
    assert_eq!(run(std::io::ErrorKind::BrokenPipe), Ok(()));
    let error = run(std::io::ErrorKind::StorageFull).unwrap_err();
    assert!(error.to_string().contains("the output cannot be written"), "{error}");
}
