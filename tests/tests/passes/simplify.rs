//! Passes that leave fewer forms and fewer nodes.

use insta::assert_snapshot;

use crate::check;

#[test]
fn canonicalise_drops_what_computes_nothing() {
    assert_snapshot!(check(&["canonicalise", "eliminate_dead"], "graph g {
        in %x: f32[1x8x7x7]
        %a: f32[1x8x7x7] = identity(%x)
        %b: f32[1x8x7x7] = reshape(%a)
        %c: f32[8x49] = reshape(%b)
        %d: f32[8x49] = cast(%c) to=f32
        %e: f32[1x392] = reshape(%d)
        %f: f32[1x8x1x1] = avg_pool(%x) kernel=7x7
        %g: f32[1x8x2x2] = avg_pool(%x) kernel=6x6
        %dead: f32[1x8x7x7] = relu(%b)
        out %e
        out %f
        out %g
    }"), @r"
    graph g {
      in %x: f32[1x8x7x7]
      %e: f32[1x392] = reshape(%x)
      %f: f32[1x8x1x1] = global_avg_pool(%x)
      %g: f32[1x8x2x2] = avg_pool(%x) kernel=6x6
      out %e
      out %f
      out %g
    }
    ");
}

#[test]
fn canonicalise_keeps_the_names_of_outputs() {
    assert_snapshot!(check(&["canonicalise"], "graph g {
        in %x: f32[4]
        %a: f32[4] = relu(%x)
        %y: f32[4] = identity(%a)
        %b: f32[4] = relu(%a)
        %again: f32[4] = identity(%y)
        %input: f32[4] = reshape(%x)
        out %y
        out %b
        out %again
        out %input
    }"), @r"
    graph g {
      in %x: f32[4]
      %y: f32[4] = relu(%x)
      %b: f32[4] = relu(%y)
      %again: f32[4] = identity(%y)
      %input: f32[4] = identity(%x)
      out %y
      out %b
      out %again
      out %input
    }
    ");
}

#[test]
fn canonicalise_leaves_sums_and_reshapes_back() {
    assert_snapshot!(check(&["canonicalise", "eliminate_dead"], "graph g {
        in %x: f32[1x4x2x2]
        con %c: f32[4x1x1]
        %a: f32[1x4x2x2] = add(%x, %x)
        %b: f32[1x4x2x2] = mul(%a, %c)
        %flat: f32[1x16] = reshape(%b)
        %back: f32[1x4x2x2] = reshape(%flat)
        %y: f32[1x4x2x2] = add(%b, %back)
        out %y
    }"), @r"
    graph g {
      in %x: f32[1x4x2x2]
      con %c: f32[4x1x1]
      %a: f32[1x4x2x2] = add(%x, %x)
      %b: f32[1x4x2x2] = mul(%a, %c)
      %y: f32[1x4x2x2] = add(%b, %b)
      out %y
    }
    ");
}

#[test]
fn fold_constants_makes_recipes() {
    assert_snapshot!(check(&["fold_constants"], "graph g {
        in %x: f32[2x4]
        con %c: f32[2x2]
        con %d: f32[4]
        %a: f32[4] = reshape(%c)
        %b: f32[4] = add(%a, %d) +relu
        %y: f32[2x4] = mul(%x, %b)
        %z: f32[4] = relu(%d)
        out %y
        out %z
    }"), @r"
    graph g {
      in %x: f32[2x4]
      con %c: f32[2x2]
      con %a: f32[4] = reshape(%c)
      con %d: f32[4]
      con %b: f32[4] = add(%a, %d) +relu
      %y: f32[2x4] = mul(%x, %b)
      %z: f32[4] = relu(%d)
      out %y
      out %z
    }
    ");
}
