//! Passes that move arithmetic into constants.

use insta::assert_snapshot;
use tilewright::ir::text;
use tilewright::passes;

use crate::check;

#[test]
fn fold_batch_norm_into_convolutions_and_products() {
    assert_snapshot!(check(&["fold_batch_norm"], "graph g {
        in %x: f32[1x3x6x6]
        con %w1: f32[8x3x3x3]
        con %w2: f32[8x4x1x1]
        con %b2: f32[8]
        con %g: f32[8]
        con %b: f32[8]
        con %m: f32[8]
        con %var: f32[8]
        con %w3: f32[8x128]
        %c1: f32[1x8x4x4] = conv(%x, %w1) kernel=3x3   ; c1
        %n1: f32[1x8x4x4] = batch_norm(%c1, %g, %b, %m, %var) eps=0.001   ; n1
        %c2: f32[1x8x4x4] = conv(%n1, %w2, %b2) kernel=1x1 groups=2 +bias   ; c2
        %n2: f32[1x8x4x4] = batch_norm(%c2, %g, %b, %m, %var) eps=0.00001   ; n2
        %f: f32[1x128] = reshape(%n2)
        %p: f32[1x8] = matmul(%f, %w3) trans_b alpha=0.5   ; p
        %n3: f32[1x8] = batch_norm(%p, %g, %b, %m, %var) eps=0.00001   ; n3
        out %n3
    }"), @r"
    graph g {
      in %x: f32[1x3x6x6]
      con %w1: f32[8x3x3x3]
      con %g: f32[8]
      con %var: f32[8]
      con %w1@bn: f32[8x3x3x3] = bn_weight(%w1, %g, %var) eps=0.001
      con %b: f32[8]
      con %m: f32[8]
      con %b@bn: f32[8] = bn_bias(%g, %b, %m, %var) eps=0.001
      con %w2: f32[8x4x1x1]
      con %w2@bn: f32[8x4x1x1] = bn_weight(%w2, %g, %var) eps=0.00001
      con %b2: f32[8]
      con %b@bn2: f32[8] = bn_bias(%g, %b, %m, %var, %b2) eps=0.00001
      con %w3: f32[8x128]
      con %w3@bn: f32[8x128] = bn_weight(%w3, %g, %var) eps=0.00001
      con %b@bn3: f32[8] = bn_bias(%g, %b, %m, %var) eps=0.00001
      %n1: f32[1x8x4x4] = conv(%x, %w1@bn, %b@bn) kernel=3x3 +bias   ; c1, n1
      %n2: f32[1x8x4x4] = conv(%n1, %w2@bn, %b@bn2) kernel=1x1 groups=2 +bias   ; c2, n2
      %f: f32[1x128] = reshape(%n2)
      %n3: f32[1x8] = matmul(%f, %w3@bn, %b@bn3) trans_b alpha=0.5 +bias   ; p, n3
      out %n3
    }
    ");
}

#[test]
fn fold_batch_norm_falls_back_to_a_scale_and_shift() {
    assert_snapshot!(check(&["fold_batch_norm"], "graph g {
        in %x: f32[1x8x4x4]
        in %v: f32[8]
        con %w: f32[8x8x1x1]
        con %g: f32[8]
        con %b: f32[8]
        con %m: f32[8]
        con %var: f32[8]
        %c: f32[1x8x4x4] = conv(%x, %w) kernel=1x1
        %shared: f32[1x8x4x4] = batch_norm(%c, %g, %b, %m, %var) eps=0.001   ; shared
        %s: f32[1x8x4x4] = add(%c, %shared)
        %first: f32[1x8x4x4] = batch_norm(%x, %g, %b, %m, %var) eps=0.001   ; first
        %t: f32[1x8x4x4] = add(%s, %first)
        %late: f32[1x8x4x4] = batch_norm(%t, %v, %b, %m, %var) eps=0.001   ; late
        out %late
    }"), @r"
    graph g {
      in %x: f32[1x8x4x4]
      in %v: f32[8]
      con %w: f32[8x8x1x1]
      con %g: f32[8]
      con %var: f32[8]
      con %g@scale: f32[8] = bn_scale(%g, %var) eps=0.001
      con %b: f32[8]
      con %m: f32[8]
      con %b@shift: f32[8] = bn_bias(%g, %b, %m, %var) eps=0.001
      con %g@scale2: f32[8] = bn_scale(%g, %var) eps=0.001
      con %b@shift2: f32[8] = bn_bias(%g, %b, %m, %var) eps=0.001
      %c: f32[1x8x4x4] = conv(%x, %w) kernel=1x1
      %shared: f32[1x8x4x4] = affine(%c, %g@scale, %b@shift)   ; shared
      %s: f32[1x8x4x4] = add(%c, %shared)
      %first: f32[1x8x4x4] = affine(%x, %g@scale2, %b@shift2)   ; first
      %t: f32[1x8x4x4] = add(%s, %first)
      %late: f32[1x8x4x4] = batch_norm(%t, %v, %b, %m, %var) eps=0.001   ; late
      out %late
    }
    ; fold_batch_norm: batch_norm `shared`: it stays as a scale and shift per channel: what it reads is read elsewhere too
    ; fold_batch_norm: batch_norm `first`: it stays as a scale and shift per channel: no node computes what it reads
    ; fold_batch_norm: batch_norm `late`: its parameters are computed at run time
    ");
}

#[test]
fn fold_bias_takes_every_spelling() {
    assert_snapshot!(check(&["fold_bias"], "graph g {
        in %x: f32[1x4x3x3]
        con %w: f32[4x4x1x1]
        con %flat: f32[4]
        con %four: f32[1x4x1x1]
        con %three: f32[4x1x1]
        con %one: f32[]
        con %fc: f32[36x4]
        %a: f32[1x4x3x3] = conv(%x, %w) kernel=1x1   ; conv
        %b: f32[1x4x3x3] = add(%a, %four)   ; four
        %c: f32[1x4x3x3] = add(%three, %b)   ; three
        %d: f32[1x4x3x3] = sub(%c, %one)   ; one
        %e: f32[1x36] = reshape(%d)
        %f: f32[1x4] = matmul(%e, %fc)   ; fc
        %g: f32[1x4] = sub(%f, %flat)   ; flat
        out %g
    }"), @r"
    graph g {
      in %x: f32[1x4x3x3]
      con %w: f32[4x4x1x1]
      con %four: f32[1x4x1x1]
      con %four@c: f32[4] = reshape(%four)
      con %three: f32[4x1x1]
      con %three@c: f32[4] = reshape(%three)
      con %three@c@bias: f32[4] = add(%four@c, %three@c)
      con %one@zero: f32[4] = fill() value=0
      con %one: f32[]
      con %one@c: f32[1] = reshape(%one)
      con %one@c2: f32[4] = add(%one@zero, %one@c)
      con %one@c2@bias: f32[4] = sub(%three@c@bias, %one@c2)
      con %fc: f32[36x4]
      con %flat@zero: f32[4] = fill() value=0
      con %flat: f32[4]
      con %flat@bias: f32[4] = sub(%flat@zero, %flat)
      %d: f32[1x4x3x3] = conv(%x, %w, %one@c2@bias) kernel=1x1 +bias   ; conv, four, three, one
      %e: f32[1x36] = reshape(%d)
      %g: f32[1x4] = matmul(%e, %fc, %flat@bias) +bias   ; fc, flat
      out %g
    }
    ");
}

#[test]
fn fold_bias_misses() {
    assert_snapshot!(check(&["fold_bias"], "graph g {
        in %x: f32[1x4x4x4]
        con %w: f32[4x4x1x1]
        con %row: f32[4]
        con %more: f32[2x4x4x4]
        con %c: f32[4x1x1]
        %a: f32[1x4x4x4] = conv(%x, %w) kernel=1x1
        %b: f32[1x4x4x4] = add(%a, %row)   ; row
        %d: f32[1x4x4x4] = conv(%b, %w) kernel=1x1
        %e: f32[2x4x4x4] = add(%d, %more)   ; more
        %f: f32[2x4x4x4] = conv(%e, %w) kernel=1x1 +relu
        %g: f32[2x4x4x4] = add(%f, %c)   ; activated
        out %g
    }"), @r"
    graph g {
      in %x: f32[1x4x4x4]
      con %w: f32[4x4x1x1]
      con %row: f32[4]
      con %more: f32[2x4x4x4]
      con %c: f32[4x1x1]
      %a: f32[1x4x4x4] = conv(%x, %w) kernel=1x1
      %b: f32[1x4x4x4] = add(%a, %row)   ; row
      %d: f32[1x4x4x4] = conv(%b, %w) kernel=1x1
      %e: f32[2x4x4x4] = add(%d, %more)   ; more
      %f: f32[2x4x4x4] = conv(%e, %w) kernel=1x1 +relu
      %g: f32[2x4x4x4] = add(%f, %c)   ; activated
      out %g
    }
    ; fold_bias: add `row`: its constant is not one number per output channel
    ; fold_bias: add `activated`: the node before it does more than a sum of products
    ");
}

#[test]
fn affine_takes_arithmetic_per_channel() {
    assert_snapshot!(check(&["affine"], "graph g {
        in %x: f32[1x5x2x2]
        in %image: f32[1x3x2x2]
        con %c: f32[5x1x1]
        con %one: f32[1]
        con %mean: f32[3x1x1]
        %a: f32[1x5x2x2] = add(%x, %c)
        %b: f32[1x5x2x2] = sub(%a, %c)
        %d: f32[1x5x2x2] = sub(%one, %b)
        %e: f32[1x5x2x2] = mul(%c, %d)
        %f: f32[1x5x2x2] = div(%e, %c) +relu
        %g: f32[1x5x2x2] = div(%c, %x)
        %h: f32[1x3x2x2] = sub(%image, %mean)
        out %f
        out %g
        out %h
    }"), @r"
    graph g {
      in %x: f32[1x5x2x2]
      in %image: f32[1x3x2x2]
      con %c@c@scale: f32[5] = fill() value=1
      con %c: f32[5x1x1]
      con %c@c: f32[5] = reshape(%c)
      con %c@c2@scale: f32[5] = fill() value=1
      con %c@c2@zero: f32[5] = fill() value=0
      con %c@c2: f32[5] = reshape(%c)
      con %c@c2@shift: f32[5] = sub(%c@c2@zero, %c@c2)
      con %one@c@scale: f32[5] = fill() value=-1
      con %one@zero: f32[5] = fill() value=0
      con %one: f32[1]
      con %one@c: f32[5] = add(%one@zero, %one)
      con %c@c3: f32[5] = reshape(%c)
      con %c@c3@shift: f32[5] = fill() value=0
      con %c@c4@one: f32[5] = fill() value=1
      con %c@c4: f32[5] = reshape(%c)
      con %c@c4@scale: f32[5] = div(%c@c4@one, %c@c4)
      con %c@c4@shift: f32[5] = fill() value=0
      con %mean: f32[3x1x1]
      %a: f32[1x5x2x2] = affine(%x, %c@c@scale, %c@c)
      %b: f32[1x5x2x2] = affine(%a, %c@c2@scale, %c@c2@shift)
      %d: f32[1x5x2x2] = affine(%b, %one@c@scale, %one@c)
      %e: f32[1x5x2x2] = affine(%d, %c@c3, %c@c3@shift)
      %f: f32[1x5x2x2] = affine(%e, %c@c4@scale, %c@c4@shift) +relu
      %g: f32[1x5x2x2] = div(%c, %x)
      %h: f32[1x3x2x2] = sub(%image, %mean)
      out %f
      out %g
      out %h
    }
    ");
}

/// Nothing is made of a constant whose node is no row of the table: a boolean cannot become a vector by a sum.
#[test]
fn affine_leaves_other_operators_and_their_constants() {
    let graph = "graph g {
  in %x: f32[1x5x2x2]
  con %c: f32[1]
  con %flag: bool[1]
  %s: bool[1x5x2x2] = greater(%x, %c)
  %t: bool[1x5x2x2] = or(%s, %flag)
  %m: f32[1x5x2x2] = max(%x, %c)
  %y: f32[1x5x2x2] = select(%t, %m, %c)
  out %y
}
";
    let affine: Vec<_> = passes::PASSES.iter().filter(|pass| pass.name == "affine").copied().collect();
    let before = text::parse(graph).expect("a graph");
    let (after, _) = passes::run_some(before, &affine, |_, _, _| ()).expect("a graph that is still one");
    assert_eq!(text::print(&after), graph);
}

#[test]
fn fold_affine_into_what_is_before() {
    assert_snapshot!(check(&["affine", "fold_affine"], "graph g {
        in %x: f32[1x5x4x4]
        con %w: f32[6x5x3x3]
        con %b: f32[6]
        con %s: f32[6x1x1]
        con %t: f32[6x1x1]
        con %p: f32[5x1x1]
        con %q: f32[5x1x1]
        %a: f32[1x5x4x4] = mul(%x, %p)   ; a
        %c: f32[1x5x4x4] = add(%a, %q)   ; c
        %d: f32[1x6x4x4] = conv(%c, %w, %b) kernel=3x3 pads=1,1,1,1 +bias   ; d
        %e: f32[1x6x4x4] = mul(%d, %s)   ; e
        %f: f32[1x6x4x4] = add(%e, %t) +relu   ; f
        out %f
    }"), @r"
    graph g {
      in %x: f32[1x5x4x4]
      con %p: f32[5x1x1]
      con %p@c: f32[5] = reshape(%p)
      con %q@c@scale: f32[5] = fill() value=1
      con %p@c@scaled: f32[5] = mul(%p@c, %q@c@scale)
      con %p@c@shift: f32[5] = fill() value=0
      con %p@c@shift@scaled: f32[5] = mul(%p@c@shift, %q@c@scale)
      con %q: f32[5x1x1]
      con %q@c: f32[5] = reshape(%q)
      con %q@c@sum: f32[5] = add(%p@c@shift@scaled, %q@c)
      con %w: f32[6x5x3x3]
      con %s: f32[6x1x1]
      con %s@c: f32[6] = reshape(%s)
      con %s@c@o: f32[6x1x1x1] = reshape(%s@c)
      con %w@scaled: f32[6x5x3x3] = mul(%w, %s@c@o)
      con %t@c@scale: f32[6] = fill() value=1
      con %t@c@scale@o: f32[6x1x1x1] = reshape(%t@c@scale)
      con %w@scaled@scaled: f32[6x5x3x3] = mul(%w@scaled, %t@c@scale@o)
      con %b: f32[6]
      con %b@scaled: f32[6] = mul(%b, %s@c)
      con %s@c@shift: f32[6] = fill() value=0
      con %s@c@shift@sum: f32[6] = add(%b@scaled, %s@c@shift)
      con %s@c@shift@sum@scaled: f32[6] = mul(%s@c@shift@sum, %t@c@scale)
      con %t: f32[6x1x1]
      con %t@c: f32[6] = reshape(%t)
      con %t@c@sum: f32[6] = add(%s@c@shift@sum@scaled, %t@c)
      %c: f32[1x5x4x4] = affine(%x, %p@c@scaled, %q@c@sum)   ; a, c
      %f: f32[1x6x4x4] = conv(%c, %w@scaled@scaled, %t@c@sum) kernel=3x3 pads=1,1,1,1 +bias +relu   ; d, e, f
      out %f
    }
    ");
}
