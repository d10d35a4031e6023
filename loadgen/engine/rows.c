#include "engine/rows.h"

int64_t lg_window_row(const struct lg_window *w, lg_ns at)
{
    lg_ns offset = at - w->w0;
    int64_t row = offset >= 0 ? offset / LG_S : -((-offset + LG_S - 1) / LG_S);
    int64_t rows_inside = (w->w1 - w->w0 + LG_S - 1) / LG_S;
    if (at < w->w1) {
        return row;
    }
    /* After the window rows count on from its last one, in whole seconds from w1. */
    return rows_inside + (at - w->w1) / LG_S;
}

void lg_window_bounds(const struct lg_window *w, int64_t row, lg_ns *begin, lg_ns *end)
{
    int64_t rows_inside = (w->w1 - w->w0 + LG_S - 1) / LG_S;
    if (row >= rows_inside) {
        *begin = w->w1 + (row - rows_inside) * LG_S;
        *end = *begin + LG_S;
        return;
    }
    *begin = w->w0 + row * LG_S;
    *end = *begin + LG_S < w->w1 ? *begin + LG_S : w->w1;
}

bool lg_window_holds(const struct lg_window *w, int64_t row)
{
    return row >= 0 && row < (w->w1 - w->w0 + LG_S - 1) / LG_S;
}

static void free_list(struct lg_recorder *r)
{
    while (r != NULL) {
        struct lg_recorder *next = r->next;
        lg_recorder_free(r);
        r = next;
    }
}

void lg_rows_fini(struct lg_rows *rows)
{
    free_list(rows->active);
    free_list(rows->spare);
    rows->active = rows->spare = rows->current = NULL;
}

static struct lg_recorder *new_row(struct lg_rows *rows, int64_t row)
{
    struct lg_recorder *r = rows->spare;
    if (r != NULL) {
        rows->spare = r->next;
    } else {
        r = lg_recorder_new(rows->shape);
    }
    r->row = row;
    lg_window_bounds(rows->window, row, &r->begin, &r->end);
    return r;
}

struct lg_recorder *lg_rows_find(struct lg_rows *rows, lg_ns at)
{
    int64_t row = lg_window_row(rows->window, at);
    row = row > rows->floor ? row : rows->floor;
    struct lg_recorder **link = &rows->active;
    while (*link != NULL && (*link)->row < row) {
        link = &(*link)->next;
    }
    if (*link == NULL || (*link)->row != row) {
        struct lg_recorder *r = new_row(rows, row);
        r->next = *link;
        *link = r;
    }
    rows->current = *link;
    return *link;
}

struct lg_recorder *lg_rows_take(struct lg_rows *rows, lg_ns before)
{
    for (struct lg_recorder **link = &rows->active; *link != NULL; link = &(*link)->next) {
        struct lg_recorder *r = *link;
        if (r->end > before) {
            return NULL; /* rows ascend */
        }
        if (r->open == 0) {
            *link = r->next;
            rows->current = rows->current == r ? NULL : rows->current;
            return r;
        }
    }
    return NULL;
}

int64_t lg_rows_mark(struct lg_rows *rows, lg_ns before)
{
    int64_t mark = lg_window_row(rows->window, before);
    if (rows->active != NULL && rows->active->row < mark) {
        mark = rows->active->row;
    }
    rows->floor = mark > rows->floor ? mark : rows->floor;
    return rows->floor;
}
