//! The models of this server, compiled by its build script.

use crate::served::{Hosted, Served};
use std::sync::Arc;
use tilewright_runtime::{Error, LoadOptions};

tilewright_runtime::include_model!(pub colours);
tilewright_runtime::include_model!(pub difference);

/// Every model, loaded.
///
/// # Errors
/// When one does not load; the text says why.
pub fn all(options: &LoadOptions) -> Result<Vec<Arc<dyn Served>>, Error> {
    Ok(vec![
        Arc::new(Hosted::<colours::Model>::load(options)?),
        Arc::new(Hosted::<difference::Model>::load(options)?),
    ])
}
