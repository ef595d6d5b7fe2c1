//! Names and numbers as tokens.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

/// A name.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// The constant that holds the length of a parameter.
pub fn length(param: &str) -> Ident {
    ident(&param.to_uppercase())
}

/// A number without a suffix.
pub fn literal(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

/// An f32 literal; infinities by name.
pub fn number(value: f32) -> TokenStream {
    match value {
        f32::INFINITY => quote!(f32::INFINITY),
        f32::NEG_INFINITY => quote!(f32::NEG_INFINITY),
        _ if value.is_nan() => quote!(f32::NAN),
        _ => {
            let value = Literal::f32_unsuffixed(value);
            quote!(#value)
        }
    }
}
