/* Says which colour plain pictures have, by the model of examples/classify:
 *
 *     tilewright compile examples/classify/models/colours.onnx --dim N=1 --c-abi --runtime ../runtime -o colours
 *     cargo build --release --manifest-path colours/Cargo.toml
 *     cc -Icolours/include examples/c/colours.c colours/target/release/libcolours.a -lpthread -ldl -lm -o example
 */

#include "colours.h"

#include <stdio.h>

static const char *const LABELS[6] = {"red", "green", "blue", "yellow", "white", "black"};

/* What the model was trained with: a channel is (x - mean) / std, where x is 0 to 1. */
static const float MEAN[3] = {0.485f, 0.456f, 0.406f};
static const float STD[3] = {0.229f, 0.224f, 0.225f};

int main(void) {
    char error[256];
    colours_session *none = colours_open("none.bin", 1, error, sizeof error);
    if (none != NULL) {
        return 1;
    }
    printf("expected: %s\n", error);
    colours_session *session = colours_open(NULL, 2, error, sizeof error);
    if (session == NULL) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    const float paints[3][3] = {{1, 0, 0}, {0, 0, 1}, {1, 1, 0}};
    for (int paint = 0; paint < 3; paint++) {
        static float picture[3 * 32 * 32];
        for (int i = 0; i < 3 * 1024; i++) {
            picture[i] = (paints[paint][i / 1024] - MEAN[i / 1024]) / STD[i / 1024];
        }
        float shares[6];
        colours_run(session, picture, shares);
        int best = 0;
        for (int label = 1; label < 6; label++) {
            best = shares[label] > shares[best] ? label : best;
        }
        printf("%s\n", LABELS[best]);
    }
    colours_close(session);
    return 0;
}
