//! Results lie in the workspace: it has no second run while the first one's are read.

fn twice(model: &resnet50::Model, input: &[f32; 150_528]) -> f32 {
    let mut workspace = resnet50::Workspace::new().unwrap();
    let first = model.run(&mut workspace, input);
    let second = model.run(&mut workspace, input);
    first[0] + second[0]
}

fn main() {
    let _ = twice;
}
