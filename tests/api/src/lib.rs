//! Only tests are in this crate: programs against a generated model, and the compiler's answer.
