//! Machine code of x86-64: the loops of a function, and whether its hot ones keep their vectors in registers.

use iced_x86::{Decoder, DecoderOptions, FastFormatter, FlowControl, Instruction, Mnemonic, Register};
use object::{Object, ObjectSection, ObjectSymbol};

/// A function of a program.
#[derive(Clone, Debug)]
pub struct Function {
    /// Mangled name.
    pub symbol: String,
    /// Address of the first instruction.
    pub address: u64,
    /// Machine code.
    pub code: Vec<u8>,
}

/// What the innermost loops of a function do.
#[derive(Clone, Default, Debug)]
pub struct Loops {
    /// Loops of products: they multiply and add what they broadcast from an array.
    pub products: usize,
    /// Multiply-adds in them.
    pub fmas: usize,
    /// Instructions of any innermost loop that move a vector from or to the stack.
    pub spills: Vec<String>,
}

/// All functions of an ELF file that has its symbols.
pub fn functions(elf: &[u8]) -> Vec<Function> {
    let file = object::File::parse(elf).expect("a program");
    let function = |symbol: object::Symbol<'_, '_>| {
        let section = file.section_by_index(symbol.section_index()?).ok()?;
        let code = section.data_range(symbol.address(), symbol.size()).ok()??;
        Some(Function {
            symbol: symbol.name().ok()?.to_owned(),
            address: symbol.address(),
            code: code.to_vec(),
        })
    };
    file.symbols().filter(|symbol| symbol.size() > 0).filter_map(function).collect()
}

/// Finds the loops. A loop is what lies between a branch backwards and its target; one without another inside is
/// innermost.
pub fn loops(function: &Function) -> Loops {
    let mut decoder = Decoder::with_ip(64, &function.code, function.address, DecoderOptions::NONE);
    let code: Vec<Instruction> = decoder.iter().collect();
    let frames = frames(&code);
    let back: Vec<(u64, u64)> =
        code.iter().filter_map(backwards).filter(|loop_| loop_.0 >= function.address).collect();
    let inside = |a: &(u64, u64), b: &(u64, u64)| a != b && b.0 <= a.0 && a.1 <= b.1;
    let innermost = back.iter().filter(|outer| !back.iter().any(|inner| inside(inner, outer)));
    let mut found = Loops::default();
    for &(first, last) in innermost {
        let body = || code.iter().filter(|i| (first..=last).contains(&i.ip()));
        let fmas = body().filter(|i| multiplies(i)).count();
        if fmas > 0 && body().any(broadcasts) {
            found.products += 1;
            found.fmas += fmas;
        }
        found.spills.extend(body().filter(|i| spills(i, &frames)).map(text));
    }
    found
}

/// Target and address of a branch backwards.
fn backwards(instruction: &Instruction) -> Option<(u64, u64)> {
    let branch = matches!(
        instruction.flow_control(),
        FlowControl::ConditionalBranch | FlowControl::UnconditionalBranch
    );
    let (target, at) = (instruction.near_branch_target(), instruction.ip());
    (branch && target != 0 && target <= at).then_some((target, at))
}

/// Registers that point into the stack: its pointer and copies of it.
fn frames(code: &[Instruction]) -> Vec<Register> {
    let copies = code.iter().filter(|i| i.mnemonic() == Mnemonic::Mov && i.op1_register() == Register::RSP);
    std::iter::once(Register::RSP).chain(copies.map(Instruction::op0_register)).collect()
}

fn multiplies(instruction: &Instruction) -> bool {
    use Mnemonic::{Vfmadd132ps, Vfmadd213ps, Vfmadd231ps};
    matches!(instruction.mnemonic(), Vfmadd132ps | Vfmadd213ps | Vfmadd231ps)
}

/// True for what puts one element of an array, not of a constant, into every lane.
fn broadcasts(instruction: &Instruction) -> bool {
    let whole =
        instruction.mnemonic() == Mnemonic::Vbroadcastss && instruction.memory_base() != Register::None;
    (whole || instruction.is_broadcast()) && !instruction.is_ip_rel_memory_operand()
}

fn spills(instruction: &Instruction, frames: &[Register]) -> bool {
    let vector = (0..instruction.op_count()).any(|op| instruction.op_register(op).is_vector_register());
    vector && frames.contains(&instruction.memory_base())
}

fn text(instruction: &Instruction) -> String {
    let mut text = format!("{:x}: ", instruction.ip());
    FastFormatter::new().format(instruction, &mut text);
    text
}
