/* Bodies made of fields: application/x-www-form-urlencoded (WHATWG URL 5.2), or with files
 * multipart/form-data (RFC 7578). */
#include "scenario/draft.h"

/* What a body is put together from. */
struct body {
    struct lg_load *load;
    struct lg_template *out;
    struct lg_buf text; /* of the text part that is growing */
};

static void end_text(struct body *b)
{
    if (b->text.n > 0) {
        struct lg_part *part = LG_ARENA_PUSH(b->load->arena, b->out->parts, b->out->part_count);
        char *copy = lg_arena_strndup(b->load->arena, b->text.p, b->text.n);
        part->text = lg_slice(copy, b->text.n);
        lg_buf_clear(&b->text);
    }
}

static void add_template(struct body *b, const struct lg_template *value, bool encode)
{
    for (size_t i = 0; i < value->part_count; i++) {
        const struct lg_part *part = &value->parts[i];
        if (part->kind != LG_PART_TEXT) {
            end_text(b);
            *LG_ARENA_PUSH(b->load->arena, b->out->parts, b->out->part_count) = *part;
            b->out->parts[b->out->part_count - 1].escape = encode ? LG_ESCAPE_URL : LG_ESCAPE_NONE;
        } else if (encode) {
            lg_escape_add(&b->text, part->text, LG_ESCAPE_URL);
        } else {
            lg_buf_add(&b->text, part->text.p, part->text.n);
        }
    }
}

static void write_form(struct body *b, const struct lg_step_draft *step)
{
    for (size_t i = 0; i < step->field_count; i++) {
        lg_buf_adds(&b->text, i > 0 ? "&" : "");
        lg_escape_add(&b->text, step->fields[i].name, LG_ESCAPE_URL);
        lg_buf_adds(&b->text, "=");
        add_template(b, &step->fields[i].value, true);
    }
}

/* ---- multipart ---- */

static bool occurs(const struct lg_step_draft *step, const char *boundary)
{
    for (size_t i = 0; i < step->field_count; i++) {
        const struct lg_field *f = &step->fields[i];
        if (lg_slice_find(f->content, lg_str(boundary)) != NULL) {
            return true;
        }
        for (size_t j = 0; j < f->value.part_count; j++) {
            if (lg_slice_find(f->value.parts[j].text, lg_str(boundary)) != NULL) {
                return true;
            }
        }
    }
    return false;
}

/* The same for every run of a scenario, and in none of its contents. */
static const char *find_boundary(struct lg_load *load, const struct lg_step_draft *step)
{
    const char *boundary = NULL;
    unsigned n = 0;
    do {
        boundary = lg_arena_printf(load->arena, "loadgen-7d1f5b2e9c0846a3-%u", n++);
    } while (occurs(step, boundary));
    return boundary;
}

/* Names stand in quotes; what would end them is percent-encoded (WHATWG HTML, multipart/form-data
 * encoding). */
static void add_name(struct lg_buf *out, struct lg_slice name)
{
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"') {
            lg_buf_adds(out, "%22");
        } else {
            lg_buf_add(out, &name.p[i], 1);
        }
    }
}

static void write_multipart(struct body *b, const struct lg_step_draft *step, const char *boundary)
{
    for (size_t i = 0; i < step->field_count; i++) {
        const struct lg_field *f = &step->fields[i];
        lg_buf_addf(&b->text, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);
        add_name(&b->text, f->name);
        if (f->file_name.n > 0) {
            lg_buf_adds(&b->text, "\"; filename=\"");
            add_name(&b->text, f->file_name);
            lg_buf_addf(&b->text, "\"\r\nContent-Type: %.*s\r\n\r\n", (int)f->type.n, f->type.p);
            lg_buf_add(&b->text, f->content.p, f->content.n);
        } else {
            lg_buf_adds(&b->text, "\"\r\n\r\n");
            add_template(b, &f->value, false);
        }
        lg_buf_adds(&b->text, "\r\n");
    }
    lg_buf_addf(&b->text, "--%s--\r\n", boundary);
}

static bool has_files(const struct lg_step_draft *step)
{
    for (size_t i = 0; i < step->field_count; i++) {
        if (step->fields[i].file_name.n > 0) {
            return true;
        }
    }
    return false;
}

static void set_type(struct lg_load *load, struct lg_step *step, const char *type)
{
    for (size_t i = 0; i < step->header_count; i++) {
        if (lg_slice_eq(step->headers[i].name, lg_str("content-type"))) {
            return; /* the scenario knows better */
        }
    }
    struct lg_part *part = lg_arena_alloc(load->arena, sizeof *part);
    part->text = lg_str(type);
    *LG_ARENA_PUSH(load->arena, step->headers, step->header_count) =
        (struct lg_header_template){.name = lg_str("content-type"),
                                    .value = {.parts = part, .part_count = 1, .is_static = true}};
}

void lg_body_of_fields(struct lg_load *load, struct lg_step_draft *step)
{
    struct body b = {.load = load, .out = &step->out.body};
    *b.out = (struct lg_template){.number = ++load->template_count};
    if (has_files(step)) {
        const char *boundary = find_boundary(load, step);
        write_multipart(&b, step, boundary);
        set_type(load, &step->out,
                 lg_arena_printf(load->arena, "multipart/form-data; boundary=%s", boundary));
    } else {
        write_form(&b, step);
        set_type(load, &step->out, "application/x-www-form-urlencoded");
    }
    end_text(&b);
    lg_buf_free(&b.text);
    b.out->is_static = b.out->part_count == 1 && b.out->parts[0].kind == LG_PART_TEXT;
    step->out.has_body = true;
}
