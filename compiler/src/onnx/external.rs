//! Tensors that a model keeps in other files: who reads them, and what the model says of them.

use super::refusal::Refusal;
use super::schema::TensorProto;
use crate::base::tensor::Blob;

/// Reads the files beside a model. The core asks; the caller decides what may be read.
pub trait ExternalData {
    /// `length` bytes from `offset` of the file `location`, a path relative to the model.
    ///
    /// # Errors
    /// A sentence that names the file and says why it cannot be read, for instance that it is too short.
    fn read(&self, location: &str, offset: u64, length: u64) -> Result<Blob, String>;
}

/// For models in one piece: any external tensor is an error.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoExternalData;

impl ExternalData for NoExternalData {
    fn read(&self, location: &str, _offset: u64, _length: u64) -> Result<Blob, String> {
        Err(format!("its data is in the file `{location}`, and no folder was given to read it from"))
    }
}

/// Where the bytes of an external tensor are.
struct Place<'m> {
    location: &'m str,
    offset: u64,
    length: Option<u64>,
}

impl<'m> Place<'m> {
    fn of(proto: &'m TensorProto) -> Result<Self, Refusal> {
        let mut place = Place { location: "", offset: 0, length: None };
        for entry in &proto.external_data {
            let number = || {
                let parsed = entry.value().parse::<u64>();
                parsed.map_err(|_| {
                    Refusal::invalid(format!(
                        "external data: {} is `{}`, no number",
                        entry.key(),
                        entry.value()
                    ))
                })
            };
            match entry.key() {
                "location" => place.location = entry.value(),
                "offset" => place.offset = number()?,
                "length" => place.length = Some(number()?),
                // Checksums and base paths say nothing about where the bytes are.
                _ => {}
            }
        }
        if place.location.is_empty() {
            Err(Refusal::invalid("external data without a location"))
        } else {
            Ok(place)
        }
    }
}

/// The bytes of an external tensor, of which the extents demand `length`.
pub(super) fn read(proto: &TensorProto, length: u64, from: &dyn ExternalData) -> Result<Blob, Refusal> {
    let place = Place::of(proto)?;
    if let Some(said) = place.length
        && said != length
    {
        return Err(Refusal::invalid(format!(
            "external data in `{}`: the entry says {said} bytes, the extents need {length}",
            place.location
        )));
    }
    let refuse = |reason: String| {
        Refusal::new(reason, "keep the model's data files in the folder of the model, unchanged")
    };
    let blob = from.read(place.location, place.offset, length).map_err(refuse)?;
    match blob.bytes().len() as u64 {
        len if len == length => Ok(blob),
        len => Err(refuse(format!("`{}` gave {len} bytes, the extents need {length}", place.location))),
    }
}
