//! Whole weights load from everywhere; every fault is an error of its own.

use super::*;

const GRAPH: [u8; 32] = [7; 32];
const EXPECTED: Expected = Expected { graph: GRAPH, floats: 32 };

fn floats() -> Vec<f32> {
    (0..32).map(|i| i as f32 - 3.5).collect()
}

/// A whole weights file.
fn file() -> Vec<u8> {
    let payload: Vec<u8> = floats().iter().flat_map(|x| x.to_le_bytes()).collect();
    [Header::of(GRAPH, &payload).encode().as_slice(), &payload].concat()
}

/// The bytes at an aligned address for ever, `shift` bytes on.
fn leak(bytes: &[u8], shift: usize) -> &'static [u8] {
    #[repr(align(64))]
    struct Line([u8; 512]);
    let lines = Box::leak(Box::new(Line([0; 512])));
    lines.0[shift..shift + bytes.len()].copy_from_slice(bytes);
    &lines.0[shift..shift + bytes.len()]
}

/// Opens the bytes as a file of a folder that is removed afterwards.
fn open(bytes: &[u8]) -> Result<Weights, Error> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.bin");
    std::fs::write(&path, bytes).unwrap();
    Weights::open(&path, &EXPECTED)
}

#[test]
fn whole_weights_load_from_everywhere() {
    let all = [
        Weights::from_static(leak(&file(), 0), &EXPECTED),
        Weights::from_bytes(&file(), &EXPECTED),
        open(&file()),
    ];
    for weights in all {
        let weights = weights.unwrap();
        assert_eq!(weights.floats(), floats());
        assert!(weights.floats().as_ptr().addr().is_multiple_of(64));
        // SAFETY: 16 + 16 <= 32.
        assert_eq!(unsafe { weights.get::<16>(16) }[..], floats()[16..]);
    }
}

#[test]
fn a_model_without_weights_loads() {
    let expected = Expected { graph: GRAPH, floats: 0 };
    let weights = Weights::from_bytes(&Header::of(GRAPH, &[]).encode(), &expected).unwrap();
    assert!(weights.floats().is_empty());
}

/// Of 2^62 floats, the number of bytes is 0 where it wraps around.
#[test]
#[cfg(target_pointer_width = "64")]
fn more_weights_than_there_are_addresses_are_cut_short() {
    let expected = Expected { graph: GRAPH, floats: 1 << 62 };
    let header = Header { floats: 1 << 62, ..Header::of(GRAPH, &[]) }.encode();
    for weights in
        [Weights::from_static(leak(&header, 0), &expected), Weights::from_bytes(&header, &expected)]
    {
        assert!(weights.err().unwrap().to_string().contains("cut short: 64 bytes instead of"));
    }
}

/// Name, damage, part of the message, whether the header shows it.
type Fault = (&'static str, fn(&mut Vec<u8>), &'static str, bool);

const FAULTS: [Fault; 12] = [
    ("empty", |file| file.clear(), "cut short", true),
    ("within-header", |file| file.truncate(63), "cut short", true),
    ("no-payload", |file| file.truncate(64), "cut short: 64 bytes instead of 192", true),
    ("cut", |file| file.truncate(191), "cut short: 191 bytes instead of 192", true),
    ("long", |file| file.push(0), "too long: 193 bytes instead of 192", true),
    ("magic", |file| file[1] ^= 1, "no weights file", true),
    ("format", |file| file[8] = 9, "its format is version 9", true),
    ("abi", |file| file[12] = 9, "its ABI is version 9", true),
    ("floats", |file| file[16] = 31, "has 31 weights and this program needs 32", true),
    ("checksum", |file| file[24] ^= 1, "damaged", false),
    ("graph", |file| file[63] ^= 1, "another model", true),
    ("payload", |file| file[191] ^= 1, "damaged", false),
];

#[test]
fn each_fault_is_an_error_that_names_the_file_and_the_remedy() {
    for (name, damage, message, in_header) in FAULTS {
        let mut bytes = file();
        damage(&mut bytes);
        let from_bytes = Weights::from_bytes(&bytes, &EXPECTED).err();
        let from_file = open(&bytes).err();
        for (error, place) in [(from_bytes, "the weights: "), (from_file, "weights.bin: ")] {
            let text = error.unwrap_or_else(|| panic!("{name} was accepted")).to_string();
            assert!(text.contains(place) && text.contains(message) && text.contains("; "), "{name}: {text}");
        }
        let from_static = Weights::from_static(leak(&bytes, 0), &EXPECTED);
        assert_eq!(from_static.is_err(), in_header, "{name}");
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    for bit in 0..file().len() * 8 {
        let mut bytes = file();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(Weights::from_bytes(&bytes, &EXPECTED).is_err(), "bit {bit}");
    }
}

#[test]
fn static_bytes_must_be_aligned() {
    let error = Weights::from_static(leak(&file(), 4), &EXPECTED).err().unwrap();
    assert!(error.to_string().contains("not aligned"), "{error}");
}

#[test]
fn a_missing_file_and_a_folder_are_errors() {
    let folder = std::env::temp_dir();
    for (path, reason) in [(Path::new("no/such/weights.bin"), "cannot be read"), (&folder, "is no file; ")] {
        let error = Weights::open(path, &EXPECTED).err().unwrap().to_string();
        assert!(error.starts_with(&format!("{}: {reason}", path.display())), "{error}");
    }
}

#[cfg(all(unix, not(miri)))]
#[test]
fn what_is_no_file_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    for path in [socket.as_path(), Path::new("/dev/null")] {
        let error = Weights::open(path, &EXPECTED).err().unwrap().to_string();
        assert_eq!(error, format!("{}: is no file; give the path of a weights file", path.display()));
    }
}
