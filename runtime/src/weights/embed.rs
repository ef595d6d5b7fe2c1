//! Embedding a weights file into a program without showing its bytes to rustc.
//!
//! `include_bytes!` of 100 MB takes rustc 5 s and 1.5 GB; the assembler's `.incbin` takes 0.7 s and a third of the memory.
//! Cargo and rustc do not see that file: a build script says `cargo::rerun-if-changed=` for it, and gives its symbol another
//! name when it changes.

/// Embeds a file, aligned to a page of 4096 bytes: `embed_weights!(NAME, "symbol", PATH);` defines
/// `fn NAME() -> &'static [u8]`.
///
/// `PATH` and the symbol are string literals, or `concat!` and `env!` that make one. The symbol is made of letters, digits and
/// underscores, and gets a prefix, so that it is none of a library's; a path with a quote, a backslash or a line end does not
/// compile. Derive the symbol from what the file contains: then no other file of the program has it, copies of the same
/// file are linked once, and rustc compiles the embedding again when the content changes, which it does not see otherwise
/// when it compiles incrementally. With `pub` (or another visibility) in front of the name, that is the function's. The
/// macro is an item, not a statement.
///
/// ```
/// tilewright_runtime::embed_weights!(manifest, "example_manifest", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
///
/// # fn main() {
/// assert!(manifest().starts_with(b"[package]"));
/// # }
/// ```
///
/// What would end the string in the assembler's text, and say something else there:
///
/// ```compile_fail
/// tilewright_runtime::embed_weights!(
///     manifest, "example_quoted", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml\"\n.byte 1\n# \"")
/// );
/// # fn main() {}
/// ```
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#[macro_export]
macro_rules! embed_weights {
    ($visibility:vis $name:ident, $symbol:expr, $path:expr $(,)?) => {
        const _: () = $crate::weights::embeddable($symbol, $path);

        ::core::arch::global_asm!(
            concat!(".pushsection .rodata.tilewright_from_", $symbol, ",\"a\",%progbits"),
            ".balign 4096",
            concat!(".weak tilewright_from_", $symbol),
            concat!(".hidden tilewright_from_", $symbol),
            concat!("tilewright_from_", $symbol, ":"),
            concat!(".incbin \"", $path, "\""),
            concat!(".weak tilewright_to_", $symbol),
            concat!(".hidden tilewright_to_", $symbol),
            concat!("tilewright_to_", $symbol, ":"),
            ".byte 0",
            ".popsection",
            options(raw)
        );

        #[doc = "The embedded file, aligned to 4096 bytes."]
        #[allow(non_snake_case)]
        $visibility fn $name() -> &'static [u8] {
            unsafe extern "C" {
                #[link_name = concat!("tilewright_from_", $symbol)]
                static START: u8;
                #[link_name = concat!("tilewright_to_", $symbol)]
                static END: u8;
            }
            let start = &raw const START;
            let end = &raw const END;
            // SAFETY: the assembler put the file's bytes between the two symbols, in a section that is never written.
            unsafe { ::core::slice::from_raw_parts(start, end.addr() - start.addr()) }
        }
    };
}

/// Embeds a file, aligned to a page of 4096 bytes: `embed_weights!(NAME, "symbol", PATH);` defines
/// `fn NAME() -> &'static [u8]`.
///
/// On this target by `include_bytes!`; the symbol is not used.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
#[macro_export]
macro_rules! embed_weights {
    ($visibility:vis $name:ident, $symbol:expr, $path:expr $(,)?) => {
        $crate::__include_aligned!($visibility $name, $path);
    };
}

/// The way of [`embed_weights!`] that works on every target; macro-exported so that it is tested on all of them.
#[doc(hidden)]
#[macro_export]
macro_rules! __include_aligned {
    ($visibility:vis $name:ident, $path:expr) => {
        #[doc = "The embedded file, aligned to 4096 bytes."]
        #[allow(non_snake_case)]
        $visibility fn $name() -> &'static [u8] {
            #[repr(C, align(4096))]
            struct Page<T: ?Sized>(T);
            static PAGES: &Page<[u8]> = &Page(*include_bytes!($path));
            &PAGES.0
        }
    };
}

/// Compiles where the assembler reads the symbol and the quoted path as just these.
///
/// # Panics
/// Otherwise; as a constant, it does not compile then.
#[doc(hidden)]
pub const fn embeddable(symbol: &str, path: &str) {
    let (symbol, path) = (symbol.as_bytes(), path.as_bytes());
    let mut at = 0;
    while at < symbol.len() {
        let word = symbol[at].is_ascii_alphanumeric() || symbol[at] == b'_';
        assert!(word, "the symbol of embedded weights is made of letters, digits and underscores");
        at += 1;
    }
    at = 0;
    while at < path.len() {
        let plain = !matches!(path[at], b'"' | b'\\' | b'\n' | b'\r' | 0);
        assert!(plain, "the path of embedded weights has a quote, a backslash or a line end");
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    // A function of the C library, in whose place these bytes must not be linked.
    crate::embed_weights!(
        LIKE_A_FUNCTION,
        "strlen",
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/weights/embed.rs")
    );
    crate::embed_weights!(
        BY_SYMBOL,
        "tilewright_runtime_test_embed",
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/weights/embed.rs")
    );
    crate::__include_aligned!(by_include, concat!(env!("CARGO_MANIFEST_DIR"), "/src/weights/embed.rs"));

    #[test]
    fn what_the_assembler_would_read_as_more_than_a_name_is_refused() {
        let refused = |symbol, path| std::panic::catch_unwind(|| super::embeddable(symbol, path)).is_err();
        assert!(!refused("weights_1f", "/a folder/weights.bin"));
        for (symbol, path) in
            [("a b", "x"), ("a:", "x"), ("a", "x\""), ("a", "x\\"), ("a", "x\ny"), ("a", "x\0")]
        {
            assert!(refused(symbol, path), "{symbol:?} {path:?}");
        }
    }

    #[test]
    fn both_ways_embed_the_file_aligned() {
        let source = include_bytes!("embed.rs");
        for embedded in [BY_SYMBOL(), LIKE_A_FUNCTION(), by_include()] {
            assert!(embedded == source);
            assert!(embedded.as_ptr().addr().is_multiple_of(4096));
        }
    }
}
