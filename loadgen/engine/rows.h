/* The seconds of a trial and the recorders of those under way. */
#ifndef LG_ENGINE_ROWS_H
#define LG_ENGINE_ROWS_H

#include "measure/recorder.h"

/* The measured window [w0, w1) within the load, which begins at t0.  Rows are whole seconds from w0
 * in both directions; the row that would cross w1 is cut there. */
struct lg_window {
    lg_ns t0, w0, w1;
};

/* Row of a time, and the times of a row. */
int64_t lg_window_row(const struct lg_window *w, lg_ns at);
void lg_window_bounds(const struct lg_window *w, int64_t row, lg_ns *begin, lg_ns *end);
bool lg_window_holds(const struct lg_window *w, int64_t row); /* row lies in [w0, w1) */

struct lg_rows {
    const struct lg_window *window; /* borrowed */
    struct lg_shape shape;
    struct lg_recorder *current; /* the one used last; one of active */
    struct lg_recorder *active;  /* list, rows ascend */
    struct lg_recorder *spare;   /* cleared ones */
    int64_t floor;               /* rows below it are gone for good; begin with INT64_MIN */
};

void lg_rows_fini(struct lg_rows *rows);
/* Makes it if need be.  What comes for a row below the floor is counted in the first one above. */
struct lg_recorder *lg_rows_find(struct lg_rows *rows, lg_ns at);

/* The recorder for an intended start or a moment.  O(1) within the second used last. */
static inline struct lg_recorder *lg_rows_at(struct lg_rows *rows, lg_ns at)
{
    struct lg_recorder *r = rows->current;
    return r != NULL && at >= r->begin && at < r->end ? r : lg_rows_find(rows, at);
}

/* Unlinks and returns the first recorder that ends by `before` and has nothing open; NULL: none. */
struct lg_recorder *lg_rows_take(struct lg_rows *rows, lg_ns before);

/* After the last take: the first row that may still change, which becomes the floor. */
int64_t lg_rows_mark(struct lg_rows *rows, lg_ns before);

#endif
