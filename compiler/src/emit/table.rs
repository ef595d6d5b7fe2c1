//! The table of kernels: one field per kernel, one constant per instruction set.

use super::format::pretty;
use super::{Header, bug};
use crate::base::diag::Error;
use crate::base::target::Isa;
use crate::kernel::ir::Role;
use crate::schedule::plan::Plan;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote;

fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// `src/kernels/mod.rs`.
///
/// `whole` says per instruction set which kernels do work before their tasks.
pub fn table(plan: &Plan, whole: &[Vec<bool>], head: &Header) -> Result<String, Error> {
    let modules = plan.isas.iter().map(|isa| {
        let module = ident(isa.module);
        let doc = format!(" Kernels for {}.", isa.name);
        let cfg = cfg(isa);
        quote!(#cfg #[doc = #doc] pub mod #module;)
    });
    let fields = plan.kernels.iter().map(|kernel| {
        let name = ident(&kernel.name);
        let params = kernel.spec.params().into_iter().map(|param| {
            let len = Literal::usize_unsuffixed(param.len);
            match param.role {
                Role::Output | Role::Scratch => quote!(Out<'_, #len>),
                Role::Input | Role::Weights => quote!(&[f32; #len]),
            }
        });
        quote!(pub #name: Entry<unsafe fn(#(#params,)* Range<usize>)>,)
    });
    let sets = plan.isas.iter().zip(whole).map(|(isa, whole)| {
        let (module, constant) = (ident(isa.module), ident(&isa.module.to_uppercase()));
        let cfg = cfg(isa);
        let fields = plan.kernels.iter().zip(whole).map(|(kernel, whole)| {
            let name = ident(&kernel.name);
            quote!(#name: Entry { run: #module::#name::#name, tasks: #module::#name::TASKS, whole: #whole },)
        });
        let doc = format!(" The kernels for {}.", isa.name);
        quote!(#[doc = #doc] #cfg pub static #constant: Kernels = Kernels { #(#fields)* };)
    });
    let choices = plan.isas.iter().rev().map(|isa| {
        let constant = ident(&isa.module.to_uppercase());
        let variant = variant(isa);
        let cfg = cfg(isa);
        quote!(#cfg Isa::#variant => Some(&#constant),)
    });
    let items = pretty(quote! {
        use core::ops::Range;
        use tilewright_runtime::{Entry, Isa, Out};
        #(#modules)*
        /// One function per kernel, all for one instruction set.
        pub struct Kernels { #(#fields)* }
        #(#sets)*
        /// The kernels for an instruction set; `None` when the crate has none for it.
        pub fn of(isa: Isa) -> Option<&'static Kernels> {
            #[allow(unreachable_patterns)]
            match isa { #(#choices)* _ => None }
        }
    });
    let items = items.map_err(|fault| bug(&fault))?;
    Ok(format!("{}\n{items}", head.doc("The kernels and the choice between instruction sets.")))
}

/// Only portable kernels exist on every architecture.
fn cfg(isa: &Isa) -> TokenStream {
    if isa.features.is_empty() { quote!() } else { quote!(#[cfg(target_arch = "x86_64")]) }
}

/// The runtime's name of the instruction set.
pub fn variant(isa: &Isa) -> Ident {
    let mut letters = isa.name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    ident(&first.into_iter().chain(letters).collect::<String>())
}

/// `src/kernels/<isa>/mod.rs`.
pub fn modules(plan: &Plan, isa: &Isa, head: &Header) -> String {
    let mut text = head.doc(&format!("Kernels for {}, one file each.", isa.name));
    text.push('\n');
    for kernel in &plan.kernels {
        text.push_str(&format!("pub mod {};\n", kernel.name));
    }
    text
}
